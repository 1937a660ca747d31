"""Browsers that refuse, hang or lie: the page goes on, and says what happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gan_eval.study.making.request import Screen
from gan_eval.study.schema.events import parse_event
from tests.gan_eval.study.driving import Participant
from tests.gan_eval.study.exports import make
from tests.gan_eval.study.studies import answer, event, small_study

LOCKS = "navigator.locks.request = () => Promise.reject(new DOMException('refused', 'SecurityError'));"
DATABASE = "indexedDB.open = () => { throw new DOMException('refused', 'SecurityError'); };"
SILENT = "indexedDB.open = () => ({});"
CHANNEL = """window.BroadcastChannel = class { constructor() { throw new Error('refused'); } };
    delete Navigator.prototype.locks;"""
CLOCK = """{ const D = Date, off = %s - D.now(); window.Date = class extends D {
    constructor(...a) { a.length ? super(...a) : super(D.now() + off); } static now() { return D.now() + off; } }; }"""
BREAK = """IDBObjectStore.prototype.put = (put => function (...given) {
    const request = put.apply(this, given); const t = this.transaction;
    queueMicrotask(() => { try { t.abort(); } catch {} });
    return request; })(IDBObjectStore.prototype.put); 0"""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small pairwise study whose answers may not come at once."""
    return make(tmp_path_factory.mktemp("refused"), "pairwise", screen=Screen(min_ms=300)).page


@pytest.fixture(scope="module")
def quick_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without an earliest time."""
    return make(tmp_path_factory.mktemp("quick"), "pairwise", screen=Screen(min_ms=0)).page


@pytest.mark.parametrize("script", [LOCKS, DATABASE, LOCKS + DATABASE, SILENT, CHANNEL, CLOCK % 86_400_000])
def test_whatever_is_refused_the_study_can_be_done(script: str, context: Any, quick_file: Path) -> None:
    context.add_init_script(script)
    person = Participant(context, quick_file.as_uri())
    person.run()
    assert person.state == "finished"


@pytest.mark.parametrize("moment", [86_400_000, -1e12, 4.2e12, 9e14])
def test_a_wrong_clock_marks_the_time_as_unknown(moment: float, context: Any, quick_file: Path) -> None:
    context.add_init_script(CLOCK % moment)
    person = Participant(context, quick_file.as_uri())
    person.run()
    recorded = person.download()
    assert {event["t_utc"] for event in recorded} == {None}
    assert all(0 <= event["t_ms"] < 600_000 for event in recorded)


def test_storage_that_breaks_in_the_middle_is_told_and_nothing_is_lost(context: Any, quick_file: Path) -> None:
    person = Participant(context, quick_file.as_uri())
    person.wait_for("consent")
    person.begin()
    person.page.evaluate(BREAK)
    person.run()
    assert "does not let the page keep anything" in person.page.inner_text("body")
    assert len([event for event in person.download() if event["type"] == "answer"]) == 5


def test_the_second_click_of_a_double_click_answers_nothing(context: Any, page_file: Path) -> None:
    person = Participant(context, page_file.as_uri())
    person.wait_for("consent")
    person.begin()
    progress = person.page.locator("header p span").first
    before = progress.inner_text()
    person.page.wait_for_timeout(700)
    box = person.page.locator(".target").first.bounding_box()
    assert box is not None
    for pause in (400, 300):
        person.page.mouse.click(box["x"] + 20, box["y"] + 20)
        person.page.wait_for_timeout(pause)
    assert before.startswith("Practice 1")
    assert person.state in ("ready", "trial")
    assert not progress.count() or not progress.inner_text().startswith("2 of")


@pytest.mark.parametrize("title", ["أي صورة أفضل؟", "איזו תמונה טובה יותר?", "کدام تصویر بهتر است؟"])
def test_words_that_run_from_right_to_left(title: str, context: Any, tmp_path: Path) -> None:
    study = make(tmp_path, "pairwise", text={"title": title, "question": title})
    person = Participant(context, study.page.as_uri())
    person.wait_for("consent")
    assert person.page.evaluate("getComputedStyle(document.querySelector('h1')).direction") == "rtl"


def test_pictures_that_never_come_are_told_and_may_be_left_out(context: Any, quick_file: Path) -> None:
    context.add_init_script("HTMLImageElement.prototype.decode = () => new Promise(() => {});")
    person = Participant(context, quick_file.as_uri())
    person.wait_for("consent")
    for _ in range(2):
        person.page.locator(".actions .primary").click()
    person.wait_for("waiting")
    assert "Loading the pictures" in person.page.inner_text("main")


def test_a_time_of_another_century_is_unknown_and_costs_no_answer() -> None:
    manifest, _ = small_study()
    stamps = ("1970-01-02T00:00:00.000Z", "1899-12-31T23:59:59Z", "2170-01-01T00:00:00Z", "+012345-01-01T00:00:00.000Z")
    for stamp in stamps:
        found = parse_event(event(manifest, "answer", answer(manifest, 0)) | {"t_utc": stamp}, where="x")
        assert found.t_utc is None
