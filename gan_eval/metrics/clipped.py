"""Clipped density and coverage: densities that outliers and copies cannot lift. Higher is better; from 0 to 1.

    density    mean over fakes of min(1, number of real balls that hold it / K), over the same mean of the reals
               themselves; the balls reach to the K-th neighbour, and no further than the median ball. At most 1.
    coverage   mean over reals of min(K, number of fakes in its ball) / K, mapped to the share of good fakes that
               would give it, of M fakes.

Salvy et al. 2025 (arXiv:2507.01761). For a perfect model both are near 1 whatever the number of images. Coverage counts
how many of K real neighbours of each image are a fake's: with J ~ BetaBinomial(m; K, N - K), E min(J, K) / K for m good
fakes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import betabinom

from gan_eval.metrics import half_samples
from gan_eval.metrics.manifold import squared_radii
from gan_eval.metrics.moments import Array
from gan_eval.metrics.neighbours import cross_tiles
from gan_eval.metrics.rows import TILE, Rows, check_pair
from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate, Side, rows_of

USUAL_NEIGHBOUR = 5
NUMBERS = ("clipped_density", "clipped_coverage")
#: The rim belongs to a ball, and a k-th neighbour lies on it: rounding must not decide.
RIM = 1 + 1e-9
COPIES = "copies of real images lift it; hold it beside authpct"


class Clipped(NamedTuple):
    """Both numbers. unclipped: density before it is cut to 1. held: mean of min(K, fakes in a real's ball) / K."""

    density: float
    coverage: float
    unclipped: float
    held: float


def estimate(real: Side, fake: Side, plan: EstimatorPlan, *, nearest: int | None) -> list[MetricEstimate]:
    """Both numbers, with those of two halves of the reals in the details."""
    k = nearest or USUAL_NEIGHBOUR
    value = clipped(rows_of(real), rows_of(fake), k=k)
    counts = rows_of(fake).shape[0], rows_of(real).shape[0]  # density is a mean over fakes, coverage over reals
    estimates = []
    for place, name in enumerate(NUMBERS):

        def statistic(a: Array, b: Array, place: int = place) -> float:
            return float(clipped(a, b, k=k)[place])

        details: dict[str, Any] = {"nearest": k}
        if place == 0:
            details["unclipped"] = {"value": value.unclipped}
        enough = min(rows_of(side).shape[0] for side in (real, fake)) >= 2 * (k + 1)
        null = half_samples.null(statistic, real, plan.seed) if enough else None
        if null is not None:
            details["null"] = null
        halves = half_samples.assess(statistic, real, fake, plan.seed) if plan.interval and enough else None
        interval = halves.share_interval(value[place], counts[place]) if halves is not None else None
        missing = () if interval is not None or not plan.interval else ("no interval, since there are too few images",)
        estimates.append(MetricEstimate(name, value[place], interval, details, (COPIES, *missing)))
    return estimates


def clipped(real: Rows, fake: Rows, *, k: int = USUAL_NEIGHBOUR) -> Clipped:
    """Clipped density and coverage of `fake` (m, D) against `real` (n, D).

    Raises MismatchError for different D, TooFewError where a set has no k neighbours.
    """
    n, m = check_pair(real, fake, least=k + 1, what=f"a ball of k = {k} neighbours")
    radii = squared_radii(real, k, centre=np.asarray(real[:TILE]).mean(axis=0))
    small = np.minimum(radii, np.median(radii)) * RIM
    holding, inside = np.zeros(m), np.zeros(n)
    for i, j, squares in cross_tiles(real, fake):
        holding[j] += (squares <= small[i, None]).sum(axis=0)
        inside[i] += (squares < radii[i, None]).sum(axis=1)
    among = np.zeros(n)
    for i, j, squares in cross_tiles(real, real):
        among[j] += (squares <= small[i, None]).sum(axis=0)
    own = np.minimum(1, (among - 1) / k).mean()  # each real lies in its own ball
    density = float(np.minimum(1, holding / k).mean() / own) if own > 0 else 0.0
    held = float(np.minimum(k, inside).mean() / k)
    return Clipped(min(density, 1.0), coverage_of(held, n, m, k), density, held)


def coverage_of(held: float, n: int, m: int, k: int) -> float:
    """The share of m fakes that would have to be good for this mean of min(k, fakes in a ball) / k, of n reals."""
    return float(np.searchsorted(expected(np.arange(m + 1, dtype=np.int64), n, k), held) / (m + 1))


def expected(good: NDArray[np.int64], n: int, k: int) -> Array:
    """E min(J, k) / k for `good` (…) fakes of the reals' own distribution, 0 below k of them."""
    short = sum((k - j) * betabinom.pmf(j, good, k, n - k) for j in range(k))
    return np.where(good < k, 0.0, 1 - short / k)
