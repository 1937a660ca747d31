from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_eval.discriminative.outcome import NrdsResult
from gan_eval.discriminative.saved import from_curves
from gan_eval.errors import InputError
from gan_eval.report.nrds_plot import draw, write_plot


@pytest.fixture
def made() -> NrdsResult:
    return from_curves({"real": [0.5, 0.9], "_good $x$": [0.5, 0.4], "bad" * 20: [0.5, 0.1]})


def test_every_curve_is_drawn_and_named(made: NrdsResult) -> None:
    axes = draw(made).axes[0]
    drawn = {tuple(line.get_ydata()) for line in axes.lines}
    assert {(0.5, 0.9), (0.5, 0.4), (0.5, 0.1)} <= drawn
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[0] == "real images"
    assert len(labels) == 3
    assert r"_good \$x\$" in labels[1]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_same_curves_give_the_same_file(made: NrdsResult, tmp_path: Path, ending: str) -> None:
    files = [tmp_path / f"{number}.{ending}" for number in range(2)]
    for file in files:
        write_plot(made, file)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_picture_is_not_blank(made: NrdsResult, tmp_path: Path) -> None:
    write_plot(made, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as picture:
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_other_endings_are_refused(made: NrdsResult, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.png"):
        write_plot(made, tmp_path / "curves.txt")
    assert not list(tmp_path.iterdir())
