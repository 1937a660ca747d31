"""Downloads one file over HTTP and keeps it only when it is complete and has the right hash.

pooch does the transfer; what is around it are limits on the time to reach the server (the look-up of its name
included), on silence, on slowness and on size, and messages for those who read them.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gan_eval.files import atomic_file, sha256_file
from gan_eval.result import Progress

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS = 5.0
#: A server that sends nothing for this long has stalled.
STALL_SECONDS = 20.0
#: A server that sends less than so many bytes in so many seconds would not end within a day.
PACE_BYTES, PACE_SECONDS = 1 << 18, 60.0
#: No file that is fetched is longer than this.
MOST_BYTES = 8 << 30
_CHUNK = 1 << 14
_LOOK_SECONDS = 0.2


class DownloadError(Exception):
    """One address did not give the file; the message says why, and the caller may try others."""


class NoConnection(DownloadError):
    """The server could not be reached at all."""


def download(url: str, destination: Path, sha256: str, *, progress: Progress | None = None) -> None:
    """Fetch `url` to `destination`, where it appears when it is complete and has the hash `sha256`.

    A broken download leaves nothing, and what a killed one left is removed after a day; the next try starts anew.
    Raises DownloadError, and InputError where `destination` cannot be written.
    """
    _sweep(destination)
    with atomic_file(destination) as temporary:
        transfer(url, temporary, what=f"fetching {destination.name}", progress=progress)
        found = sha256_file(temporary)
        if found != sha256:
            raise DownloadError(f"gave another file (SHA-256 {found[:8]}…, wanted {sha256[:8]}…)")


def transfer(url: str, destination: Path, *, what: str, progress: Progress | None = None) -> None:
    """Write what an address gives to a file, whatever it is.

    what: the beginning of the line that shows progress. Raises DownloadError, and OSError where the disk refuses.
    """
    require_connection(url)
    bar = _Bar(what, progress)
    outcome: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
    # Reading waits for as long as a byte comes now and then; the thread is left behind where that takes too long.
    threading.Thread(target=_read, args=(url, destination, bar, outcome), daemon=True).start()
    pace = _Pace(time.monotonic())
    while True:
        try:
            error = outcome.get(timeout=_LOOK_SECONDS)
            break
        except queue.Empty:
            if pace.is_too_slow(time.monotonic(), bar.done):
                bar.cancelled = True
                raise DownloadError(f"sent less than {PACE_BYTES >> 10} KiB in {PACE_SECONDS:.0f} s") from None
    if error is not None:
        raise error


def _read(url: str, destination: Path, bar: _Bar, outcome: queue.SimpleQueue[BaseException | None]) -> None:
    import requests
    from pooch import HTTPDownloader

    answers: list[requests.Response] = []
    hooks = {"response": lambda answer, *_, **__: answers.append(answer)}
    timeout = (CONNECT_SECONDS, STALL_SECONDS)
    downloader = HTTPDownloader(progressbar=bar, chunk_size=_CHUNK, timeout=timeout, hooks=hooks)
    try:
        downloader(url, str(destination), None)
    except requests.RequestException as error:
        outcome.put(DownloadError(_short(error)))
    except (DownloadError, OSError, ValueError) as error:
        outcome.put(error)
    else:
        outcome.put(None)
    finally:
        for answer in answers:  # pooch leaves connections open
            answer.close()


class _Pace:
    """Tells when too few bytes have come for too long."""

    def __init__(self, now: float) -> None:
        self._since, self._bytes = now, 0

    def is_too_slow(self, now: float, done: int) -> bool:
        """Whether PACE_SECONDS have gone by without PACE_BYTES; `done` counts all bytes so far."""
        if done - self._bytes >= PACE_BYTES:
            self._since, self._bytes = now, done
        return now - self._since > PACE_SECONDS


def _short(error: requests.RequestException) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return f"sent nothing for {STALL_SECONDS:.0f} s"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate was refused"
    return "the connection broke off"


def require_connection(url: str) -> None:
    """Raise NoConnection unless the server, or the proxy before it, takes a connection within CONNECT_SECONDS.

    Looking up a name has time-outs of its own that no library lets one set, so all of it runs beside, and the wait
    is what is limited.
    """
    from requests.utils import get_environ_proxies, select_proxy

    if urlsplit(url).scheme not in ("http", "https"):
        raise DownloadError("not an http or https address")
    address = urlsplit(select_proxy(url, get_environ_proxies(url)) or url)
    port = address.port or (443 if address.scheme == "https" else 80)
    outcome: queue.SimpleQueue[OSError | None] = queue.SimpleQueue()

    def connect() -> None:
        try:
            socket.create_connection((address.hostname or "", port), timeout=CONNECT_SECONDS).close()
        except OSError as error:
            outcome.put(error)
        else:
            outcome.put(None)

    threading.Thread(target=connect, daemon=True).start()
    try:
        problem = outcome.get(timeout=CONNECT_SECONDS)
    except queue.Empty:
        raise NoConnection(f"no connection within {CONNECT_SECONDS:.0f} s") from None
    if problem is not None:
        raise NoConnection(f"no connection ({problem.strerror or problem})")


class _Bar:
    """Passes pooch's progress on to a `Progress`, and ends a transfer that is too long or that nobody waits for."""

    def __init__(self, what: str, progress: Progress | None) -> None:
        self._what = what
        self._progress = progress
        self.done = 0
        self.total = 0
        self.cancelled = False

    def update(self, count: int) -> None:
        self.done += count
        if self.cancelled or max(self.done, self.total) > MOST_BYTES:
            raise DownloadError(f"sent more than {MOST_BYTES:,} bytes")
        if self._progress is not None:
            self._progress(self._what, min(self.done, self.total or self.done), self.total or None)

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        """pooch closes its bar; a `Progress` needs no closing."""


def _sweep(destination: Path) -> None:
    """Remove unfinished files of killed downloads: those older than a day."""
    for left in destination.parent.glob(f".{destination.name}.*.tmp"):
        try:
            age = time.time() - left.stat().st_mtime
        except FileNotFoundError:  # its download has just ended
            continue
        if age > 86_400:
            left.unlink(missing_ok=True)
