"""AuthPct: share of fakes that are no near copies of a training image. Higher is better; in %, about 50 or more.

A fake is authentic where the training image nearest to it has a nearer neighbour among the training images than the
fake is. Alaa et al. 2022 (arXiv:2102.08921), in the form of dgm-eval and fld (which subtracts 50). The real set must be
the images that the model was trained on: against other images it says nothing of copying. It does not see quality:
noise scores high.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gan_eval.metrics import half_samples
from gan_eval.metrics.manifold import squared_radii
from gan_eval.metrics.neighbours import nearest
from gan_eval.metrics.rows import TILE, Rows, check_pair
from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate, Side, rows_of
from gan_eval.result import Interval

TRAINING = "tells copies only where the real set is the images that the model was trained on; it does not see quality"


def estimate(real: Side, fake: Side, plan: EstimatorPlan) -> list[MetricEstimate]:
    """The share, and that of one half of the reals against the other in the details."""
    value = authpct(rows_of(real), rows_of(fake))
    details: dict[str, Any] = {}
    null = half_samples.null(authpct, real, plan.seed)
    if null is not None:
        details["null"] = null
    halves = half_samples.assess(authpct, real, fake, plan.seed) if plan.interval else None
    missing = (f"no interval, since {half_samples.LEAST} images or groups are the least for one",)
    warnings = (TRAINING, *(missing if plan.interval and halves is None else ()))
    interval = None if halves is None else _in_percent(halves, value, rows_of(fake).shape[0])
    return [MetricEstimate("authpct", value, interval, details, warnings)]


def authpct(train: Rows, fake: Rows) -> float:
    """Percentage of `fake` (m, D) that is further from its nearest row of `train` (n, D) than that row's own neighbour.

    Raises MismatchError for different D, TooFewError below two training images.
    """
    check_pair(train, fake, least=1, what="AuthPct")
    own = squared_radii(train, 1, centre=np.asarray(train[:TILE]).mean(axis=0))
    index, squares = nearest(train, fake)
    return float(100 * (own[index] < squares).mean())


def _in_percent(halves: half_samples.HalfSamples, value: float, m: int) -> Interval:
    of_share = halves._replace(standard_error=halves.standard_error / 100).share_interval(value / 100, m)
    return replace(of_share, low=100 * of_share.low, high=100 * of_share.high)
