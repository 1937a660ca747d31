"""Opens a page in an installed Chromium, with the network off, and checks that its first screen appears.

The browser is driven over its debugging pipe (the Chrome DevTools Protocol: JSON messages that end in a zero byte on
file descriptors 3 and 4), which needs nothing but the browser.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from gan_eval.errors import InputError
from gan_eval.strict_json import parse_json

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
#: A page that has complained and does not come up within this time will not.
_PATIENCE_S = 3
_STATE = "document.getElementById('app')?.dataset.state ?? 'missing'"


class PageVisit(NamedTuple):
    """What a page came to. state: of its first screen; messages: errors and policy violations; requests: to a host."""

    state: str
    messages: tuple[str, ...]
    requests: tuple[str, ...]


def find_chromium() -> str | None:
    """The browser that CHROMIUM names, else the first one on the path."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def open_offline(executable: str, page: Path, *, timeout_s: float = 60) -> PageVisit:
    """Open a file with the network off and wait for its first screen.

    Raises InputError where the browser does not start or does not answer in time.
    """
    messages: list[str] = []
    requests: list[str] = []
    deadline = time.monotonic() + timeout_s
    with _started(executable) as pipe:
        target = pipe.call("Target.createTarget", {"url": "about:blank"}, deadline)["targetId"]
        attached = pipe.call("Target.attachToTarget", {"targetId": target, "flatten": True}, deadline)
        session = attached["sessionId"]

        def call(method: str, **parameters: Any) -> Any:
            return pipe.call(method, parameters, deadline, session)

        for domain in ("Page", "Runtime", "Log", "Network"):
            call(f"{domain}.enable")
        call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
        call("Page.navigate", url=page.resolve().as_uri())
        state, begun = "loading", time.monotonic()
        while state in ("loading", "missing") and time.monotonic() < deadline:
            time.sleep(0.05)
            state = call("Runtime.evaluate", expression=_STATE)["result"].get("value", "missing")
            while pipe.events:
                _note(pipe.events.pop(0), messages, requests)
            if messages and time.monotonic() > begun + _PATIENCE_S:
                break
    return PageVisit(state, tuple(messages), tuple(requests))


def _note(event: dict[str, Any], messages: list[str], requests: list[str]) -> None:
    parameters = event.get("params", {})
    if event["method"] == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
        messages.append(parameters["entry"]["text"])
    elif event["method"] == "Runtime.exceptionThrown":
        messages.append(parameters["exceptionDetails"]["text"])
    elif event["method"] == "Network.requestWillBeSent":
        address = parameters["request"]["url"]
        if not address.startswith(("file:", "data:", "blob:", "about:")):
            requests.append(address)


class _Pipe:
    """Calls to the browser and the events that came between the answers."""

    def __init__(self, read: int, write: int) -> None:
        self.events: list[dict[str, Any]] = []
        self._read, self._write = read, write
        self._buffer = b""
        self._count = 0

    def call(self, method: str, parameters: dict[str, Any], deadline: float, session: str | None = None) -> Any:
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise InputError(f"Chromium refused {method}: {answer['error'].get('message')}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(self._read, 1 << 20) if ready else b""
            if not data:
                raise InputError("Chromium did not answer (set CHROMIUM to one that starts, or pass browser=False)")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = parse_json(line, where="Chromium")
        return message


@contextlib.contextmanager
def _started(executable: str) -> Iterator[_Pipe]:
    """A headless browser with a profile of its own, ended with the block."""
    own_read, its_write = os.pipe()
    its_read, own_write = os.pipe()
    # Out of the way of 3 and 4, which the browser wants.
    its = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (its_read, its_write)]

    def place() -> None:
        os.dup2(its[0], 3)
        os.dup2(its[1], 4)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        flags = [
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
        ]
        # Chromium's sandbox refuses to run for root.
        flags += ["--no-sandbox"] if os.geteuid() == 0 else []
        try:
            process = subprocess.Popen(
                [executable, *flags], pass_fds=(3, 4), preexec_fn=place, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            raise InputError(f"{executable}: cannot be started: {error.strerror}") from error
        finally:
            for end in (its_read, its_write, *its):
                os.close(end)
        try:
            yield _Pipe(own_read, own_write)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
            os.close(own_read)
            os.close(own_write)
