"""Sums of the cubic kernel over all pairs of two feature sets, tile by tile.

    x·y / D + 1 = b + d,   b = c·c / D + 1,   d = ((x - c)·(y - c) + c·(x - c) + c·(y - c)) / D
    k(x, y) - b³ = d (3 b² + d (3 b + d))

c is the mean of the first real images. MMD² and its variance do not see the constant b³, and without it the sums are no
small differences of large numbers, wherever the features lie and whatever their scale. Only the products of the centred
features, a GEMM, are in the features' own precision; all that follows is in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gan_eval.errors import InputError
from gan_eval.inference.groups import Groups
from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import Floats, Rows, check_pair, tiles
from gan_eval.metrics.units import Units, UnitTile, add_up

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
    """All that MMD², its variance and the three-sample test need of n real and m fake units: images, or groups.

    Where the kernel is the difference of two models' kernels (`paired_sums`), so is all that is made of it.
    """

    real: Within
    fake: Within
    cross: CrossSums  # rows: real, columns: fake

    @property
    def n(self) -> int:
        """Number of real units."""
        return len(self.real.rows)

    @property
    def m(self) -> int:
        """Number of fake units."""
        return len(self.fake.rows)

    @property
    def mmd2(self) -> float:
        """Unbiased MMD²: Gretton et al. (2012), eq. 3; of images in different groups where there are groups."""
        n, m = self.n, self.m
        within = self.real.rows.sum() / (n * (n - 1)) + self.fake.rows.sum() / (m * (m - 1))
        return float(within - 2 * self.cross.rows.sum() / (n * m))


class PairKernel(Protocol):
    """A kernel, less a constant that no distance sees."""

    def side(self, x: Rows) -> Any:
        """A set as this kernel reads it."""
        ...

    def values(self, left: Any, i: UnitTile, right: Any, j: UnitTile) -> Array:
        """The kernel (rows, rows) between some rows of two sets."""
        ...


def kernel_sums(
    real: Rows,
    fake: Rows,
    *,
    real_groups: Groups | None = None,
    fake_groups: Groups | None = None,
    kernel: PairKernel | None = None,
) -> KernelSums:
    """Sums over all pairs of `real` (n, D) and `fake` (m, D), n, m ≥ 2; O(n + m) memory besides the features.

    kernel: KID's where none is given.
    *_groups: (N,) group of each row; then pairs within a group are left out, and the group is the unit.
    Raises InputError where the features are so large that the kernel's square is beyond float64.
    """
    check_pair(real, fake, least=2, what="a kernel distance")
    with np.errstate(over="ignore", invalid="ignore"):
        kernel = kernel or CubicKernel.about(real)
        x, y = Units.of(real.shape[0], real_groups), Units.of(fake.shape[0], fake_groups)
        a, b = kernel.side(real), kernel.side(fake)
        sums = KernelSums(
            _within(lambda i, j: kernel.values(a, i, a, j), x),
            _within(lambda i, j: kernel.values(b, i, b, j), y),
            _between(lambda i, j: kernel.values(a, i, b, j), x, y),
        )
    return _checked(sums)


def paired_sums(
    real: Rows,
    a: Rows,
    b: Rows,
    *,
    real_groups: Groups | None = None,
    fake_groups: Groups | None = None,
    kernel: PairKernel | None = None,
) -> KernelSums:
    """Sums of k(a, a') - k(b, b') and k(r, a) - k(r, b): the i-th rows of `a` and `b` (m, D) show one input.

    MMD² of these sums is MMD²(a, real) - MMD²(b, real), and its variance has what a and b have in common taken out.
    The pairs of real images cancel and are 0.
    """
    check_pair(real, a, least=2, what="a kernel distance")
    with np.errstate(over="ignore", invalid="ignore"):
        kernel = kernel or CubicKernel.about(real)
        x, y = Units.of(real.shape[0], real_groups), Units.of(a.shape[0], fake_groups)
        r, first, second = kernel.side(real), kernel.side(a), kernel.side(b)
        fake = _within(lambda i, j: kernel.values(first, i, first, j) - kernel.values(second, i, second, j), y)
        cross = _between(lambda i, j: kernel.values(r, i, first, j) - kernel.values(r, i, second, j), x, y)
    return _checked(KernelSums(Within(np.zeros(x.count), 0.0, 0.0), fake, cross))


def _checked(sums: KernelSums) -> KernelSums:
    if not np.isfinite([sums.real.squares, sums.fake.squares, sums.cross.squares]).all():
        raise InputError("features too large, or not finite: the squared kernel has no float64 value (scale them down)")
    return sums


#: Kernel values (rows, rows) between two tiles of rows.
_Values = Callable[[UnitTile, UnitTile], Array]


def _within(values: _Values, units: Units) -> Within:
    """Sums over the pairs of one set's units."""
    rows, squares, diagonal = np.zeros(units.count), 0.0, 0.0
    scale = units.weight**2 * units.within
    for number, i in enumerate(units.tiles):
        for j in units.tiles[number:]:
            k = add_up(values(i, j), i, j)
            if scale != 1:
                k *= scale
            if i is j:
                diagonal += float(np.trace(k))
                np.fill_diagonal(k, 0)
            else:
                rows[j.units] += k.sum(axis=0)
            rows[i.units] += k.sum(axis=1)
            squares += _square_sum(k) * (1 if i is j else 2)
    return Within(rows, squares, diagonal)


def _between(values: _Values, x: Units, y: Units) -> CrossSums:
    """Sums over the pairs of two sets' units."""
    rows, columns, squares = np.zeros(x.count), np.zeros(y.count), 0.0
    scale = x.weight * y.weight
    for i in x.tiles:
        for j in y.tiles:
            k = add_up(values(i, j), i, j)
            if scale != 1:
                k *= scale
            rows[i.units] += k.sum(axis=1)
            columns[j.units] += k.sum(axis=0)
            squares += _square_sum(k)
    return CrossSums(rows, columns, squares)


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

    def side(self, x: Rows) -> KernelSide:
        """A set as this kernel reads it."""
        return KernelSide(x, self.centre)

    def values(self, left: KernelSide, i: UnitTile, right: KernelSide, j: UnitTile) -> Array:
        """k - b³ between some rows of two sets."""
        first = left.points(i.rows)
        second = first if left is right and i is j else right.points(j.rows)
        return self._values(first @ second.T, left.slopes[i.rows], right.slopes[j.rows])

    def within(self, x: Rows) -> Within:
        """Sums of k - b³ over the pairs of x (n, D)."""
        side = self.side(x)
        return _within(lambda i, j: self.values(side, i, side, j), Units.of(x.shape[0], None))

    def between(self, x: Rows, y: Rows) -> CrossSums:
        """Sums of k - b³ over the pairs of x (n, D) and y (m, D)."""
        first, second = self.side(x), self.side(y)
        units = [Units.of(side.shape[0], None) for side in (x, y)]
        return _between(lambda i, j: self.values(first, i, second, j), *units)

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


class KernelSide:
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

    def points(self, rows: slice | NDArray[np.intp]) -> Floats:
        """x - c of some rows."""
        return (np.asarray(self._source[rows]) - self._centre).astype(self._kind, copy=False)


def _square_sum(k: Array) -> float:
    flat = k.ravel()
    return float(np.dot(flat, flat))
