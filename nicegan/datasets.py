"""The paper's four sets, fetched from their own hosts and counted.

Counts: NICE-GAN section 4.1 and the archives' own pages. SHA-256 of the three CycleGAN archives: the list that
TensorFlow Datasets keeps for them. The host of cat2dog (Lee et al., DRIT) publishes no hash; its archive is verified
by its counts alone.
"""

from __future__ import annotations

import lzma
import shutil
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gan_eval.download import DownloadError, transfer
from gan_eval.errors import InputError, NetworkError, UnreadableError
from gan_eval.files import atomic_folder, sha256_file
from gan_eval.result import Progress
from gan_eval.translation import FOLDERS

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
_BYTES_LIMIT = 8 << 30


@dataclass(frozen=True, slots=True)
class PaperSet:
    """A data set of the paper: where its archive lies, and how many images each folder must have.

    sha256 is None where nobody has published the archive's hash.
    """

    name: str
    domains: tuple[str, str]
    url: str
    counts: Mapping[str, int]
    sha256: str | None


def _cyclegan(name: str, domains: tuple[str, str], counts: tuple[int, int, int, int], sha256: str) -> PaperSet:
    url = f"https://efrosgans.eecs.berkeley.edu/cyclegan/datasets/{name}.zip"
    return PaperSet(name, domains, url, dict(zip(FOLDERS, counts, strict=True)), sha256)


PAPER_SETS: Mapping[str, PaperSet] = {
    paper_set.name: paper_set
    for paper_set in (
        PaperSet(
            "cat2dog",
            ("cat", "dog"),
            "http://vllab.ucmerced.edu/hylee/DRIT/datasets/cat2dog.zip",
            {"trainA": 771, "trainB": 1264, "testA": 100, "testB": 100},
            None,
        ),
        _cyclegan(
            "horse2zebra",
            ("horse", "zebra"),
            (1067, 1334, 120, 140),
            "a74d9d392eecca9966b51287a76ca126af473d9de4f3e8fc0e9cda08fa1730a1",
        ),
        _cyclegan(
            "summer2winter_yosemite",
            ("summer", "winter"),
            (1231, 962, 309, 238),
            "167fe1726807a9d22bd106b4a6c0bd7953b688af924ac1bf967439c4961e49f9",
        ),
        _cyclegan(
            "vangogh2photo",
            ("painting", "photo"),
            (400, 6287, 400, 751),
            "362c3473e70be0944bda08d49d660eafdc2854df55d697835b8186d1d79caaff",
        ),
    )
}


def fetch(wanted: PaperSet, destination: Path, *, origin: str | None = None, report: Progress | None = None) -> bool:
    """Bring a set to `destination`, whole or not at all; False if it already lies there, complete.

    origin: another address, or a local archive, instead of the set's own host.

    Raises InputError when the host does not answer, when hash or counts are not the set's, when the archive is broken
    or would write outside its folder, and when `destination` holds something else.
    """
    if destination.exists():
        if count_images(destination) == dict(wanted.counts):
            return False
        raise InputError(f"{destination}: exists and is not a whole {wanted.name} (remove it, or choose another place)")
    with atomic_folder(destination) as temporary:
        archive = temporary / ".archive.zip"
        _obtain(origin or wanted.url, archive, wanted.name, report)
        if wanted.sha256 is not None and (found := sha256_file(archive)) != wanted.sha256:
            raise InputError(
                f"{origin or wanted.url}: SHA-256 is {found}, not the {wanted.sha256} of {wanted.name} "
                "(the host serves another file, or the download broke: try again)"
            )
        extract(archive, temporary)
        archive.unlink()
        if (counts := count_images(temporary)) != dict(wanted.counts):
            raise InputError(f"{origin or wanted.url}: not {wanted.name}: {_difference(counts, wanted.counts)}")
    return True


def _obtain(origin: str, archive: Path, name: str, report: Progress | None) -> None:
    """Download or copy `origin` to `archive`."""
    try:
        if "://" in origin:
            transfer(origin, archive, what=f"downloading {name}", progress=report)
        else:
            shutil.copyfile(origin, archive)
    except (DownloadError, OSError, ValueError) as error:  # ValueError is a malformed address
        reason = str(error) if isinstance(error, DownloadError) else getattr(error, "strerror", None) or "no address"
        raise NetworkError(
            f"{origin}: cannot be had: {reason} (try again later, or give a copy that you have with origin=FILE)"
        ) from error


def extract(archive: Path, destination: Path) -> None:
    """Write the images of an archive's trainA, trainB, testA and testB folders to the same folders in `destination`.

    The four folders may stand at any depth in the archive; whatever else it holds is left out. A name with "..", an
    absolute name, a link, a name that comes twice or more than 8 GiB of content raises InputError before anything is
    written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            for member, target in _members(opened, archive.name).items():
                path = destination / target
                path.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as source, path.open("xb") as sink:
                    shutil.copyfileobj(source, sink)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableError(
            f"{archive.name}: a damaged, encrypted or unsupported zip archive (get it again)"
        ) from error


def _members(opened: zipfile.ZipFile, name: str) -> dict[zipfile.ZipInfo, PurePosixPath]:
    """The members to extract and the relative path of each; all checks come before the first write."""
    wanted: dict[zipfile.ZipInfo, PurePosixPath] = {}
    for member in filter(lambda one: one.filename, opened.infolist()):
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in member.filename:
            raise InputError(f"{name}: the member {member.filename!r} would be written outside its folder")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise InputError(f"{name}: the member {member.filename!r} is a link")
        place = next((i for i, part in enumerate(path.parts) if part in FOLDERS), None)
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
        if place is None or hidden or member.is_dir() or path.suffix.lower() not in _SUFFIXES:
            continue
        wanted[member] = PurePosixPath(*path.parts[place:])
    if len(set(wanted.values())) != len(wanted):
        raise InputError(f"{name}: two members have the same name")
    if sum(member.file_size for member in wanted) > _BYTES_LIMIT:
        raise InputError(f"{name}: unpacks to more than {_BYTES_LIMIT >> 30} GiB")
    return wanted


def count_images(folder: Path) -> dict[str, int]:
    """Images in each of the four folders of a DATA folder."""
    return {
        name: sum(path.suffix.lower() in _SUFFIXES for path in (folder / name).rglob("*") if path.is_file())
        for name in FOLDERS
    }


def _difference(found: Mapping[str, int], wanted: Mapping[str, int]) -> str:
    return ", ".join(
        f"{name} has {found[name]} images instead of {wanted[name]}" for name in FOLDERS if found[name] != wanted[name]
    )
