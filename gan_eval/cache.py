"""Results on disk, found again by what they were made from.

An entry is a folder named by the SHA-256 of its key: whatever changes the answer is in the key (contents of the
images, network, weights, preprocessing, precision, version), and names and dates of files are not. An entry is whole
or absent: it is made under a temporary name in the same folder and renamed. Two processes that make the same entry at
once make it twice, and the second finds it there and discards its own.

`key.json` in an entry tells size and hash of its other files. An entry that was damaged (a full disk, lost power) is
removed and counts as absent, so that its result is made anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

from gan_eval.errors import InputError
from gan_eval.files import read_document, sha256_bytes, sha256_file, write_json
from gan_eval.strict_json import Between, DocumentFormat, Matches
from gan_eval.version import __version__
from gan_eval.weights import cache_folder

#: A temporary folder as old as this, in seconds, was left by a process that died.
_STALE = 24 * 3600


_ABOUT = "key.json"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CachedFile:
    """Size in bytes and SHA-256 of a file."""

    bytes: Annotated[int, Between(0, 2**63)]
    sha256: Annotated[str, Matches(r"[0-9a-f]{64}")]


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """What an entry was made from, and its files by name."""

    key: str
    files: Mapping[str, CachedFile]


ENTRY = DocumentFormat("gan-eval-cache-entry", CacheEntry)


class Usage(NamedTuple):
    """What the cache holds. folder: where; entries: finished results; bytes: on disk, what lies unfinished included."""

    folder: Path
    entries: int
    bytes: int


class Cache:
    """Entries below one folder.

    Parameters
    ----------
    folder: where; default `results/` in GAN_EVAL_CACHE or the system's cache folder.
    keep: False makes a cache that finds nothing and keeps nothing; `scratch` still works, in the system's temporary
        folder.
    """

    def __init__(self, folder: Path | None = None, *, keep: bool = True) -> None:
        self.folder = folder if folder is not None else cache_folder() / "results"
        self.keep = keep

    def find(self, key: Mapping[str, Any]) -> Path | None:
        """Folder of the entry for `key`, or None; an entry whose files are not as they were written is removed."""
        entry = self._place(key)
        if not self.keep or not entry.is_dir():
            return None
        if _is_whole(entry):
            return entry
        self.discard(key)
        return None

    def read(self, key: Mapping[str, Any], reader: Callable[[Path], T]) -> T | None:
        """What `reader` makes of the entry for `key`; None where there is none, or `reader` raises InputError."""
        entry = self.find(key)
        try:
            return None if entry is None else reader(entry)
        except InputError:  # written by another build of this version
            self.discard(key)
            return None

    def discard(self, key: Mapping[str, Any]) -> None:
        """Remove the entry for `key`, because it cannot be used."""
        shutil.rmtree(self._place(key), ignore_errors=True)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder that is removed at the end of the block, unless `store` has taken it."""
        try:
            if self.keep:
                (self.folder / "unfinished").mkdir(parents=True, exist_ok=True)
                self._sweep()
            path = Path(tempfile.mkdtemp(prefix="gan-eval-", dir=self.folder / "unfinished" if self.keep else None))
        except OSError as error:
            raise InputError(
                f"{self.folder}: the cache cannot be written: {error.strerror} (set GAN_EVAL_CACHE, or --no-cache)"
            ) from error
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def store(self, key: Mapping[str, Any], made: Path) -> Path:
        """Turn the folder `made`, which `scratch` gave, into the entry for `key`; returns where its files are now."""
        if not self.keep:
            return made
        about = CacheEntry(_canonical(key), {path.name: _content_of(path) for path in sorted(made.iterdir())})
        write_json(made / _ABOUT, ENTRY.encode(about))
        for path in made.iterdir():
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())
        entry = self._place(key)
        entry.parent.mkdir(parents=True, exist_ok=True)
        try:
            made.rename(entry)
        except OSError:
            if not entry.is_dir():  # otherwise another process was first, with the same content
                raise
            return made
        return entry

    def usage(self) -> Usage:
        """Count what is there."""
        entries = size = 0
        for where, _, files in os.walk(self.folder):
            entries += _ABOUT in files and "unfinished" not in where
            for name in files:
                with contextlib.suppress(FileNotFoundError):  # another process has just moved it
                    size += os.stat(os.path.join(where, name)).st_size
        return Usage(self.folder, entries, size)

    def clear(self) -> Usage:
        """Remove every entry; returns what there was. Weights and converted networks lie elsewhere and stay."""
        usage = self.usage()
        shutil.rmtree(self.folder, ignore_errors=True)
        return usage

    def _place(self, key: Mapping[str, Any]) -> Path:
        name = sha256_bytes(_canonical(key).encode())
        return self.folder / name[:2] / name

    def _sweep(self) -> None:
        """Remove what processes that were killed left behind."""
        for path in (self.folder / "unfinished").iterdir():
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _STALE:
                    shutil.rmtree(path, ignore_errors=True)


def _content_of(path: Path) -> CachedFile:
    return CachedFile(path.stat().st_size, sha256_file(path))


def _is_whole(entry: Path) -> bool:
    """Whether every file of an entry, and no other one, is there as it was written."""
    try:
        about = read_document(entry / _ABOUT, ENTRY)
        paths = {path.name: path for path in entry.iterdir() if path.name != _ABOUT}
        sizes = {name: path.stat().st_size for name, path in paths.items()}
        if sizes != {name: file.bytes for name, file in about.files.items()}:
            return False
        return all(sha256_file(path) == about.files[name].sha256 for name, path in paths.items())
    except (OSError, InputError):
        return False


def _canonical(key: Mapping[str, Any]) -> str:
    return json.dumps({"version": __version__, **key}, sort_keys=True, separators=(",", ":"), allow_nan=False)
