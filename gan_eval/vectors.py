"""Feature vectors on disk: a plain file of float32 rows.

Features of a million images do not fit into memory. They are appended as they come, and read back as they are needed.
"""

from __future__ import annotations

import errno
import os
import weakref
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Annotated, BinaryIO

import numpy as np
from numpy.typing import NDArray

from gan_eval.errors import InputError
from gan_eval.strict_json import Between


@dataclass(frozen=True, slots=True)
class Vectors:
    """(n, dim) float32 in a file of nothing else, row after row; what metrics call `Rows`.

    Rows are read when they are asked for, so that memory holds those alone. A memory map would do the same, but what
    it has touched counts as the process's memory. The file is opened at once, so that its rows can be read even where
    another process removes it from the cache.

    path: of the file. n: rows. dim: columns. offset: bytes of the file before the first row.
    """

    path: Path
    n: int
    dim: int
    offset: int = 0
    _file: _ReadOnly = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_file", _ReadOnly(self.path))

    @property
    def shape(self) -> tuple[int, int]:
        """(n, dim)."""
        return self.n, self.dim

    def __getitem__(self, rows: slice | NDArray[np.intp], /) -> NDArray[np.float32]:
        """Rows by slice (of step 1) or by index; indices that lie close together are read together."""
        if isinstance(rows, slice):
            start, stop, step = rows.indices(self.n)
            return self._read(start, stop)[::step] if step > 0 else self._read(stop + 1, start + 1)[::step]
        if not len(rows):
            return self._read(0, 0)
        low, high = int(rows.min()), int(rows.max()) + 1
        if high - low <= 8 * len(rows):
            return self._read(low, high)[rows - low]
        return np.concatenate([self._read(int(row), int(row) + 1) for row in rows])

    def array(self) -> NDArray[np.float32]:
        """The whole in memory."""
        return self._read(0, self.n)

    def _read(self, start: int, stop: int) -> NDArray[np.float32]:
        count = max(stop - start, 0)
        rows = np.empty((count, self.dim), np.float32)
        self._file.read_into(rows.data.cast("B") if rows.size else memoryview(b""), self.offset + 4 * start * self.dim)
        return rows


class _ReadOnly:
    """A file that stays open as long as this object."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        self.close = weakref.finalize(self, os.close, self._handle)

    def read_into(self, buffer: memoryview, offset: int) -> None:
        """Fill `buffer` from `offset` on. Raises OSError where the file is shorter."""
        done = 0
        while done < len(buffer):
            count = os.preadv(self._handle, [buffer[done:]], offset + done)
            if count == 0:
                raise OSError(errno.EIO, "shorter than it was written")
            done += count


@dataclass(frozen=True, slots=True)
class FileExtent:
    """What a file of vectors holds: n rows of dim numbers, with this CRC-32."""

    n: Annotated[int, Between(0, 2**63)]
    dim: Annotated[int, Between(0, 2**31)]
    crc: Annotated[int, Between(0, 2**32 - 1)]


class VectorWriter:
    """Appends batches of rows to a file; a context manager.

    Parameters
    ----------
    path : of the file, which is made anew unless `written` is given.
    written : what the file held when it was last known to be whole; the rest of it is cut off.

    Raises
    ------
    InputError : the file does not hold what was written.
    """

    def __init__(self, path: Path, written: FileExtent | None = None) -> None:
        self._path = path
        self._written = written or FileExtent(0, 0, 0)
        self._stream = path.open("wb" if written is None else "r+b")
        if written is not None:
            try:
                _go_on(self._stream, written)
            except BaseException:
                self._stream.close()
                raise

    def append(self, rows: NDArray[np.float32]) -> None:
        """Add (B, D) float32."""
        data = np.ascontiguousarray(rows, np.float32).data
        # Not `tofile`, whose error does not say that the disk is full.
        self._stream.write(data)
        self._written = FileExtent(self._written.n + len(rows), rows.shape[1], zlib.crc32(data, self._written.crc))

    def flush(self) -> FileExtent:
        """Hand all to the disk; returns what has been written so far."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        return self._written

    def finish(self) -> Vectors:
        """What was written, readable from now on."""
        self._stream.flush()
        return Vectors(self._path, self._written.n, self._written.dim)

    def __enter__(self) -> VectorWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stream.close()


def _go_on(stream: BinaryIO, written: FileExtent) -> None:
    """Check what a file holds and stand at its end. Raises InputError."""
    left, crc = 4 * written.n * written.dim, 0
    while left:
        block = stream.read(min(left, 1 << 22))
        if not block:
            raise InputError(f"{stream.name}: shorter than it was written")
        left, crc = left - len(block), zlib.crc32(block, crc)
    if crc != written.crc:
        raise InputError(f"{stream.name}: not what was written to it")
    stream.truncate()
