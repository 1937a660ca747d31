"""Sheets of images on a page: alternative texts, hostile names, and what is left out."""

from __future__ import annotations

import numpy as np

from gan_eval.report.page import PageSection, ReportPage, render
from gan_eval.report.pictures import sheets_of
from gan_eval.sheets import ModelSheets, ShownImage, ShownPair, shown
from tests.gan_eval.report.pages import HOSTILE, check_page, text_of


def image(name: str, realism: float | None = None) -> ShownImage:
    return shown(name, np.zeros((20, 30, 3), np.uint8), realism)


def page_of(*models: ModelSheets) -> str:
    section = PageSection("Images", sheets_of(models))
    return render(ReportPage("Comparison", "title", "", (), (), (), (section,)))


WHOLE = ModelSheets(
    f"long {HOSTILE} " * 10,
    chosen=(ShownPair(image("a.png", 1.25), image("real.png")),),
    best=(image("b.png", 2.0),),
    worst=(image(f'{HOSTILE}"onload=x.png', 0.5),),
    translated=(ShownPair(image("c.png", 1.0), image("input.png")),),
)


def test_a_page_with_pictures_is_valid_and_safe_and_holds_them() -> None:
    page = page_of(WHOLE)
    check_page(page)
    assert page.count("<img ") == page.count('src="data:image/jpeg;base64,') == 6
    assert page.count("alt=") == 6
    assert 'alt=""' not in page


def test_each_picture_says_what_it_shows() -> None:
    page = page_of(ModelSheets("ours", WHOLE.chosen, WHOLE.best, (), ()))
    assert 'alt="random image of ours: a.png, realism 1.25"' in page
    assert 'alt="nearest real image: real.png"' in page
    assert "realism 2.00" in text_of(page)


def test_empty_kinds_are_left_out() -> None:
    assert [sheet.title for sheet in sheets_of([ModelSheets("ours", WHOLE.chosen, (), (), ())])] == [
        "ours: random images, each above its nearest real image"
    ]


def test_an_input_stands_above_its_output() -> None:
    (sheet,) = sheets_of([ModelSheets("ours", (), (), (), WHOLE.translated)])
    assert [picture.told for picture in sheet.columns[0]] == [
        "input of ours: input.png",
        "output of ours: c.png, realism 1.00",
    ]
