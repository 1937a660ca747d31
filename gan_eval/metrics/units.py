"""The independent units of a set of images, a tile at a time: each image, or each group of images.

Sums over pairs of groups are sums over pairs of images, weighted so that the mean over pairs of groups is the mean over
all pairs of images in different groups. What a metric does with images then holds for groups as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gan_eval.inference.groups import Groups, count_of
from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import TILE, tiles


@dataclass(frozen=True, slots=True, eq=False)
class UnitTile:
    """Rows that are compared at once. units: the slice of units that they make up. starts: first row of each unit
    within the tile, None where each row is a unit."""

    rows: slice | NDArray[np.intp]
    units: slice
    starts: NDArray[np.intp] | None


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """n images as `count` units, in tiles. weight: of one image in the mean over units, 1 where each is a unit.

    within: factor of sums over pairs of units of this set, 1 where each image is a unit.
    """

    count: int
    tiles: tuple[UnitTile, ...]
    weight: float
    within: float

    @classmethod
    def of(cls, n: int, groups: Groups | None) -> Units:
        """The units of n images whose groups have these codes."""
        if groups is None:
            return cls(n, tuple(UnitTile(rows, rows, None) for rows in tiles(n)), 1.0, 1.0)
        count = count_of(n, groups)
        sizes = np.bincount(groups, minlength=count).astype(np.float64)
        weight = count / n
        different = n**2 - float(sizes @ sizes)
        within = (count - 1) * n**2 / (count * different) if different > 0 else 1.0
        return cls(count, tuple(_grouped(groups, count)), weight, within)


def _grouped(groups: Groups, count: int) -> Iterator[UnitTile]:
    """Tiles of whole groups, as many as fit into one tile of rows, at least one."""
    order = np.argsort(groups, kind="stable")
    bounds = np.searchsorted(groups[order], np.arange(count + 1))
    first = 0
    while first < count:
        last = max(int(np.searchsorted(bounds, bounds[first] + TILE, side="right")) - 1, first + 1)
        yield UnitTile(order[bounds[first] : bounds[last]], slice(first, last), bounds[first:last] - bounds[first])
        first = last


def add_up(values: Array, left: UnitTile, right: UnitTile) -> Array:
    """Sums (units, units) of values (rows, rows) over the pairs of two units' images."""
    if left.starts is not None:
        values = np.add.reduceat(values, left.starts, axis=0)
    if right.starts is not None:
        values = np.add.reduceat(values, right.starts, axis=1)
    return values
