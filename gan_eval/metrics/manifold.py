"""Precision, recall, density and coverage of a fake set against a real one, by k-nearest-neighbour balls.

    precision  share of fakes inside the ball of some real          Kynkäänniemi et al. (2019), eq. 2
    recall     share of reals inside the ball of some fake
    density    mean number of real balls that hold a fake, over k   Naeem et al. (2020), eq. 4; may exceed 1
    coverage   share of reals whose ball holds a fake               Naeem et al. (2020), eq. 5

Higher is better. An image's ball reaches its k-th nearest neighbour in its own set, itself not counted. A point on the
rim is outside (`<`), as in `prdc`, whose numbers these are; torch-fidelity and StyleGAN count it as inside (`<=`),
which differs only for exact ties, as between copies of images.

Where images come in groups (crops of one photograph), a ball reaches the k-th nearest image of another group: siblings
are no measure of how far apart images of the set lie.

Their intervals are in `manifold_error`.

Distances come tile by tile from a GEMM in the features' precision; those too near a radius to call are computed again
from differences in float64. Memory is O(n + m) besides the features, which may be a memory map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gan_eval.errors import InputError, TooFewError
from gan_eval.inference.groups import Groups
from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import TILE, Floats, Rows, check_pair, tiles

#: Relative error that a float32 squared distance may have, as a share of the two squared norms.
ROUNDING = 4e-6


@dataclass(frozen=True, slots=True)
class Manifold:
    """The four numbers; each in [0, 1] but density, which is ≥ 0."""

    precision: float
    recall: float
    density: float
    coverage: float
    k: int


def prdc(
    real: Rows, fake: Rows, *, k: int = 5, real_groups: Groups | None = None, fake_groups: Groups | None = None
) -> Manifold:
    """Precision, recall, density and coverage of `fake` (m, D) against `real` (n, D), both float32.

    real_groups, fake_groups: (n,), (m,) group of each image, None where images are independent.

    Raises MismatchError for different D, TooFewError when a set has no k neighbours for each image.
    """
    if k < 1:
        raise InputError(f"k = {k}: k must be at least 1")
    check_pair(real, fake, least=k + 1, what=f"a ball of k = {k} neighbours")
    centre = np.asarray(real[:TILE]).mean(axis=0)
    sides = ((real, real_groups), (fake, fake_groups))
    radii = [squared_radii(side, k, centre=centre, groups=groups) for side, groups in sides]
    return within_radii(real, fake, *radii, k=k, centre=centre)


def within_radii(real: Rows, fake: Rows, real_radii: Array, fake_radii: Array, *, k: int, centre: Floats) -> Manifold:
    """`prdc` for balls whose squared radii (n,), (m,) are known. centre (D,): a point amid the features."""
    holding = np.zeros(len(fake_radii), dtype=np.int64)
    held, covered = np.zeros(len(real_radii), dtype=bool), np.zeros(len(real_radii), dtype=bool)
    for i in tiles(len(held)):
        x = _Tile(real, i, centre)
        for j in tiles(len(holding)):
            y = _Tile(fake, j, centre)
            squares = x.squared_distances(y)
            inside = _inside(squares, x, y, real_radii[i, None])
            holding[j] += inside.sum(axis=0)
            covered[i] |= inside.any(axis=1)
            held[i] |= _inside(squares, x, y, fake_radii[None, j]).any(axis=1)
    precision, density = (holding > 0).mean(), holding.mean() / k
    return Manifold(float(precision), float(held.mean()), float(density), float(covered.mean()), k)


def squared_radii(x: Rows, k: int, *, centre: Floats, groups: Groups | None = None) -> Array:
    """(n,) float64: squared distance of each row of `x` (n, D) to its k-th nearest other row, of another group.

    Raises TooFewError where a row has no k rows of other groups.
    """
    n = x.shape[0]
    if groups is not None and n - np.bincount(groups).max(initial=0) < k:
        raise TooFewError(f"{n} images: some have fewer than {k} images of other groups for a ball to reach")
    near = _Nearest(n, min(k + 8, n - 1))
    for i in tiles(n):
        left = _Tile(x, i, centre)
        for j in tiles(n):
            if j.start < i.start:
                continue
            squares = left.squared_distances(left if i == j else _Tile(x, j, centre))
            if groups is not None:
                squares[groups[i][:, None] == groups[j]] = np.inf
            if i == j:
                np.fill_diagonal(squares, np.inf)
            else:
                near.offer(j, i.start, squares.T)
            near.offer(i, j.start, squares)
    radii = np.empty(n)
    for row in range(n):
        gaps = np.asarray(x[near.index[row]], dtype=np.float64) - x[row : row + 1]
        squares = np.einsum("ij,ij->i", gaps, gaps)
        squares[np.isinf(near.squares[row])] = np.inf
        radii[row] = np.partition(squares, k - 1)[k - 1]
    return radii


class _Nearest:
    """The `count` nearest candidates of each of n rows, (n, count), by distances that come in tiles."""

    def __init__(self, n: int, count: int) -> None:
        self.squares = np.full((n, count), np.inf)
        self.index = np.zeros((n, count), dtype=np.intp)

    def offer(self, rows: slice, first: int, squares: Floats) -> None:
        """`squares` (rows, columns): distances of `rows` to the images from number `first` on."""
        count = self.index.shape[1]
        if squares.shape[1] > count:
            chosen = np.argpartition(squares, count - 1, axis=1)[:, :count]
        else:
            chosen = np.broadcast_to(np.arange(squares.shape[1]), squares.shape)
        every = np.concatenate([self.squares[rows], np.take_along_axis(squares, chosen, axis=1)], axis=1)
        index = np.concatenate([self.index[rows], chosen + first], axis=1)
        best = np.argpartition(every, count - 1, axis=1)[:, :count]
        self.squares[rows] = np.take_along_axis(every, best, axis=1)
        self.index[rows] = np.take_along_axis(index, best, axis=1)


class _Tile:
    """Some rows of a feature set, moved to a common centre, where squared distances lose fewer digits."""

    def __init__(self, source: Rows, rows: slice, centre: Floats) -> None:
        self.raw = np.asarray(source[rows])
        self.size = len(self.raw)
        self.points = self.raw - centre.astype(self.raw.dtype)
        self.norms = np.einsum("ij,ij->i", self.points, self.points)

    def squared_distances(self, other: _Tile) -> Floats:
        """(size, other.size) squared Euclidean distances in the features' precision."""
        squares: Floats = self.points @ other.points.T
        squares *= -2
        squares += self.norms[:, None]
        squares += other.norms[None, :]
        return squares


def _inside(squares: Floats, x: _Tile, y: _Tile, radii: Array) -> NDArray[np.bool_]:
    """squares < radii, (x.size, y.size); pairs that rounding could decide are settled by float64 differences."""
    inside: NDArray[np.bool_] = squares < radii
    band = ROUNDING * (x.norms[:, None] + y.norms[None, :])
    rows, columns = np.nonzero(np.abs(squares - radii) <= band)
    limit = np.broadcast_to(radii, squares.shape)
    for part in range(0, len(rows), TILE):
        i, j = rows[part : part + TILE], columns[part : part + TILE]
        gaps = x.raw[i].astype(np.float64) - y.raw[j]
        inside[i, j] = np.einsum("ij,ij->i", gaps, gaps) < limit[i, j]
    return inside
