"""Feature vectors on disk: a plain file of float32 rows.

Features of a million images do not fit into memory. They are appended as they come, read back in chunks by what goes
over them once, and memory-mapped for what needs them in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Vectors(NamedTuple):
    """(n, dim) float32 in a file of nothing else, row after row."""

    path: Path
    n: int
    dim: int

    def array(self) -> NDArray[np.float32]:
        """The whole, memory-mapped and read-only."""
        return np.memmap(self.path, dtype=np.float32, mode="r", shape=(self.n, self.dim))

    def chunks(self, rows: int = 2048) -> Iterator[NDArray[np.float32]]:
        """The rows in order, (rows, dim) at a time; memory holds one chunk, whatever n is."""
        with self.path.open("rb") as stream:
            for start in range(0, self.n, rows):
                count = min(rows, self.n - start)
                yield np.fromfile(stream, np.float32, count * self.dim).reshape(count, self.dim)


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
        np.ascontiguousarray(rows, np.float32).tofile(self._stream)

    def finish(self) -> Vectors:
        """What was written, readable from now on."""
        self._stream.flush()
        return Vectors(self._path, self._n, self._dim)

    def __enter__(self) -> VectorWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stream.close()
