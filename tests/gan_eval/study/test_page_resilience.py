"""Nothing a participant has answered is lost: reloads, a dead server, a killed browser, two tabs, no storage."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error

from gan_eval.study.making.export import StudyFiles
from tests.gan_eval.study.driving import Participant, Server, serving

pytestmark = pytest.mark.browser
NO_DATABASE = "indexedDB.open = () => { throw new Error('refused') };"
NO_LOCAL_STORAGE = "Storage.prototype.setItem = () => { throw new Error('refused') };"


def answers(events: list[dict[str, Any]]) -> list[int]:
    """Places answered in the main part, in order."""
    return [event["payload"]["index"] for event in events if event["type"] == "answer"]


def reach_main(person: Participant, answered: int) -> None:
    """From the consent to the main trial after `answered` ones."""
    person.begin()
    person.run(until="ready")
    person.press_primary()
    person.wait_for("trial")
    for _ in range(answered):
        person.answer()


def test_reload_in_the_middle_of_a_trial(context: Any, studies: Callable[[str], StudyFiles]) -> None:
    person = Participant(context, studies("best-of-k").page.as_uri())
    reach_main(person, 2)
    person.page.reload()
    person.wait_for("resume")
    person.press_primary()
    person.run()
    events = person.download()
    assert answers(events) == list(range(len(studies("best-of-k").manifest.forms[0].sequence)))
    [interrupted] = [event["payload"] for event in events if event["type"] == "interrupted"]
    again = next(event["payload"] for event in events if event["type"] == "answer" and event["payload"]["index"] == 2)
    person.page.reload()
    person.wait_for("finished")
    assert len(person.download()) == len(events)
    assert (interrupted["index"], interrupted["attempt"], again["attempt"]) == (2, 1, 2)


def test_somebody_else_may_start_anew(context: Any, studies: Callable[[str], StudyFiles]) -> None:
    person = Participant(context, studies("pairwise").page.as_uri())
    reach_main(person, 1)
    person.page.reload()
    person.wait_for("resume")
    person.page.locator(".actions button.quiet").click()
    person.wait_for("consent")


def test_server_down_and_up_again(context: Any, studies: Callable[[str], StudyFiles], tmp_path: Path) -> None:
    folder, store = studies("pairwise").page.parent, ("--store", str(tmp_path / "answers.db"))
    server = Server(folder, *store)
    person = Participant(context, server.participants)
    reach_main(person, 1)
    person.page.wait_for_selector("html[data-fetched]")
    server.kill()
    person.run(until="saving")
    assert not person.page.locator(".status.good").count()
    with serving(folder, *store, port=server.port) as again:
        person.page.evaluate("dispatchEvent(new Event('online'))")
        person.wait_for("finished")
        stored = again.events()
    assert Counter(event["event_id"] for event in stored) == Counter(event["event_id"] for event in person.download())
    assert person.faults == []


def test_page_opened_from_disk_posts_to_the_server(browser: Any, tmp_path: Path) -> None:
    from gan_eval.study.making.request import Hosting
    from tests.gan_eval.study.exports import make

    study = make(tmp_path, "pairwise", hosting=Hosting(server="http://127.0.0.1:8931"))
    with serving(study.page.parent, "--allow-origin", "null", port=8931) as server:
        context = browser.new_context()
        person = Participant(context, study.page.as_uri())
        person.run()
        assert {event["event_id"] for event in server.events()} == {it["event_id"] for it in person.download()}
        context.close()
    assert [fault for fault in person.faults if "127.0.0.1:8931" not in fault] == []


def test_browser_killed_right_after_an_answer(
    playwright: Any, chromium: str, studies: Callable[[str], StudyFiles], tmp_path: Path
) -> None:
    def launch() -> Any:
        return playwright.chromium.launch_persistent_context(tmp_path / "profile", executable_path=chromium)

    url = studies("best-of-k").page.as_uri()
    context = launch()
    person = Participant(context, url)
    reach_main(person, 2)
    os.kill(int(os.readlink(tmp_path / "profile" / "SingletonLock").rpartition("-")[2]), signal.SIGKILL)
    with contextlib.suppress(Error):  # it may have noticed by itself that its browser is gone
        context.close()
    for lock in (tmp_path / "profile").glob("Singleton*"):
        lock.unlink()
    context = launch()
    person = Participant(context, url)
    person.wait_for("resume")
    person.press_primary()
    person.wait_for("trial")
    assert person.progress.startswith("3 ")
    assert answers(person_events(person)) == [0, 1]
    context.close()


def person_events(person: Participant) -> list[dict[str, Any]]:
    """The events so far, from the menu below a trial."""
    person.page.locator("details.menu summary").click()
    return person.download()


@pytest.mark.parametrize("locks", [True, False], ids=["web-locks", "broadcast-channel"])
def test_second_tab_waits_until_it_takes_over(locks: bool, context: Any, studies: Callable[[str], StudyFiles]) -> None:
    if not locks:
        context.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    url = studies("best-of-k").page.as_uri()
    first = Participant(context, url)
    reach_main(first, 1)
    second = Participant(context, url)
    second.wait_for("blocked")
    second.press_primary()
    first.wait_for("lost")
    second.wait_for("resume")
    second.press_primary()
    second.run()
    assert answers(second.download()) == list(range(len(studies("best-of-k").manifest.forms[0].sequence)))


def test_without_database_the_second_choice_survives_a_reload(
    context: Any, studies: Callable[[str], StudyFiles]
) -> None:
    context.add_init_script(NO_DATABASE)
    person = Participant(context, studies("pairwise").page.as_uri())
    reach_main(person, 1)
    person.page.reload()
    person.wait_for("resume")
    person.press_primary()
    person.run()
    assert person.download()[0]["payload"]["storage"] == "localstorage"


def test_without_any_storage_the_page_warns_and_answers_can_be_copied(
    context: Any, studies: Callable[[str], StudyFiles]
) -> None:
    context.add_init_script(NO_DATABASE + NO_LOCAL_STORAGE)
    person = Participant(context, studies("pairwise").page.as_uri())
    person.wait_for("consent")
    assert "answers will be lost" in person.page.locator(".notice").inner_text()
    person.run()
    events = person.download()
    assert events[0]["payload"]["storage"] == "memory"
    person.page.locator("[data-role=copy]").click()
    assert person.page.locator(".keep textarea").input_value().count("\n") == len(events)


def test_withdrawal_ends_the_session_and_is_recorded(context: Any, servers: Callable[[str], Server]) -> None:
    server = servers("pairwise")
    person = Participant(context, server.participants)
    reach_main(person, 1)
    session = person_events(person)[0]["session_id"]
    person.page.locator(".menu .danger").click()
    person.page.locator("dialog .danger").click()
    person.wait_for("withdrawn")
    person.page.reload()
    person.wait_for("withdrawn")
    kinds = [event["type"] for event in server.events() if event["session_id"] == session]
    assert kinds[-1] == "withdraw"


def test_nothing_is_recorded_without_consent(context: Any, servers: Callable[[str], Server]) -> None:
    server = servers("pairwise")
    before = len(server.events())
    person = Participant(context, server.participants)
    person.wait_for("consent")
    person.page.locator(".actions button.quiet").click()
    person.wait_for("declined")
    assert len(server.events()) == before
