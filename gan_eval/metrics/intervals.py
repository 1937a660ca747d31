"""Confidence intervals, each with the metrics for which it is honest. Coverage is measured in `benchmarks/coverage.py`.

normal     an estimate with a standard error of its own: the kernel distance, the Fréchet distance's expectation at n.
wilson     a share whose variance need not be binomial: precision, recall, coverage. It has width at 0 and 1.
jackknife  the standard error from leaving out one group at a time: density, and the shares' variance.
holm       p-values of a family of tests, adjusted.

The naive bootstrap is missing on purpose: resampling with replacement repeats images, which shrinks nearest-neighbour
balls to zero and lowers the rank of a covariance, so it is biased for precision, recall, density, coverage and for the
Fréchet distance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from gan_eval.metrics.moments import Array
from gan_eval.result import Interval


def normal(value: float, standard_error: float, *, method: str, level: float = 0.95) -> Interval:
    """value ± z · standard_error."""
    reach = quantile(level) * standard_error
    return Interval(value - reach, value + reach, level, method)


def quantile(level: float) -> float:
    """Two-sided normal quantile: 1.96 for 0.95."""
    return float(norm.ppf((1 + level) / 2))


def wilson(share: float, variance: float, n: int, *, method: str, level: float = 0.95) -> Interval:
    """Wilson's score interval of a share with an estimated variance, by the number of images it is worth.

    share in [0, 1]; variance of its estimate; n: images it was counted over, used where the variance is 0.
    """
    worth = share * (1 - share) / variance if variance > 0 and 0 < share < 1 else float(n)
    z2 = quantile(level) ** 2
    centre = (share + z2 / (2 * worth)) / (1 + z2 / worth)
    reach = np.sqrt(z2) / (1 + z2 / worth) * np.sqrt(share * (1 - share) / worth + z2 / (4 * worth**2))
    return Interval(max(0.0, float(centre - reach)), min(1.0, float(centre + reach)), level, method)


def jackknife_variance(replicates: ArrayLike) -> Array:
    """Variance from g leave-one-group-out replicates (g, …): (g - 1) / g · Σ (replicate - their mean)²."""
    x = np.asarray(replicates, dtype=np.float64)
    return np.asarray((len(x) - 1) * x.var(axis=0))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's (1979) step-down adjustment: family-wise error is held whatever the dependence of the tests."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return [float(value) for value in adjusted]
