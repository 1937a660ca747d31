from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gan_eval.compare import Comparison, compare
from gan_eval.report.comparison import html, write_html

MakeFolder = Callable[..., Path]


@pytest.fixture
def made(make_folder: MakeFolder, tiny_everywhere: object) -> Comparison:
    evil = make_folder("<script>alert(1)<", 20, seed=2, shift=60)
    return compare(make_folder("real", 30), {"good": make_folder("good", 20, seed=1), "<img src=x>": evil})


def test_every_model_and_pair_is_on_the_page(made: Comparison) -> None:
    page = html(made)
    assert page.count("<circle") == 2
    assert "Ranking by KID" in page
    assert "good is nearer" in page


def test_names_are_never_markup(made: Comparison) -> None:
    page = html(made)
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;img src=x&gt;" in page


def test_nothing_is_fetched(made: Comparison) -> None:
    page = html(made)
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src 'none'" in page


def test_the_same_comparison_gives_the_same_page(made: Comparison, tmp_path: Path) -> None:
    write_html(made, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html(made)
