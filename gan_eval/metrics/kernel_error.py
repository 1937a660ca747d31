"""Variance of unbiased MMD², and intervals for kernel distances.

    Var MMD² = linear + degenerate;   linear = 4 Var h₁ / n + 4 Var h₂ / m,   h₁(x) = E k(x, x') - E k(x, y)

by Hoeffding's decomposition (Sutherland et al. 2017; Bounliphone et al. 2016), for any n, m. The linear part vanishes
where both sets are alike. The degenerate part, E q² of the doubly centred kernels q, does not, and is estimated without
bias and with little noise. The linear part is noisy: its unbiased estimate varies by more than its own size near
equality, together with MMD² itself, so that "estimate ± 1.96 standard errors" covers 55 % there when left alone and
100 % when cut off at 0. But it is very nearly proportional to MMD². So the interval holds all θ with

    (MMD² - θ)² ≤ z² (degenerate + κ θ),   κ = linear / MMD²,

a score interval as Wilson's is for a share. `benchmarks/coverage.py` shows what it covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gan_eval.inference.intervals import quantile
from gan_eval.metrics.kernel_sums import KernelSums, Within
from gan_eval.metrics.moments import Array
from gan_eval.result import Interval

#: Fewest images on a side from which a variance can be had.
LEAST = 4


class Variance(NamedTuple):
    """What the variance of an unbiased MMD² is made of.

    degenerate: left where both sets are alike. plug_in: the linear part with estimated h, too high by twice the
    degenerate part. excess: by how much the biased MMD² (V-statistic) is higher than the unbiased one.
    """

    degenerate: float
    plug_in: float
    excess: float

    def slope(self, value: float) -> float:
        """κ: how the linear part grows with MMD², the larger of two ratios that fail in different places.

        The unbiased one is noisy near equality; that of the V-statistics is steady, but too low where many directions
        add to the excess and few to the difference.
        """
        d, linear = self.degenerate, self.plug_in
        unbiased = max(linear - 2 * d, 0.0) / max(value, np.sqrt(d), np.finfo(float).tiny)
        steady = max(linear - 1.5 * d, linear / 2) / max(value + self.excess, self.excess / 2, np.finfo(float).tiny)
        return float(max(unbiased, steady))

    def standard_error(self, value: float) -> float:
        """Root of the variance at MMD² = `value`."""
        return float(np.sqrt(self.degenerate + self.slope(value) * max(value, 0.0)))

    def interval(self, value: float, *, level: float = 0.95, method: str = "score") -> Interval:
        """All MMD² that `value` does not contradict at this level; may reach below 0, as `value` may."""
        z, slope = quantile(level), self.slope(value)
        square = self.degenerate + slope * value + (z * slope / 2) ** 2
        centre = value + z * z * slope / 2
        if square < 0:  # below what equality allows: no θ ≥ 0 is left, and the error of equality remains
            centre, square = value, self.degenerate
        reach = z * np.sqrt(square)
        return Interval(float(centre - reach), float(centre + reach), level, method)


def variance(sums: KernelSums) -> Variance | None:
    """Variance of `sums.mmd2`; None below four images on a side."""
    n, m = sums.n, sums.m
    if min(n, m) < LEAST:
        return None
    real, fake = influence(sums)
    excess = _excess(sums.real) + _excess(sums.fake)
    return Variance(max(degenerate(sums), 0.0), spread(real) + spread(fake), excess)


def mean_variance(blocks: Sequence[Variance]) -> Variance:
    """Variance of the mean over independent blocks."""
    degenerate_, plug_in, excess = np.mean(blocks, axis=0)
    return Variance(degenerate_ / len(blocks), plug_in / len(blocks), excess)


def influence(sums: KernelSums) -> tuple[Array, Array]:
    """What each real (n,) and each fake (m,) image adds to MMD² - θ, to first order: 2 h / n, centred."""
    n, m = sums.n, sums.m
    real = sums.real.rows / (n - 1) - sums.cross.rows / m
    fake = sums.fake.rows / (m - 1) - sums.cross.columns / n
    return 2 / n * (real - real.mean()), 2 / m * (fake - fake.mean())


def spread(influence: Array) -> float:
    """Variance of a sum of independent contributions with sample `influence` (n,), centred."""
    n = len(influence)
    return float(influence @ influence) * n / (n - 1)


def degenerate(sums: KernelSums, *, of_real: bool = True) -> float:
    """Unbiased degenerate part; without `of_real`, less that of the pairs of real images."""
    n, m, xy = sums.n, sums.m, sums.cross
    squares, t, u = xy.squares, xy.rows, xy.columns
    apart = (t.sum() ** 2 - t @ t - u @ u + squares) / (n * (n - 1) * m * (m - 1))
    ends = (t @ t - squares) / (n * m * (m - 1)) + (u @ u - squares) / (n * m * (n - 1))
    parts = 4 * (squares / (n * m) - ends + apart) / (n * m) + 2 * _centred_square(sums.fake) / (m * (m - 1))
    if of_real:
        parts += 2 * _centred_square(sums.real) / (n * (n - 1))
    return float(parts)


def _centred_square(x: Within) -> float:
    """Unbiased E q(x, x')², q the kernel centred in both arguments: from pairs, triples and quadruples of images."""
    n, r, square = len(x.rows), x.rows, x.rows @ x.rows
    triples = n * (n - 1) * (n - 2)
    once = (square - x.squares) / triples
    apart = (r.sum() ** 2 - 4 * square + 2 * x.squares) / (triples * (n - 3))
    return float(x.squares / (n * (n - 1)) - 2 * once + apart)


def _excess(x: Within) -> float:
    n = len(x.rows)
    return float((x.diagonal / n - x.rows.sum() / (n * (n - 1))) / n)
