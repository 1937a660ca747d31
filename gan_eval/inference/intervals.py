"""What intervals and families of tests have in common.

normal     an estimate with a standard error of its own: the difference of two kernel distances.
wilson     a share.
holm       p-values of a family of tests, adjusted.

Kernel and Fréchet distance, precision, recall, density and coverage need more than a standard error: their intervals
are in `kernel_error`, `frechet_error` and `manifold_error`, the Inception score's beside it. `benchmarks/coverage.py`
measures what they cover.

The naive bootstrap is missing on purpose: resampling with replacement repeats images, which shrinks nearest-neighbour
balls to zero and lowers the rank of a covariance, so it is biased for precision, recall, density, coverage and for the
Fréchet distance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import norm

from gan_eval.result import Interval


def normal(value: float, standard_error: float, *, method: str, level: float = 0.95) -> Interval:
    """value ± z · standard_error."""
    reach = quantile(level) * standard_error
    return Interval(value - reach, value + reach, level, method)


def wilson(
    successes: float, n: float, *, level: float = 0.95, method: str = "Wilson, answers taken as independent"
) -> Interval:
    """Score interval of a share (Wilson 1927); neither number need be whole, as where ties count half."""
    z, share = quantile(level), successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # At 0 and n the formula gives the bound itself, up to rounding.
    low = 0.0 if successes == 0 else float(centre - half)
    high = 1.0 if successes == n else float(centre + half)
    return Interval(low, high, level, method)


def quantile(level: float) -> float:
    """Two-sided normal quantile: 1.96 for 0.95."""
    return float(norm.ppf((1 + level) / 2))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's (1979) step-down adjustment: family-wise error is held whatever the dependence of the tests."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return [float(value) for value in adjusted]
