from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

import gan_eval
from gan_eval.comparison import compare
from gan_eval.errors import InputError
from gan_eval.metrics import kernel
from gan_eval.metrics.kid import kernel_difference
from gan_eval.settings import Settings

MakeFolder = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("tiny_everywhere")


@pytest.fixture
def models(make_folder: MakeFolder) -> dict[str, Path]:
    return {
        "bad": make_folder("bad", 30, seed=3, shift=90),
        "good": make_folder("good", 30, seed=1),
        "middling": make_folder("middling", 30, seed=2, shift=40),
    }


@pytest.fixture
def real(make_folder: MakeFolder) -> Path:
    return make_folder("real", 40)


def test_models_are_ranked_by_the_first_metric(real: Path, models: dict[str, Path]) -> None:
    made = compare(real, models)
    assert [(model.rank, model.name) for model in made.models] == [(1, "good"), (2, "middling"), (3, "bad")]


def test_higher_is_better_where_it_is(real: Path, models: dict[str, Path]) -> None:
    made = compare(real, models, ["prdc"])
    assert made.models[0].scores[0].direction == "higher"
    assert made.models[0].scores[0].value >= made.models[-1].scores[0].value


def test_models_ranked_by_precision_are_tested_by_it(real: Path, models: dict[str, Path]) -> None:
    made = compare(real, models, ["prdc"])
    assert {pair.metric for pair in made.pairs} == {"kid", "precision", "recall", "density", "coverage"}
    assert made.models[0].ranks is not None
    worst = next(p for p in made.pairs if (p.a, p.b, p.metric) == ("bad", "good", "precision"))
    assert (worst.better, worst.difference < 0) == ("good", True)


def test_sets_too_small_for_balls_are_tested_by_kernel_alone(
    real: Path, models: dict[str, Path], make_folder: MakeFolder
) -> None:
    made = compare(real, {"good": models["good"], "tiny": make_folder("few", 8, seed=4)}, ["kid", "prdc"])
    assert {pair.metric for pair in made.pairs} == {"kid"}
    assert any("precision, recall, density, coverage: pairs are not tested, since 12" in w for w in made.warnings)


def test_each_pair_is_tested_once_and_adjusted(real: Path, models: dict[str, Path]) -> None:
    pairs = compare(real, models).pairs
    assert {frozenset((pair.a, pair.b)) for pair in pairs} == {
        frozenset(pair) for pair in (("bad", "good"), ("bad", "middling"), ("good", "middling"))
    }
    assert all(pair.adjusted_p >= pair.p_value for pair in pairs)
    assert next(pair for pair in pairs if (pair.a, pair.b) == ("bad", "good")).difference > 0


def test_a_copy_is_not_told_apart(real: Path, models: dict[str, Path]) -> None:
    for pair in compare(real, {"one": models["good"], "two": models["good"]}).pairs:
        assert pair.difference == 0
        assert pair.p_value == 1


def test_frechet_distance_is_tested_where_its_bias_can_be_told(real: Path, make_folder: MakeFolder) -> None:
    models = {name: make_folder(name, 40, seed=seed, shift=seed) for name, seed in (("a", 1), ("b", 40), ("c", 90))}
    both = compare(real, models, ["kid", "fid"])
    assert [pair.metric for pair in both.pairs] == ["kid"] * 3 + ["fid"] * 3
    assert {pair.metric for pair in compare(real, models, ["kid"]).pairs} == {"kid"}


def test_frechet_distance_of_few_images_ranks_nothing(real: Path, models: dict[str, Path]) -> None:
    assert {pair.metric for pair in compare(real, models, ["kid", "fid"]).pairs} == {"kid"}  # 30 images, 16 features


def test_pairs_are_not_computed_twice(real: Path, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    first = compare(real, models, ["kid", "fid"])
    monkeypatch.setattr("gan_eval.comparison.pairs_of", lambda *_, **__: pytest.fail("computed again"))
    assert compare(real, models, ["kid", "fid"]).pairs == first.pairs


def test_models_may_come_as_iterators_and_each_image_is_seen_once(rng: np.random.Generator) -> None:
    real, one, two = (rng.integers(0, 255, (24, 32, 32, 3), dtype=np.uint8) for _ in range(3))
    from_arrays = compare(real, {"one": one, "two": two}, ["kid"], settings=Settings(cache=False))
    streams = {name: (batch for batch in np.split(images, 3)) for name, images in (("one", one), ("two", two))}
    from_streams = compare(real, streams, ["kid"], settings=Settings(cache=False))
    assert [float(m.scores[0]) for m in from_streams.models] == [float(m.scores[0]) for m in from_arrays.models]


def test_a_set_too_small_for_a_frechet_error_is_tested_by_kernel_alone(
    real: Path, models: dict[str, Path], make_folder: MakeFolder
) -> None:
    made = compare(real, {"good": models["good"], "tiny": make_folder("few", 5, seed=4)}, ["kid", "fid"])
    assert [pair.metric for pair in made.pairs] == ["kid"]


def test_the_order_of_the_models_changes_nothing_but_signs(real: Path, models: dict[str, Path]) -> None:
    forth, back = compare(real, models), compare(real, dict(reversed(models.items())))
    assert forth.models == back.models
    assert sorted(abs(pair.difference) for pair in forth.pairs) == sorted(abs(pair.difference) for pair in back.pairs)


def test_the_document_has_the_contracts_fields(real: Path, models: dict[str, Path]) -> None:
    document = compare(real, models).to_dict()
    assert document["command"] == "compare"
    assert set(document["models"][0]) == {"name", "scores", "rank", "ranks", "runs"}
    assert set(document["pairs"][0]) == {
        *("a", "b", "metric", "difference", "interval", "p_value", "adjusted_p", "better", "paired", "detectable"),
        *("equivalent", "of"),
    }
    assert document["scores"][0]["details"]["model"] == "good"


def test_no_models_are_an_error(real: Path) -> None:
    with pytest.raises(InputError, match="NAME=SOURCE"):
        compare(real, {})


def test_blocks_estimate_what_all_pairs_do(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    real, a, b = (rng.standard_normal((400, 8)).astype(np.float32) + shift for shift in (0, 0.3, 0.6))
    exact = kernel_difference(real, a, b)
    monkeypatch.setattr(kernel, "EXACT_LIMIT", 100)
    monkeypatch.setattr(kernel, "BLOCK", 100)
    blocked = kernel_difference(real, a, b)
    assert blocked.value == pytest.approx(exact.value, abs=3 * blocked.standard_error)
    assert blocked.standard_error == pytest.approx(exact.standard_error, rel=0.5)


def feature_file(path: Path, features: np.ndarray) -> Path:
    np.savez(path, features=features.astype(np.float32))
    return path


@pytest.mark.parametrize("seed", range(4))
def test_the_larger_of_two_samples_of_one_distribution_is_not_better(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    real, large, small = (
        feature_file(tmp_path / f"{n}-{place}.npz", rng.standard_normal((n, 24)) ** 2)
        for place, n in enumerate((300, 300, 70))
    )
    comparison = compare(real, {"large": large, "small": small}, ["fid", "kid"])
    assert {pair.metric for pair in comparison.pairs} == {"fd", "kd"}
    assert [pair.better for pair in comparison.pairs] == [None, None]
    assert [str(model.ranks) for model in comparison.models] == ["1–2", "1–2"]


def test_files_of_features_of_any_width_are_compared(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    real, near, far = (
        feature_file(tmp_path / f"{shift}-{place}.npz", rng.standard_normal((60, 7)) + shift)
        for place, shift in enumerate((0, 0, 2))
    )
    comparison = compare(real, {"near": near, "far": far}, ["kid"])
    assert [pair.better for pair in comparison.pairs] == ["near"]
    assert [str(model.ranks) for model in comparison.models] == ["1", "2"]


def test_why_frechet_distances_rank_nothing_is_told(real: Path, models: dict[str, Path]) -> None:
    warnings = compare(real, models, ["fid", "kid"]).warnings
    assert any("fid: cannot rank these models" in warning for warning in warnings)


def translated(folder: Path, names: Sequence[str], blur: float) -> Path:
    """The same pictures under the same names, blurred."""
    folder.mkdir()
    for number, name in enumerate(names):
        rng = np.random.default_rng(number)
        picture = Image.fromarray(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8)).resize((48, 48))
        picture.filter(ImageFilter.GaussianBlur(blur)).save(folder / name)
    return folder


def test_images_of_common_inputs_are_tested_in_pairs(tmp_path: Path, tiny_everywhere: object) -> None:
    names = [f"{number}.png" for number in range(40)]
    real = translated(tmp_path / "real", [f"r{name}" for name in names], 0)
    sharp, soft = (translated(tmp_path / f"b{blur}", names, blur) for blur in (0.3, 0.6))
    [paired] = compare(real, {"sharp": sharp, "soft": soft}, ["kid"]).pairs
    for number, name in enumerate(names):
        (soft / name).rename(soft / f"s{number}.png")
    [apart] = compare(real, {"sharp": sharp, "soft": soft}, ["kid"]).pairs
    assert (paired.paired, apart.paired) == (40, 0)
    assert paired.difference == pytest.approx(apart.difference)
    assert paired.p_value < apart.p_value


def test_precision_of_common_inputs_is_tested_in_pairs(tmp_path: Path, tiny_everywhere: object) -> None:
    names = [f"{number}.png" for number in range(40)]
    real = translated(tmp_path / "real", [f"r{name}" for name in names], 0)
    sharp, soft = (translated(tmp_path / f"b{blur}", names, blur) for blur in (0.3, 0.6))
    (soft / "39.png").unlink()
    found = compare(real, {"sharp": sharp, "soft": soft}, ["prdc"]).pairs
    assert {pair.metric: pair.paired for pair in found}["precision"] == 0  # other file names, so inputs are unknown
    (sharp / "39.png").unlink()
    found = compare(real, {"sharp": sharp, "soft": soft}, ["prdc"]).pairs
    assert {pair.paired for pair in found} == {39}


def test_models_whose_names_are_no_text_are_paired(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(12)]
    real = translated(tmp_path / "real", [f"r{name}" for name in names], 0)
    models = {name: translated(tmp_path / name, names, 0.5) for name in ("caf\udce9", "plain")}
    [pair] = compare(real, models, ["kid"]).pairs
    assert pair.paired == 12


def test_the_public_function_gives_the_same_and_a_data_frame(real: Path, models: dict[str, Path]) -> None:
    comparison = gan_eval.compare(real, models, metrics=["kid"], seed=3)
    frame = comparison.to_dataframe()
    assert frame["model"].tolist() == [model.name for model in comparison.models] == ["good", "middling", "bad"]
    assert frame["value"].tolist() == [float(model.scores[0]) for model in comparison.models]
    assert frame["low"].notna().all()


def test_a_data_frame_needs_pandas(real: Path, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = compare(real, models, ["kid"])
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pip install pandas"):
        comparison.to_dataframe()
