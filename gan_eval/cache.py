"""Results on disk, found again by what they were made from.

An entry is a folder named by the SHA-256 of its key: whatever changes the answer is in the key (contents of the
images, network, weights, preprocessing, precision, version), and names and dates of files are not. An entry is whole
or absent: it is made under a temporary name in the same folder and renamed. Two processes that make the same entry at
once make it twice, and the second finds it there and discards its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gan_eval.errors import InputError
from gan_eval.files import sha256_bytes
from gan_eval.version import __version__
from gan_eval.weights import cache_folder

#: A temporary folder as old as this, in seconds, was left by a process that died.
_STALE = 24 * 3600


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
        """Folder of the entry for `key`, or None."""
        entry = self._place(key)
        return entry if self.keep and entry.is_dir() else None

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
        (made / "key.json").write_text(_canonical(key) + "\n", encoding="utf-8")
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
            entries += "key.json" in files and "unfinished" not in where
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


def _canonical(key: Mapping[str, Any]) -> str:
    return json.dumps({"version": __version__, **key}, sort_keys=True, separators=(",", ":"), allow_nan=False)
