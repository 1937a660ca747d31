"""Distances between two sets of features, a tile at a time, for metrics of nearest neighbours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import Rows, tiles


def cross_tiles(x: Rows, y: Rows) -> Iterator[tuple[slice, slice, Array]]:
    """Squared distances between rows of x (n, D) and y (m, D) in float64: slices of both and their tile."""
    centre = np.asarray(x[next(tiles(x.shape[0]))], dtype=np.float64).mean(axis=0)
    for i in tiles(x.shape[0]):
        left = np.asarray(x[i], dtype=np.float64) - centre
        norms = np.einsum("ij,ij->i", left, left)
        for j in tiles(y.shape[0]):
            right = np.asarray(y[j], dtype=np.float64) - centre
            ends = norms[:, None] + np.einsum("ij,ij->i", right, right)
            squares = ends - 2 * left @ right.T
            squares[squares < 1e-13 * ends] = 0  # what rounding cannot tell from a copy
            yield i, j, squares


def nearest(x: Rows, y: Rows, *, same: bool = False) -> tuple[NDArray[np.intp], Array]:
    """Of each row of y (m, D) its nearest row of x (n, D), and the squared distance to it: (m,), (m,).

    same: x and y are one set, and a row is not its own neighbour.
    """
    index = np.zeros(y.shape[0], dtype=np.intp)
    least = np.full(y.shape[0], np.inf)
    for i, j, squares in cross_tiles(x, y):
        if same and i == j:
            np.fill_diagonal(squares, np.inf)
        rows = squares.argmin(axis=0)
        values = squares[rows, np.arange(squares.shape[1])]
        better = values < least[j]
        index[j] = np.where(better, rows + i.start, index[j])
        least[j] = np.where(better, values, least[j])
    return index, least
