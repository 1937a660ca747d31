"""FLD: how unlikely held-out real images are under a mixture of Gaussians around the fakes. Lower is better; near 0.

    FLD = 100 · (NLL of the judging reals under the fakes' mixture - the same under a mixture of fitting reals) / D
    gap = 100 · (NLL of the fitting reals - NLL of the judging reals) / D, far below 0 where fakes copy the fitting ones

Jiralerspong et al. 2023 (arXiv:2302.04440) and their program. Each fake is the centre of an isotropic Gaussian whose
variance is fitted to the fitting reals by Adam (rate 0.5 on log σ², at most 50 steps, until the loss rests), beside one
Gaussian at their mean; features are standardised by the judging reals. The reference mixture is centred on one half of
the fitting reals and fitted to the other.

The authors fit to the training images and judge by test images. Here there is one real set, halved at random several
times: one half fits, the other judges. The choice of halves moves the value by ±1 to 2 with some hundred images.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import logsumexp

from gan_eval.errors import TooFewError
from gan_eval.inference.groups import count_of, halves_by_group
from gan_eval.metrics.moments import Array
from gan_eval.metrics.neighbours import cross_tiles
from gan_eval.metrics.rows import Rows, check_pair
from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate, Side, rows_of

SPLITS = 5
#: Images of a set at most; of more, a random choice.
MOST = 10_000
#: Fewest real images or groups.
LEAST = 24
_STEPS, _RATE, _REST, _BOUND = 50, 0.5, 5e-4, 40.0
_DECAYS, _TINY = (0.9, 0.999), 1e-8
#: (1 - 0.1)²: the mean's Gaussian counts as nearer than it is, as in the authors' program.
_NEARER = 0.81
HALVED = (
    "one random half of the real set fits and the other judges, so it is not the published FLD with training images; "
    "copies of the real set show in the gap alone, far below 0"
)
NO_INTERVAL = "no interval is known that covers it; its spread over random halves is in the details"


class Likelihood(NamedTuple):
    """FLD and its generalisation gap."""

    fld: float
    gap: float


def estimate(real: Side, fake: Side, plan: EstimatorPlan) -> list[MetricEstimate]:
    """The mean over random halves of the reals, with its spread, the gap and the value of a third of the reals."""
    x, y = rows_of(real), rows_of(fake)
    check_pair(x, y, least=2, what="FLD")
    n = x.shape[0]
    if count_of(n, real.groups) < LEAST:
        raise TooFewError(f"{real.label}: FLD needs at least {LEAST} real images or groups")
    rng = np.random.default_rng(plan.seed)
    fakes = _some(y, np.arange(y.shape[0]), rng)
    found = []
    for _ in range(SPLITS):
        fitting, judging = (_some(x, half, rng) for half in halves_by_group(n, real.groups, rng))
        found.append(fld(fitting, judging, fakes, rng))
    values = [one.fld for one in found]
    details: dict[str, Any] = {
        "gap": {"value": float(np.mean([one.gap for one in found]))},
        "spread_over_halves": float(np.std(values, ddof=1)),
        "halves": SPLITS,
        "null": _null(x, real, rng),
    }
    warnings = (HALVED, NO_INTERVAL) if plan.interval else (HALVED,)
    return [MetricEstimate("fld", float(np.mean(values)), None, details, warnings)]


def fld(fitting: Array, judging: Array, fake: Array, rng: np.random.Generator) -> Likelihood:
    """FLD of `fake` (m, D) and its gap, from reals that fit (n, D) and reals that judge (k, D)."""
    mean, scale = judging.mean(axis=0), judging.std(axis=0, ddof=1)
    scale = np.where(scale > 0, scale, 1.0)
    fitting, judging, fake = ((side - mean) / scale for side in (fitting, judging, fake))
    variances = fitted(fake, fitting)
    order = rng.permutation(len(fitting))
    half = min(len(fake), len(fitting) // 2)
    centres, others = fitting[order[:half]], fitting[order[half:]]
    reference = nll(centres, fitted(centres, others), judging)
    of_judging, of_fitting = nll(fake, variances, judging), nll(fake, variances, fitting)
    return Likelihood(100 * (of_judging - reference), 100 * (of_fitting - of_judging))


def nll(centres: Array, log_variances: Array, x: Array) -> float:
    """Mean negative log-likelihood per dimension of x (n, D) under Gaussians of equal weight at the centres (m, D)."""
    terms = _log_densities(_squares(x, centres), log_variances, x.shape[1]) - np.log(len(centres))
    return float(-logsumexp(terms, axis=1).mean() / x.shape[1])


def fitted(centres: Array, x: Array) -> Array:
    """Log variances (m,) of Gaussians at the centres (m, D) that make x (n, D) likely, beside one at the mean of x."""
    dim = x.shape[1]
    squares = _squares(x, centres)
    of_mean = _NEARER * ((x - x.mean(axis=0)) ** 2).sum(axis=1)
    squares = np.column_stack([squares, of_mean])
    logs = np.append(np.log((squares[:, :-1].min(axis=0) + 1e-3) / dim), 0.0)
    weights = np.append(np.full(len(centres), -np.log(len(centres))), 0.0)
    first, second, losses = np.zeros_like(logs), np.zeros_like(logs), []
    for step in range(1, _STEPS + 1):
        terms = _log_densities(squares, logs, dim) + weights
        total = logsumexp(terms, axis=1, keepdims=True)
        losses.append(float(-total.mean() / dim))
        share = np.exp(terms - total)
        slope = -(share * (0.5 * squares * np.exp(-logs) - dim / 2)).mean(axis=0) / dim
        first = _DECAYS[0] * first + (1 - _DECAYS[0]) * slope
        second = _DECAYS[1] * second + (1 - _DECAYS[1]) * slope**2
        root = np.sqrt(second / (1 - _DECAYS[1] ** step)) + _TINY
        logs = logs - _RATE * first / (1 - _DECAYS[0] ** step) / root
        logs[:-1] = logs[:-1].clip(-_BOUND, _BOUND)
        if step > 6 and max(abs(losses[-1] - loss) for loss in losses[-5:]) < _REST:
            break
    return np.asarray(logs[:-1])


def _log_densities(squares: Array, logs: Array, dim: int) -> Array:
    return np.asarray(-0.5 * squares * np.exp(-logs) - dim / 2 * (logs + np.log(2 * np.pi)))


def _squares(x: Array, centres: Array) -> Array:
    result = np.empty((len(x), len(centres)))
    for i, j, squares in cross_tiles(x, centres):
        result[i, j] = squares
    return result


def _some(x: Rows, rows: np.ndarray[Any, Any], rng: np.random.Generator) -> Array:
    chosen = rows if len(rows) <= MOST else np.sort(rng.choice(rows, MOST, replace=False))
    return np.asarray(x[chosen], dtype=np.float64)


def _null(x: Rows, real: Side, rng: np.random.Generator) -> dict[str, Any]:
    """FLD of one third of the reals, by the other two."""
    units = count_of(x.shape[0], real.groups)
    groups = np.arange(units) if real.groups is None else real.groups
    thirds = np.array_split(rng.permutation(units), 3)
    fitting, judging, third = (_some(x, np.flatnonzero(np.isin(groups, part)), rng) for part in thirds)
    return {"value": fld(fitting, judging, third, rng).fld, "n": len(third)}
