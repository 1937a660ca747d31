"""Groups of images: rules over names, and what they do to intervals, tests and the cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gan_eval
from gan_eval.errors import InputError
from gan_eval.grouping import groups_of
from gan_eval.images import open_source

pytestmark = pytest.mark.usefixtures("tiny_everywhere")


def crops(folder: Path, seed: int, *, count: int = 12, each: int = 6) -> Path:
    """`each` near-copies of each of `count` pictures, as `picture/crop.png`."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        picture = rng.integers(0, 200, (5, 6, 3))
        (folder / f"p{number}").mkdir(parents=True)
        for crop in range(each):
            pixels = (picture + rng.integers(0, 12, picture.shape)).astype(np.uint8)
            Image.fromarray(pixels).resize((24, 20)).save(folder / f"p{number}" / f"p{number}-{crop}.png")
    return folder


@pytest.fixture
def sets(tmp_path: Path) -> tuple[Path, Path]:
    return crops(tmp_path / "real", 0), crops(tmp_path / "fake", 1)


def table(path: Path, source: Path) -> Path:
    """A CSV file that groups images by their folder."""
    names = [file.name for file in source.rglob("*.png")]
    path.write_text("name,group\n" + "".join(f"{name},{name.split('-')[0]}\n" for name in names), encoding="utf-8")
    return path


def test_every_kind_of_rule_gives_the_same_groups(sets: tuple[Path, Path], tmp_path: Path) -> None:
    source = open_source(sets[0])
    rules = ("parent", r"^p\d+", r"(p\d+)-\d", str(table(tmp_path / "groups.csv", sets[0])))
    found = [groups_of(source, (), 72, rule).tolist() for rule in rules]
    assert len(set(found[0])) == 12
    assert all(groups == found[0] for groups in found)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("[", "not a regular expression"),
        ("nothing", "72 images of .* have no group"),
        ("^p", "are in one group"),
        ("missing.csv", "cannot be read"),
    ],
)
def test_a_rule_that_does_not_fit_is_refused(sets: tuple[Path, Path], rule: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gan_eval.kid(*sets, group=rule)


def test_a_table_without_groups_is_refused(sets: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "short.csv").write_text("p0-0.png\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 1 has no group"):
        gan_eval.kid(*sets, group=str(tmp_path / "short.csv"))


def test_images_without_names_have_no_groups() -> None:
    images = np.random.default_rng(0).integers(0, 255, (2, 12, 8, 8, 3), dtype=np.uint8)
    with pytest.raises(InputError, match="no names to be grouped by"):
        gan_eval.kid(images[0], images[1], group="parent")


@pytest.mark.parametrize("metric", ["fid", "kid", "is"])
def test_groups_widen_intervals(sets: tuple[Path, Path], metric: str) -> None:
    alone, together = (gan_eval.score(*sets, metrics=[metric], group=rule)[0].interval for rule in (None, "parent"))
    assert alone is not None
    assert together is not None
    assert together.high - together.low > 1.3 * (alone.high - alone.low)


def test_groups_widen_the_interval_of_precision(sets: tuple[Path, Path]) -> None:
    alone, together = (gan_eval.prdc(*sets, group=rule).precision.interval for rule in (None, "parent"))
    assert alone is not None
    assert together is not None
    assert together.high - together.low > alone.high - alone.low


def test_the_kernel_distance_leaves_out_pairs_within_a_group(sets: tuple[Path, Path]) -> None:
    alone, together = gan_eval.kid(*sets), gan_eval.kid(*sets, group="parent")
    assert together.value < alone.value
    assert together.details["estimator"] == "all pairs of different groups"
    assert together.interval is not None
    assert together.interval.low <= 0 <= together.interval.high  # both sets follow one distribution


def test_other_groups_are_not_taken_from_the_cache(sets: tuple[Path, Path]) -> None:
    first = gan_eval.kid(*sets, group="parent")
    for number, file in enumerate(sorted(sets[1].rglob("*.png"))):
        file.rename(file.with_name(f"{file.stem}-{number % 36}.png"))
    assert gan_eval.kid(*sets, group="parent").value == first.value
    assert gan_eval.kid(*sets, group=r"(\d+)$").value != first.value


def test_models_are_tested_by_groups(sets: tuple[Path, Path], tmp_path: Path) -> None:
    other = crops(tmp_path / "other", 2)
    for file in other.rglob("*.png"):
        file.rename(file.with_name(f"o{file.name}"))
    alone, together = (
        gan_eval.compare(sets[0], {"a": sets[1], "b": other}, metrics=["kid"], group=rule).pairs[0]
        for rule in (None, "parent")
    )
    assert together.p_value > alone.p_value
    assert together.better is None


def test_pairs_of_inputs_are_tested_by_groups(tmp_path: Path) -> None:
    real, one, other = (crops(tmp_path / name, seed, count=40, each=3) for name, seed in (("r", 0), ("a", 1), ("b", 1)))
    for file in other.rglob("*.png"):
        pixels = np.asarray(Image.open(file)).astype(int) + 25
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file)
    (pair,) = gan_eval.compare(real, {"a": one, "b": other}, metrics=["kid"], group="parent").pairs
    assert pair.paired == 120
    assert pair.better == "a"
