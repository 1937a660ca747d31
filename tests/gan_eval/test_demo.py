from __future__ import annotations

from pathlib import Path

import numpy as np

from gan_eval.demo import CHANGES, SIZE, make_sets
from gan_eval.images import decode


def test_every_set_has_its_images(tmp_path: Path) -> None:
    made = make_sets(tmp_path, count=5)
    assert list(made) == list(CHANGES)
    for folder in made.values():
        assert len(list(folder.glob("*.png"))) == 5
        assert decode(folder / "0000.png").shape == (SIZE, SIZE, 3)


def test_the_seed_decides_the_pixels(tmp_path: Path) -> None:
    made = [make_sets(tmp_path / name, count=2, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    pixels = [decode(one["noise"] / "0001.png") for one in made]
    np.testing.assert_array_equal(pixels[0], pixels[1])
    assert (pixels[0] != pixels[2]).any()


def test_collapse_shows_four_images(tmp_path: Path) -> None:
    folder = make_sets(tmp_path, count=12)["collapse"]
    assert len({path.read_bytes() for path in folder.iterdir()}) == 4


def test_sets_that_are_there_are_kept(tmp_path: Path) -> None:
    folder = make_sets(tmp_path, count=3)["real"]
    before = (folder / "0000.png").stat().st_mtime_ns
    make_sets(tmp_path, count=3)
    assert (folder / "0000.png").stat().st_mtime_ns == before
