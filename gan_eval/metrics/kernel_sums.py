"""Sums of the cubic kernel over all pairs of two feature sets, tile by tile.

    x·y / D + 1 = b + d,   b = c·c / D + 1,   d = ((x - c)·(y - c) + c·(x - c) + c·(y - c)) / D
    k(x, y) - b³ = d (3 b² + d (3 b + d))

c is the mean of the first real images. MMD² and its variance do not see the constant b³, and without it the sums are no
small differences of large numbers, wherever the features lie and whatever their scale. Only the products of the centred
features, a GEMM, are in the features' own precision; all that follows is in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gan_eval.errors import InputError
from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import Floats, Rows, check_pair, tiles

#: Centred features beyond this have dot products that float32 may not hold.
_SINGLE = 1e15


class Within(NamedTuple):
    """Sums over the pairs of one set of n: `rows` (n,) of k(xᵢ, xⱼ) over j ≠ i; k² over all i ≠ j; k(xᵢ, xᵢ)."""

    rows: Array
    squares: float
    diagonal: float


class CrossSums(NamedTuple):
    """Sums over the pairs of two sets: over the second (n,), over the first (m,), and of k² over all."""

    rows: Array
    columns: Array
    squares: float


@dataclass(frozen=True, slots=True, eq=False)
class KernelSums:
    """All that MMD², its variance and the three-sample test need of n real and m fake images."""

    real: Within
    fake: Within
    cross: CrossSums  # rows: real, columns: fake

    @property
    def n(self) -> int:
        """Number of real images."""
        return len(self.real.rows)

    @property
    def m(self) -> int:
        """Number of fake images."""
        return len(self.fake.rows)

    @property
    def mmd2(self) -> float:
        """Unbiased MMD²: Gretton et al. (2012), eq. 3."""
        n, m = self.n, self.m
        within = self.real.rows.sum() / (n * (n - 1)) + self.fake.rows.sum() / (m * (m - 1))
        return float(within - 2 * self.cross.rows.sum() / (n * m))


def kernel_sums(real: Rows, fake: Rows) -> KernelSums:
    """Sums over all pairs of `real` (n, D) and `fake` (m, D), n, m ≥ 2; O(n + m) memory besides the features.

    Raises InputError where the features are so large that the kernel's square is beyond float64.
    """
    check_pair(real, fake, least=2, what="a kernel distance")
    with np.errstate(over="ignore", invalid="ignore"):
        kernel = CubicKernel.about(real)
        sums = KernelSums(kernel.within(real), kernel.within(fake), kernel.between(real, fake))
    if not np.isfinite([sums.real.squares, sums.fake.squares, sums.cross.squares]).all():
        raise InputError("features too large, or not finite: the squared kernel has no float64 value (scale them down)")
    return sums


@dataclass(frozen=True, slots=True, eq=False)
class CubicKernel:
    """k(x, y) - b³ for features about a centre.

    centre: c (D,), in the features' precision. base: b.
    """

    centre: Floats
    base: float

    @classmethod
    def about(cls, x: Rows) -> CubicKernel:
        """The kernel about the mean of the first tile of `x` (n, D)."""
        first = np.asarray(x[next(tiles(x.shape[0]))])
        centre = first.mean(axis=0, dtype=np.float64).astype(first.dtype)
        exact = centre.astype(np.float64)
        return cls(centre, float(exact @ exact / len(exact) + 1))

    def within(self, x: Rows) -> Within:
        """Sums of k - b³ over the pairs of x (n, D)."""
        side = _Side(x, self.centre)
        n = len(side.slopes)
        rows, squares, diagonal = np.zeros(n), 0.0, 0.0
        for i in tiles(n):
            left = side.points(i)
            for j in tiles(n):
                if j.start < i.start:
                    continue
                k = self._values(left @ (left if i == j else side.points(j)).T, side.slopes[i], side.slopes[j])
                if i == j:
                    diagonal += float(np.trace(k))
                    np.fill_diagonal(k, 0)
                else:
                    rows[j] += k.sum(axis=0)
                rows[i] += k.sum(axis=1)
                squares += _square_sum(k) * (1 if i == j else 2)
        return Within(rows, squares, diagonal)

    def between(self, x: Rows, y: Rows) -> CrossSums:
        """Sums of k - b³ over the pairs of x (n, D) and y (m, D)."""
        first, second = _Side(x, self.centre), _Side(y, self.centre)
        rows, columns, squares = np.zeros(x.shape[0]), np.zeros(y.shape[0]), 0.0
        for i in tiles(len(rows)):
            left = first.points(i)
            for j in tiles(len(columns)):
                k = self._values(left @ second.points(j).T, first.slopes[i], second.slopes[j])
                rows[i] += k.sum(axis=1)
                columns[j] += k.sum(axis=0)
                squares += _square_sum(k)
        return CrossSums(rows, columns, squares)

    def _values(self, products: Floats, left: Array, right: Array) -> Array:
        """k - b³, (n, m). products: (x - c)·(y - c). left (n,), right (m,): c·(x - c) / D, c·(y - c) / D."""
        d = products.astype(np.float64)
        d *= 1 / len(self.centre)
        d += left[:, None]
        d += right
        k = d + 3 * self.base
        k *= d
        k += 3 * self.base**2
        k *= d
        return k


class _Side:
    """A feature set (n, D) about a centre c. slopes (n,): c·(x - c) / D of each image."""

    def __init__(self, source: Rows, centre: Floats) -> None:
        self._source, self._centre = source, centre
        self.slopes = np.empty(source.shape[0])
        largest = 0.0
        for rows in tiles(len(self.slopes)):
            points = np.asarray(source[rows]) - centre
            self.slopes[rows] = points.astype(np.float64) @ centre.astype(np.float64) / len(centre)
            largest = max(largest, float(points.max()), -float(points.min()))
        self._kind = np.float64 if largest > _SINGLE else centre.dtype

    def points(self, rows: slice) -> Floats:
        """x - c of some rows."""
        return (np.asarray(self._source[rows]) - self._centre).astype(self._kind, copy=False)


def _square_sum(k: Array) -> float:
    flat = k.ravel()
    return float(np.dot(flat, flat))
