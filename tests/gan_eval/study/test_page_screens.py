"""What a participant sees and hears: phone, languages, texts with markup, feedback, platforms, accessibility."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gan_eval.study.making.export import StudyFiles
from gan_eval.study.making.request import Amounts, Hosting, Screen
from gan_eval.study.making.webpage import LANGUAGES, strings
from gan_eval.study.schema.platforms import PRESETS, platform
from tests.gan_eval.study.driving import Participant, Server, serving
from tests.gan_eval.study.exports import folders, make

pytestmark = pytest.mark.browser
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LUMINANCE = """(selector) => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map(channel)
    .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
  const paint = (node) => getComputedStyle(node).backgroundColor;
  const ground = (node) => node.parentElement && /, 0\\)$/.test(paint(node)) ? ground(node.parentElement) : paint(node);
  const shown = [...document.querySelectorAll(selector)].filter((node) => node.offsetParent && node.innerText.trim());
  return shown.map((node) => {
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))].sort((x, y) => y - x);
    return [node.innerText.slice(0, 30), (a + 0.05) / (b + 0.05)];
  });
}"""


def test_a_phone(playwright: Any, browser: Any, studies: Callable[[str], StudyFiles]) -> None:
    context = browser.new_context(**playwright.devices["Pixel 5"])
    person = Participant(context, studies("best-of-k").page.as_uri(), by="touch")
    for state in ("consent", "instructions", "trial", "ready", "comment", "finished"):
        person.run(until=state)
        assert person.page.evaluate(OVERFLOW) == 0, state
        heights = person.page.evaluate("[...document.querySelectorAll('button')].map((it) => it.offsetHeight)")
        assert min(height for height in heights if height) >= 44, state
    answered = [event["payload"] for event in person.download() if event["type"] == "answer"]
    assert {answer["input"] for answer in answered} == {"touch"}
    assert all(answer["img_css"][0] == answer["img_css"][1] >= 132 for answer in answered)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(scheme: str, browser: Any, studies: Callable[[str], StudyFiles]) -> None:
    context = browser.new_context(color_scheme=scheme)
    person = Participant(context, studies("real-fake").page.as_uri())
    for state in ("consent", "instructions", "trial"):
        person.wait_for(state)
        ratios = person.page.evaluate(LUMINANCE, "h1, h2, p, li, button, a, summary, kbd, figcaption")
        assert [(text, ratio) for text, ratio in ratios if ratio < 4.5] == []
        if state != "trial":
            person.press_primary()
    context.close()


def test_accessible_names(context: Any, studies: Callable[[str], StudyFiles]) -> None:
    person = Participant(context, studies("best-of-k").page.as_uri())
    person.begin()
    page = person.page
    assert page.get_by_role("group", name="Which result looks best?").get_by_role("button").count() == 3
    assert page.get_by_role("img", name="Picture 2 of 3").count() == 1
    assert page.get_by_role("progressbar", name="Progress").count() == 1
    assert page.evaluate("document.activeElement.tagName") == "H1"
    assert "Practice 1 of 1" in page.locator("[role=status]").inner_text()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language(lang: str, context: Any, tmp_path: Path) -> None:
    study = make(tmp_path, "pairwise", screen=Screen(lang=lang, both_bad=True, skip=True, confirm=True, min_ms=0))
    person = Participant(context, study.page.as_uri())
    person.wait_for("consent")
    assert person.page.get_by_role("button", name=strings(lang, "pairwise")["agree"], exact=True).count() == 1
    assert person.page.evaluate("document.documentElement.lang") == lang
    person.begin()
    assert person.page.get_by_role("radio").count() == 2
    assert person.page.get_by_role("button", name=strings(lang, "pairwise")["both_bad"]).count() == 1
    person.open_trial()
    person.page.keyboard.press("1")
    person.page.keyboard.press("2")
    person.press(strings(lang, "pairwise")["confirm"])
    person.page.locator("details.menu summary").click()
    [practice] = [event["payload"] for event in person.download() if event["type"] == "practice"]
    assert (practice["changes"], practice["choice"]["slot"]) == (1, 1)
    assert person.faults == []


def test_markup_in_texts_and_names_stays_text(context: Any, tmp_path: Path) -> None:
    evil = "</script><img src=x onerror=alert(1)><b>bold</b>{{ script }}"
    text = dict.fromkeys(("title", "consent", "instructions", "question", "debrief", "contact"), evil)
    study = make(tmp_path, "pairwise", text=text)
    person = Participant(context, study.page.as_uri())
    person.wait_for("consent")
    assert evil in person.page.locator("main").inner_text()
    person.run()
    assert evil in person.page.locator("main").inner_text()
    assert person.page.locator("main b").count() == 0
    assert person.faults == []


def test_right_answers_come_from_the_server_after_the_own_one(context: Any, servers: Callable[[str], Server]) -> None:
    person = Participant(context, servers("real-fake").participants)
    assert person.page.evaluate("fetch(location.href).then((it) => it.text())").count('id="truths">null') == 1
    person.begin()
    person.run(until="ready")
    person.press_primary()
    person.wait_for("trial")
    # A check among the first two trials says nothing; the others tell what was right.
    while not person.page.evaluate("(trial) => trial.isConnected", person.choose()):
        person.wait_for("trial")
    assert "The picture was" in person.page.locator(".feedback").inner_text()


def test_timed_exposure_is_measured(context: Any, studies: Callable[[str], StudyFiles]) -> None:
    person = Participant(context, studies("two-alternative").page.as_uri())
    person.run()
    exposures = [event["payload"]["exposure_ms"] for event in person.download() if event["type"] == "answer"]
    assert all(exposure >= 92 for exposure in exposures)


def test_unanswered_trial_ends_at_the_deadline(context: Any, tmp_path: Path) -> None:
    study = make(tmp_path, "real-fake", screen=Screen(min_ms=0, deadline_ms=250))
    person = Participant(context, study.page.as_uri())
    person.begin()
    person.wait_for("ready")
    person.page.locator("details.menu summary").click()
    choices = [event["payload"]["choice"] for event in person.download() if event["type"] == "practice"]
    assert choices == [{"none": "timeout"}] * len(study.manifest.practice)


def test_damaged_picture_may_be_left_out(context: Any, tmp_path: Path) -> None:
    study = make(tmp_path, "pairwise", site=True, amounts=Amounts(items=3, practice=0, checks=0, repeats=0, forms=2))
    for path in (study.page.parent / "img").iterdir():
        path.write_bytes(b"no picture")
    person = Participant(context, study.page.as_uri())
    person.wait_for("consent")
    person.press_primary()
    person.wait_for("instructions")
    person.press_primary()
    for _ in study.manifest.forms[0].sequence:
        person.wait_for("failed")
        person.press("Leave this question out")
    person.run()
    assert sum(event["type"] == "image_error" for event in person.download()) == len(study.manifest.trials)


def test_prolific_gets_its_code_when_all_is_saved(context: Any, tmp_path: Path) -> None:
    completion = "https://app.prolific.com/submissions/complete?cc=C0DE42"
    hosting = Hosting(platform("prolific"), completion)
    study = make(tmp_path, "pairwise", hosting=hosting)
    assert "C0DE42" not in study.page.read_text()
    with serving(study.page.parent, "--keep-platform-ids") as server:
        arrival = server.participants + "?PROLIFIC_PID=abc&STUDY_ID=s&SESSION_ID=t&other=x"
        person = Participant(context, arrival)
        person.run()
        link = person.page.locator(".way a")
        link.wait_for()
        assert link.get_attribute("href") == completion
        assert person.page.locator(".way code").inner_text() == "C0DE42"
        start = server.events()[0]["payload"]
    assert start["platform"] == {}
    assert start["participant_id"].startswith("p")


def test_who_does_not_consent_has_a_way_back(context: Any, tmp_path: Path) -> None:
    address = "https://app.prolific.com/submissions/complete?cc="
    hosting = Hosting(platform("prolific"), f"{address}DONE", None, f"{address}NOCONSENT")
    study = make(tmp_path, "pairwise", hosting=hosting)
    with serving(study.page.parent) as server:
        person = Participant(context, server.participants + "?PROLIFIC_PID=abc")
        person.wait_for("consent")
        person.press("I do not want to take part")
        person.wait_for("declined")
        link = person.page.locator("#app a")
        link.wait_for()
        assert link.get_attribute("href") == f"{address}NOCONSENT"
        assert server.events() == []
    assert person.faults == []


def test_another_participant_of_a_platform_starts_anew(context: Any, tmp_path: Path) -> None:
    study = make(tmp_path, "pairwise", hosting=Hosting(platform("prolific")))
    first = Participant(context, study.page.as_uri() + "?PROLIFIC_PID=one")
    first.begin()
    first.page.goto(study.page.as_uri() + "?PROLIFIC_PID=two")
    first.wait_for("consent")
    first.page.goto(study.page.as_uri() + "?PROLIFIC_PID=one")
    first.wait_for("resume")


MTURK = "assignmentId=A1&hitId=H1&workerId=W1&turkSubmitTo="


def test_mturk_preview_cannot_be_started(context: Any, tmp_path: Path) -> None:
    study = make(tmp_path, "pairwise", hosting=Hosting(PRESETS["mturk"]))
    person = Participant(context, study.page.as_uri() + "?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE")
    person.wait_for("preview")
    assert person.page.locator("button").count() == 0


@pytest.mark.parametrize(
    ("host", "accepted"),
    [
        ("https://workersandbox.mturk.com", True),
        ("https://www.mturk.com", True),
        ("https://evil.example", False),
        ("http://www.mturk.com", False),
        ("https://www.mturk.com@evil.example", False),
        ("javascript:alert(1)//www.mturk.com", False),
    ],
)
def test_mturk_form_goes_to_its_hosts_alone(host: str, accepted: bool, context: Any, mturk: StudyFiles) -> None:
    person = Participant(context, f"{mturk.page.as_uri()}?{MTURK}{host}")
    person.run()
    forms = person.page.locator(".way form")
    if not accepted:
        assert forms.count() == 0
        assert person.page.locator(".way .notice").count() == 1
        return
    assert forms.get_attribute("action") == f"{host}/mturk/externalSubmit"
    fields = forms.evaluate("(form) => Object.fromEntries(new FormData(form))")
    assert fields["assignmentId"] == "A1"
    assert fields["session_id"]


@pytest.fixture(scope="module")
def mturk(tmp_path_factory: pytest.TempPathFactory) -> StudyFiles:
    """The smallest study with the legacy preset."""
    root = tmp_path_factory.mktemp("mturk")
    amounts = Amounts(items=1, practice=0, checks=0, repeats=0, forms=2)
    return make(root, "pairwise", amounts=amounts, hosting=Hosting(PRESETS["mturk"]), folders=folders(root / "few"))


def test_kiosk_offers_the_next_participant(context: Any, tmp_path: Path) -> None:
    study = make(tmp_path, "pairwise", screen=Screen(min_ms=0, kiosk=True))
    person = Participant(context, study.page.as_uri())
    person.run()
    person.page.get_by_role("button", name="Next participant").click()
    person.wait_for("consent")
    assert person.faults == []
