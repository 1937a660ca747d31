"""Sums of the cubic kernel over all pairs of two feature sets, tile by tile.

GEMMs run in the features' precision on the kernel less a constant, its value at the real mean. MMD² and its variance do
not see the constant, and without it the sums are not small differences of large numbers. Sums run in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import Floats, Rows, check_pair, tiles


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
    """Sums over all pairs of `real` (n, D) and `fake` (m, D), n, m ≥ 2; O(n + m) memory besides the features."""
    check_pair(real, fake, least=2, what="a kernel distance")
    shift = kernel_at_mean(real)
    return KernelSums(within(real, shift), within(fake, shift), between(real, fake, shift))


def within(x: Rows, shift: float) -> Within:
    """Sums of k - shift over the pairs of x (n, D)."""
    n = x.shape[0]
    rows, squares, diagonal = np.zeros(n), 0.0, 0.0
    for i in tiles(n):
        left = np.asarray(x[i])
        for j in tiles(n):
            if j.start < i.start:
                continue
            k = _kernel(left, left if i == j else np.asarray(x[j]), shift)
            if i == j:
                diagonal += float(np.trace(k, dtype=np.float64))
                np.fill_diagonal(k, 0)
            else:
                rows[j] += k.sum(axis=0, dtype=np.float64)
            rows[i] += k.sum(axis=1, dtype=np.float64)
            squares += _square_sum(k) * (1 if i == j else 2)
    return Within(rows, squares, diagonal)


def between(x: Rows, y: Rows, shift: float) -> CrossSums:
    """Sums of k - shift over the pairs of x (n, D) and y (m, D)."""
    rows, columns, squares = np.zeros(x.shape[0]), np.zeros(y.shape[0]), 0.0
    for i in tiles(len(rows)):
        left = np.asarray(x[i])
        for j in tiles(len(columns)):
            k = _kernel(left, np.asarray(y[j]), shift)
            rows[i] += k.sum(axis=1, dtype=np.float64)
            columns[j] += k.sum(axis=0, dtype=np.float64)
            squares += _square_sum(k)
    return CrossSums(rows, columns, squares)


def kernel_at_mean(x: Rows) -> float:
    """k(μ, μ) of the first tile's mean: the level about which the kernel of these features varies."""
    mean = np.asarray(x[next(tiles(x.shape[0]))]).mean(axis=0, dtype=np.float64)
    return float(np.float32((mean @ mean / len(mean) + 1) ** 3))


def _kernel(x: Floats, y: Floats, shift: float) -> Floats:
    """(x·y / D + 1)³ - shift, (n, m), in the precision of the features."""
    base = x @ y.T
    base *= 1 / x.shape[1]
    base += 1
    cube = base * base
    cube *= base
    cube -= shift
    return cube


def _square_sum(k: Floats) -> float:
    flat = k.ravel()
    return float(np.dot(flat, flat))
