"""Precision, recall, density and coverage with their intervals. Higher is better; no unit.

Kynkäänniemi et al. 2019 and Naeem et al. 2020; the estimators are in `manifold` and `manifold_error`.
"""

from __future__ import annotations

from gan_eval.metrics import manifold, manifold_error
from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate, Side, rows_of


def estimate(real: Side, fake: Side, plan: EstimatorPlan, *, nearest: int) -> list[MetricEstimate]:
    """The four numbers, with balls to the `nearest`-th neighbour."""
    x, y = rows_of(real), rows_of(fake)
    values = manifold.prdc(x, y, k=nearest)
    least = manifold_error.least(nearest)
    grouped = real.groups is not None or fake.groups is not None
    enough = plan.interval and min(x.shape[0], y.shape[0]) >= least and not grouped
    intervals = manifold_error.intervals(x, y, values, seed=plan.seed)._asdict() if enough else {}
    few = f"no interval, since {least} images are the least for one with nearest={nearest}"
    reason = "no interval, since none is known for groups of images" if grouped else few
    warnings = (reason,) if plan.interval and not enough else ()
    return [
        MetricEstimate(name, getattr(values, name), intervals.get(name), {"nearest": nearest}, warnings)
        for name in ("precision", "recall", "density", "coverage")
    ]
