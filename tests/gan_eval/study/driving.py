"""A participant in a real browser: reads the page, answers by mouse or by keys, and notices what must not happen."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Locator, Page

CLI = "from gan_eval_cli.app import gan_eval; gan_eval()"
ROOT = Path(__file__).resolve().parents[3]


_POLL = """(argument) => new Promise((resolve) => {
  const end = performance.now() + 15000;
  const look = () => {
    if ((%s)(argument)) resolve("met");
    else if (performance.now() > end) resolve("not met");
    else setTimeout(look, 5);
  };
  look();
})"""


class Participant:
    """One page of a study. faults: console messages, page errors, policy violations, requests to strangers."""

    def __init__(self, context: BrowserContext, url: str, *, by: Literal["mouse", "keys", "touch"] = "mouse") -> None:
        self.url, self.by = url, by
        self.faults: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self._console(message.type, message.text))
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", lambda request: self._request(request.url))
        self.page.goto(url)

    @property
    def state(self) -> str:
        return self.page.locator("#app").get_attribute("data-state") or ""

    @property
    def progress(self) -> str:
        return self.page.locator("#app[data-state=trial] header p span").first.inner_text()

    def wait_for(self, *states: str) -> None:
        """Until one of these screens is shown."""
        self._until("(states) => states.includes(document.getElementById('app').dataset.state)", list(states))

    def press_primary(self) -> None:
        """The button that goes on, by mouse, or by Tab and Enter; waits until its screen has gone."""
        screen = self.page.query_selector("main")
        if self.by == "keys":
            self._tab_to("button.primary")
            self.page.keyboard.press("Enter")
        else:
            self._press(self.page.locator(".actions button.primary").first)
        self._until("(screen) => !screen.isConnected", screen)

    def begin(self) -> None:
        """From the consent to the first trial."""
        self.wait_for("consent")
        self.press_primary()
        self.wait_for("instructions")
        self.press_primary()
        self.wait_for("trial")

    def answer(self, place: int = 0) -> None:
        """Answer the trial on the screen with its option number `place`, and go on to what comes next."""
        trial = self.choose(place)
        if self.page.evaluate("(trial) => trial.isConnected", trial):
            # The button has the focus already.
            self.page.keyboard.press("Enter") if self.by == "keys" else self._press(
                self.page.locator("[data-role=next]")
            )
            self._until("(trial) => !trial.isConnected", trial)

    def open_trial(self) -> Any:
        """The trial on the screen, once it takes answers."""
        trial = self.page.query_selector("main.trial")
        self._until("(trial) => trial.classList.contains('open')", trial)
        return trial

    def press(self, name: str) -> None:
        """Click a button by its name, and wait until the screen that it stands on has gone."""
        screen = self.page.query_selector("main")
        self.page.get_by_role("button", name=name, exact=True).click()
        self._until("(screen) => !screen.isConnected", screen)

    def choose(self, place: int = 0) -> Any:
        """Answer, and wait until the trial has gone or tells what was right; returns its element."""
        trial = self.open_trial()
        if self.by == "keys":
            self.page.keyboard.press(str(place + 1))
        else:
            self._press(self.page.locator(".target, .answers .word").nth(place))
        if self.page.locator(".place").count():
            self._rank_the_others(place)
        self._until("(trial) => !trial.isConnected || trial.querySelector('[data-role=next]')", trial)
        return trial

    def _rank_the_others(self, first: int) -> None:
        """Put the other pictures in the order of their slots, and confirm.

        A press that the page did not take, because the picture had only just been shown, is repeated.
        """
        count = self.page.locator(".target").count()
        for place in (first, *range(count)) * 3:
            confirm, target = self.page.locator("[data-role=confirm]"), self.page.locator(".target").nth(place)
            if confirm.is_enabled() or target.get_attribute("aria-pressed") == "true":
                continue
            self.page.keyboard.press(str(place + 1)) if self.by == "keys" else self._press(target)
        if self.by == "keys":
            self._tab_to("[data-role=confirm]")
            self.page.keyboard.press("Enter")
        else:
            self._press(self.page.locator("[data-role=confirm]"))

    def run(self, *, until: str = "finished", comment: str = "") -> None:
        """Go on to the state `until`, answering whatever comes."""
        for _ in range(200):
            state = self.state
            if state == until:
                return
            if state == "trial":
                self.answer()
                continue
            if state in ("ready", "instructions", "consent", "comment"):
                if state == "comment" and comment:
                    self.page.fill("#comment", comment)
                self.press_primary()
                continue
            self._until("(state) => document.getElementById('app').dataset.state !== state", state)
        raise AssertionError(f"still {self.state}, not {until}")

    def download(self) -> list[dict[str, Any]]:
        """The events as the participant's own file has them."""
        with self.page.expect_download() as found:
            self.page.locator("[data-role=download]").first.click()
        return [json.loads(line) for line in found.value.path().read_text(encoding="utf-8").splitlines()]

    def _press(self, target: Locator) -> None:
        target.tap() if self.by == "touch" else target.click()

    def _until(self, condition: str, argument: Any) -> None:
        """Wait in the page for a condition; Playwright's wait_for_function needs an eval that the policy forbids."""
        result = self.page.evaluate(_POLL % condition, argument)
        assert result == "met", f"{condition} is not met on the screen {self.state!r}"

    def _tab_to(self, selector: str) -> None:
        for _ in range(30):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("(it) => document.activeElement.matches(it)", selector):
                return
        raise AssertionError(f"{selector} cannot be reached by Tab")

    def _console(self, kind: str, text: str) -> None:
        # A server that is down is no fault of the page; the browser says so in the console all the same.
        if "ERR_CONNECTION" not in text and "ERR_INTERNET_DISCONNECTED" not in text:
            self.faults.append(f"{kind}: {text}")

    def _request(self, url: str) -> None:
        ours = urlsplit(self.url)
        if not url.startswith(("data:", "blob:")) and urlsplit(url)[:2] != ours[:2]:
            self.faults.append(f"request: {url}")


class Server:
    """`gan-eval study serve` in a process of its own."""

    def __init__(self, study: Path, *options: str, port: int = 0) -> None:
        options = ("--port", str(port), "--rate", "0", *options)
        command = [sys.executable, "-c", CLI, "study", "serve", str(study), *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline() for _ in range(2)]
        if not lines[1]:
            assert self.process.stderr is not None
            raise AssertionError(self.process.stderr.read())
        self.participants, self.researcher = (line.split()[1] for line in lines)
        self.port = urlsplit(self.participants).port or 0

    def events(self) -> list[dict[str, Any]]:
        """What the server has stored."""
        with urllib.request.urlopen(self.researcher + "events.jsonl", timeout=10) as reply:
            return [json.loads(line) for line in reply.read().decode("utf-8").splitlines()]

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def serving(study: Path, *options: str, port: int = 0) -> Iterator[Server]:
    """A running server."""
    server = Server(study, *options, port=port)
    try:
        yield server
    finally:
        server.kill()
