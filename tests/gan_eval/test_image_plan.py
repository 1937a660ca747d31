from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gan_eval
from gan_eval.errors import InputError, TooFewError
from gan_eval.image_plan import plan
from gan_eval.metrics.kernel_sums import kernel_sums
from gan_eval.metrics.kid import kernel_difference


def feature_file(path: Path, features: np.ndarray) -> Path:
    np.savez(path, features=features.astype(np.float32))
    return path


@pytest.fixture
def sets(tmp_path: Path) -> dict[str, Path]:
    rng = np.random.default_rng(0)
    shifts = {"real": 0.0, "a": 0.4, "b": 0.45}
    return {
        name: feature_file(tmp_path / f"{name}.npz", rng.standard_normal((120, 6)) + s) for name, s in shifts.items()
    }


def test_the_smallest_difference_is_the_one_that_compare_tells(sets: dict[str, Path]) -> None:
    found = plan(sets["real"], sets["a"], sets["b"], metric="kid")
    [pair] = gan_eval.compare(sets["real"], {"a": sets["a"], "b": sets["b"]}, metrics=["kid"]).pairs
    assert found.detectable == pytest.approx(pair.detectable)
    assert (found.metric, found.pilot, found.at, found.paired, found.images) == ("kd", 120, 120, False, None)


def test_four_times_the_images_find_half_the_difference(sets: dict[str, Path]) -> None:
    now = plan(sets["real"], sets["a"], sets["b"])
    asked = plan(sets["real"], sets["a"], sets["b"], difference=now.detectable / 2, images=480)
    assert asked.images == pytest.approx(480, abs=1)
    assert asked.detectable == pytest.approx(now.detectable / 2)


@pytest.mark.parametrize("metric", ["kid", "precision", "density"])
def test_one_pilot_stands_for_two_models(sets: dict[str, Path], metric: str) -> None:
    found = plan(sets["real"], sets["a"], metric=metric, images=120)
    assert found.pilot == 60
    two = plan(sets["real"], sets["a"], sets["b"], metric=metric)
    assert found.detectable == pytest.approx(two.detectable, rel=0.5)


def test_a_planned_number_of_images_finds_the_difference(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)

    def drawn(shift: float, n: int) -> np.ndarray:
        return (rng.standard_normal((n, 6)) + shift).astype(np.float32)

    real = drawn(0, 150)
    large = drawn(0, 2000)
    true = kernel_sums(large, drawn(0.6, 2000)).mmd2 - kernel_sums(large, drawn(0.4, 2000)).mmd2
    files = [feature_file(tmp_path / name, x) for name, x in (("real.npz", real), ("fake.npz", drawn(0.5, 200)))]
    images = plan(files[0], files[1], difference=true).images
    assert images is not None
    told = [kernel_difference(real, drawn(0.4, images), drawn(0.6, images)).p_value < 0.05 for _ in range(80)]
    assert 0.6 < np.mean(told) < 0.97


def test_frechet_plans_hold_enough_images_for_its_bias(sets: dict[str, Path]) -> None:
    assert plan(sets["real"], sets["a"], metric="fid", difference=1e6).images == 13  # 2 D + 1
    with pytest.raises(TooFewError, match="too small for a plan"):
        plan(sets["real"], sets["a"], metric="precision", nearest=40)


def test_faults_are_named(sets: dict[str, Path]) -> None:
    for words, message in (
        ({"metric": "vendi"}, "pairs are not tested by it"),
        ({"difference": 0.0}, "difference=0.0"),
        ({"images": 0}, "images=0"),
        ({"power": 1.0}, "power=1.0"),
    ):
        with pytest.raises(InputError, match=message):
            plan(sets["real"], sets["a"], **words)  # type: ignore[arg-type]


def test_the_document_is_plain(sets: dict[str, Path]) -> None:
    document = plan(sets["real"], sets["a"], difference=0.1).to_dict()
    assert set(document) == {*("metric", "difference", "images", "pilot", "at", "detectable", "paired", "power")}
