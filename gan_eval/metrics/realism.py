"""Realism: how deep each fake lies among the real images. Higher is better; 1 is the rim of a real ball.

    R(y) = max_i r_i / |x_i - y|,  r_i the distance of real i to its k-th neighbour, of balls no larger than the median

Kynkäänniemi et al. 2019 (arXiv:1904.06991), eq. 3 and §4. The score of a set is the median over its images. It does not
see variety, and a copy of a real image has the highest realism of all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gan_eval.metrics import half_samples
from gan_eval.metrics.manifold import squared_radii
from gan_eval.metrics.moments import Array
from gan_eval.metrics.neighbours import cross_tiles
from gan_eval.metrics.rows import TILE, Rows, check_pair
from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate, Side, rows_of

USUAL_NEIGHBOUR = 3
#: What copies get instead of infinity.
HIGHEST = 1e6
BLIND = "does not see variety, and is highest for copies of real images"


def estimate(real: Side, fake: Side, plan: EstimatorPlan, *, nearest: int | None) -> list[MetricEstimate]:
    """The median over the fakes, and that of one half of the reals against the other in the details."""
    k = nearest or USUAL_NEIGHBOUR

    def statistic(a: Rows, b: Rows) -> float:
        return float(np.median(realism(a, b, k=k)))

    value = statistic(rows_of(real), rows_of(fake))
    details: dict[str, Any] = {"nearest": k}
    enough = min(rows_of(side).shape[0] for side in (real, fake)) >= 2 * (k + 1)
    null = half_samples.null(statistic, real, plan.seed) if enough else None
    if null is not None:
        details["null"] = null
    halves = half_samples.assess(statistic, real, fake, plan.seed) if plan.interval and enough else None
    missing = ("no interval, since there are too few images",) if plan.interval and halves is None else ()
    interval = halves.interval(value, least=0.0) if halves is not None else None
    return [MetricEstimate("realism", value, interval, details, (BLIND, *missing))]


def realism(real: Rows, fake: Rows, *, k: int = USUAL_NEIGHBOUR) -> Array:
    """Realism (m,) of each row of `fake` (m, D) among `real` (n, D).

    Raises MismatchError for different D, TooFewError where the reals have no k neighbours.
    """
    check_pair(real, fake, least=1, what="realism")
    radii = squared_radii(real, k, centre=np.asarray(real[:TILE]).mean(axis=0))
    kept = np.where(radii <= np.median(radii), radii, 0.0)
    best = np.zeros(fake.shape[0])
    for i, j, squares in cross_tiles(real, fake):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.where(squares > 0, kept[i, None] / squares, np.where(kept[i, None] > 0, np.inf, 0.0))
        best[j] = np.maximum(best[j], ratios.max(axis=0))
    return np.minimum(np.sqrt(best), HIGHEST)
