"""Feature vectors on disk: a plain file of float32 rows.

Features of a million images do not fit into memory. They are appended as they come, and read back as they are needed.
"""

from __future__ import annotations

import errno
import os
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray


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


class VectorWriter:
    """Appends batches of rows to a file; a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = path.open("wb")
        self._n = 0
        self._dim = 0

    def append(self, rows: NDArray[np.float32]) -> None:
        """Add (B, D) float32."""
        self._n += len(rows)
        self._dim = rows.shape[1]
        # Not `tofile`, whose error does not say that the disk is full.
        self._stream.write(np.ascontiguousarray(rows, np.float32).data)

    def finish(self) -> Vectors:
        """What was written, readable from now on."""
        self._stream.flush()
        return Vectors(self._path, self._n, self._dim)

    def __enter__(self) -> VectorWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stream.close()
