"""A cache of results on disk, keyed by everything that they were made from.

An entry is a folder named by the SHA-256 of its key: whatever changes the answer is in the key (contents of the
images, network, weights, preprocessing, precision, version), and names and dates of files are not. An entry is whole
or absent: it is made under a temporary name in the same folder and renamed. Two processes that make the same entry at
once make it twice, and the second finds it there and discards its own.

`key.json` in an entry tells size and hash of its other files. An entry that was damaged (a full disk, lost power) is
removed and counts as absent, so that its result is made anew.

The cache saves time and nothing else: a disk that is full, or not to be written to, loses no result. What another
process has not finished is locked, and neither `clear` nor a later run removes it, however long it takes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from gan_eval.errors import GanEvalError, InputError, OutputError
from gan_eval.files import FileContent, content_of, is_as_noted, read_document, sha256_bytes, write_json
from gan_eval.strict_json import DocumentFormat
from gan_eval.version import __version__
from gan_eval.weights import cache_folder

if sys.platform != "win32":
    import fcntl

#: Seconds after which an unfinished folder is taken to be left by a process that died, where there are no locks.
_STALE = 24 * 3600
#: Seconds that a process may take between making a folder and locking it.
_BEGINNING = 60


#: Seconds after which nobody is expected to go on with what a killed process left.
_ABANDONED = 14 * 24 * 3600

_ABOUT = "key.json"
#: How names of folders begin in which a killed process's work can be gone on with.
_BENCH = "bench-"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """Key of an entry, and its files by name."""

    key: str
    files: Mapping[str, FileContent]


ENTRY = DocumentFormat("gan-eval-cache-entry", CacheEntry, sealed=True)


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
        self.fault: str | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """One line where something could not be kept; it belongs to the result."""
        if self.fault is None:
            return ()
        remedy = "set GAN_EVAL_CACHE, or choose cache=False"
        return (f"{self.folder}: the cache cannot be written: {self.fault}; this result is not kept ({remedy})",)

    def find(self, key: Mapping[str, Any]) -> Path | None:
        """Folder of the entry for `key`, or None; an entry whose files are not as they were written is removed."""
        entry = self._place(key)
        if not self.keep or not entry.is_dir():
            return None
        if _is_whole(entry, key):
            return entry
        self.discard(key)
        return None

    def read(self, key: Mapping[str, Any], reader: Callable[[Path], T]) -> T | None:
        """Read the entry for `key` with `reader`; None where there is none, or `reader` raises InputError."""
        entry = self.find(key)
        try:
            return None if entry is None else reader(entry)
        except (FileNotFoundError, InputError):  # cleared just now, or written by another build of this version
            self.discard(key)
            return None

    def discard(self, key: Mapping[str, Any]) -> None:
        """Remove the entry for `key`, because it cannot be used."""
        shutil.rmtree(self._place(key), ignore_errors=True)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder that is removed at the end of the block, unless `store` has taken it.

        It lies in the cache, or in the system's temporary folder where the cache cannot be written, which `notes`
        then tells. Raises OutputError where neither can be.
        """
        with contextlib.ExitStack() as locks:
            path = self._room(locks)
            try:
                yield path
            finally:
                shutil.rmtree(path, ignore_errors=True)

    @contextlib.contextmanager
    def bench(self, key: Mapping[str, Any]) -> Iterator[Path]:
        """A folder as of `scratch` for making the entry for `key`, which the next process finds if this one is killed.

        It stays where the block is left by anything but an error of the input or the disk, such as Ctrl-C. Where
        another process works on the same entry just now, or nothing is kept, it is a scratch folder.
        """
        path = self.folder / "unfinished" / f"{_BENCH}{sha256_bytes(_canonical(key).encode())}"
        with contextlib.ExitStack() as locks:
            if not self._enter_bench(path, locks):
                yield locks.enter_context(self.scratch())
                return
            try:
                yield path
            except (GanEvalError, OSError):
                shutil.rmtree(path, ignore_errors=True)
                raise
            except BaseException:
                with contextlib.suppress(OSError):
                    path.rmdir()  # nothing was kept in it
                raise
            shutil.rmtree(path, ignore_errors=True)

    def _enter_bench(self, path: Path, locks: contextlib.ExitStack) -> bool:
        """Make and lock the folder `path`; False where that cannot be."""
        if not self.keep or self.fault is not None or sys.platform == "win32":
            return False
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._sweep()
            locks.enter_context(_locked(path, wait=False))
            path.mkdir(exist_ok=True)  # another process may have finished with it just before
        except OSError:
            return False
        return True

    def _room(self, locks: contextlib.ExitStack) -> Path:
        if self.keep and self.fault is None:
            unfinished = self.folder / "unfinished"
            try:
                unfinished.mkdir(parents=True, exist_ok=True)
                self._sweep()
                path = Path(tempfile.mkdtemp(prefix="gan-eval-", dir=unfinished))
                locks.enter_context(_locked(path))
            except OSError as error:
                self.give_up(error)
            else:
                return path
        try:
            return Path(tempfile.mkdtemp(prefix="gan-eval-"))
        except OSError as error:
            raise OutputError(f"{tempfile.gettempdir()}: cannot be written: {error.strerror} (set TMPDIR)") from error

    def give_up(self, error: OSError | OutputError) -> None:
        """Keep nothing from now on, and say so in `notes`."""
        self.fault = (error.strerror or "disk full") if isinstance(error, OSError) else str(error).split(": ")[-1]

    def add(self, key: Mapping[str, Any], write: Callable[[Path], None]) -> None:
        """Make an entry of what `write` puts into a folder; none where the disk refuses, which `notes` then tells."""
        if not self.keep or self.fault is not None:
            return
        try:
            with self.scratch() as room:
                write(room)
                self.store(key, room)
        except (OSError, OutputError) as error:
            self.give_up(error)

    def store(self, key: Mapping[str, Any], made: Path) -> Path:
        """Turn the folder `made`, which `scratch` gave, into the entry for `key`; returns where its files are now."""
        if not self.keep or self.fault is not None:
            return made
        try:
            about = CacheEntry(_canonical(key), {path.name: content_of(path) for path in sorted(made.iterdir())})
            write_json(made / _ABOUT, ENTRY.encode(about))
            for path in made.iterdir():
                with path.open("rb+") as stream:
                    os.fsync(stream.fileno())
            entry = self._place(key)
            entry.parent.mkdir(parents=True, exist_ok=True)
            made.rename(entry)
        except (OSError, OutputError) as error:
            # Otherwise another process was first, with the same content.
            if not self._place(key).is_dir():
                self.give_up(error)
            return made
        return entry

    def usage(self) -> Usage:
        """Count entries and bytes."""
        entries = size = 0
        for where, _, files in os.walk(self.folder):
            entries += _ABOUT in files and "unfinished" not in where
            for name in files:
                with contextlib.suppress(FileNotFoundError):  # another process has just moved it
                    size += os.stat(os.path.join(where, name)).st_size
        return Usage(self.folder, entries, size)

    def clear(self) -> Usage:
        """Remove every entry and return what was removed. Weights and converted networks stay.

        Unfinished entries of other running processes stay, and files that they have open can be read to the end.
        """
        usage = self.usage()
        with contextlib.suppress(FileNotFoundError):
            for path in self.folder.iterdir():
                if path.name != "unfinished":
                    shutil.rmtree(path, ignore_errors=True)
            self._sweep(benches=True)
        return usage

    def _place(self, key: Mapping[str, Any]) -> Path:
        name = sha256_bytes(_canonical(key).encode())
        return self.folder / name[:2] / name

    def _sweep(self, *, benches: bool = False) -> None:
        """Remove unfinished files of processes that have ended; of `bench`, old ones alone, or with `benches` all."""
        unfinished = self.folder / "unfinished"
        with contextlib.suppress(FileNotFoundError):
            for path in unfinished.iterdir():
                if path.suffix == ".lock":
                    if not path.with_suffix("").exists():
                        path.unlink(missing_ok=True)
                elif not _in_use(path) and (benches or not _may_go_on(path)):
                    shutil.rmtree(path, ignore_errors=True)


def _is_whole(entry: Path, key: Mapping[str, Any]) -> bool:
    """Whether an entry was made for `key`, and every file of it, and no other one, is there as it was written."""
    try:
        about = read_document(entry / _ABOUT, ENTRY)
        if about.key != _canonical(key):
            return False
        paths = {path.name: path for path in entry.iterdir() if path.name != _ABOUT}
        return paths.keys() == about.files.keys() and all(
            is_as_noted(path, about.files[name]) for name, path in paths.items()
        )
    except (OSError, InputError):
        return False


def _lock_file(room: Path) -> Path:
    return room.with_name(room.name + ".lock")


@contextlib.contextmanager
def _locked(room: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock beside the folder `room`, which ends with this block or with this process.

    Raises BlockingIOError, unless it may `wait`, where another process holds it.
    """
    path = _lock_file(room)
    with path.open("wb") as stream:
        if sys.platform != "win32":
            fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if not path.exists() or not os.path.samestat(os.fstat(stream.fileno()), path.stat()):
                raise BlockingIOError(f"{path}: another process has just ended with it")
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _may_go_on(room: Path) -> bool:
    """Whether an unfinished folder is one of `bench` that was worked on lately."""
    try:
        return room.name.startswith(_BENCH) and time.time() - room.stat().st_mtime < _ABANDONED
    except FileNotFoundError:
        return False


def _in_use(room: Path) -> bool:
    """Whether a living process holds the lock of an unfinished folder, or has made the folder just now."""
    try:
        age = time.time() - room.stat().st_mtime
        if age < _BEGINNING or sys.platform == "win32":
            return age < _STALE
        with _lock_file(room).open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _canonical(key: Mapping[str, Any]) -> str:
    return json.dumps({"version": __version__, **key}, sort_keys=True, separators=(",", ":"), allow_nan=False)
