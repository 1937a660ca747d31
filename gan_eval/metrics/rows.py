"""Feature sets on disk or in memory, read in tiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gan_eval.errors import MismatchError, TooFewError

Floats: TypeAlias = NDArray[np.floating]

#: Rows read, multiplied and compared at once: 8 MB of 2048 float32 features, and a tile of results that fits the cache.
TILE = 1024


class Rows(Protocol):
    """A feature set (N, D) float32 that gives its rows by slice or index: an array, a memory map, an HDF5 set."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __getitem__(self, rows: slice | NDArray[np.intp], /) -> Floats: ...


def tiles(n: int, *, size: int = TILE) -> Iterator[slice]:
    """Consecutive slices that cover range(n)."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def check_pair(real: Rows, fake: Rows, *, least: int, what: str) -> tuple[int, int]:
    """Numbers of images (n, m). Raises MismatchError for different D, TooFewError for fewer than `least` of `what`."""
    (n, d), (m, e) = real.shape, fake.shape
    if d != e:
        raise MismatchError(f"features of dimension {d} and {e}: use one network for both sides")
    for name, count in (("real", n), ("fake", m)):
        if count < least:
            raise TooFewError(f"{name}: {count} images; {what} needs at least {least} on each side")
    return n, m
