"""MIND: three times D times the mean squared gap of sorted projections. Lower is better; at least 0.

    3 D · mean over random unit directions u of mean_j ( sort(u·X)_j - sort(u·Y)_j )²

Hyper-sliced distance of arXiv:2605.06797; 3 |c|² where Y = X + c, and 3 D (1 - σ)² for N(0, I) against N(0, σ²I). It
needs equally many images: of the larger set a random choice is taken. Few images make it too high, as two halves of the
real set beside it show. The directions are numpy's, so that numbers of other programs differ by the noise of 1,000
directions, about 1 %.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gan_eval.metrics import half_samples
from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import Rows, check_pair, tiles
from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate, Side, rows_of

FACTOR = 3
#: Seed of the directions; the published one.
DIRECTIONS_SEED = 2020


def estimate(real: Side, fake: Side, plan: EstimatorPlan, *, directions: int) -> list[MetricEstimate]:
    """The distance over that many directions, and that of two halves of the reals in the details."""
    x, y = rows_of(real), rows_of(fake)
    check_pair(x, y, least=2, what="MIND")
    axes = directions_of(x.shape[1], directions)
    size = min(x.shape[0], y.shape[0])
    value = _of_projections(
        _chosen(_projected(x, axes), size, plan.seed), _chosen(_projected(y, axes), size, plan.seed)
    )

    def statistic(a: Array, b: Array) -> float:
        return mind(a, b, axes=axes, seed=plan.seed)

    details: dict[str, Any] = {"directions": directions, "n": size}
    null = half_samples.null(statistic, real, plan.seed)
    if null is not None:
        details["null"] = null
    halves = half_samples.assess(statistic, real, fake, plan.seed) if plan.interval else None
    warnings = [f"few images make it too high: {size} of each set were compared"]
    if plan.interval and halves is None:
        warnings.append(f"no interval, since {half_samples.LEAST} images or groups are the least for one")
    interval = halves.interval(value, least=0.0) if halves is not None else None
    return [MetricEstimate("mind", value, interval, details, tuple(warnings))]


def mind(x: Array, y: Array, *, axes: Array, seed: int = 0) -> float:
    """MIND of two sets (n, D), (m, D) along the axes of `directions_of` (D, M); the larger one is cut at random."""
    size = min(len(x), len(y))
    return _of_projections(_chosen(x @ axes, size, seed), _chosen(y @ axes, size, seed))


def directions_of(dim: int, count: int) -> Array:
    """Random directions (dim, count), uniform on the sphere, of length √dim."""
    axes = np.random.default_rng(DIRECTIONS_SEED).standard_normal((dim, count))
    return np.asarray(axes / np.linalg.norm(axes, axis=0) * np.sqrt(dim))


def _of_projections(x: Array, y: Array) -> float:
    """From projections (n, M) of both sets, each scaled by the root of D."""
    gaps = np.sort(x, axis=0) - np.sort(y, axis=0)
    return float(FACTOR * np.square(gaps, out=gaps).mean())


def _projected(x: Rows, axes: Array) -> Array:
    return np.concatenate([np.asarray(x[part], dtype=np.float64) @ axes for part in tiles(x.shape[0])])


def _chosen(rows: Array, size: int, seed: int) -> Array:
    return rows if len(rows) == size else rows[np.sort(np.random.default_rng(seed).permutation(len(rows))[:size])]
