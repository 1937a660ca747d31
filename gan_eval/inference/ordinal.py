"""The proportional-odds model of ratings (McCullagh 1980), fitted to many resamples at once.

P(points ≤ c of method m) = σ(τ_c − θ_m): all methods share the thresholds τ, so that nothing is assumed about how far
apart the points are, and a method differs by its strength θ_m alone: a difference of 1 are odds of 2.7 to 1 of a higher
rating. Strengths are centred. Fisher scoring finds the maximum. A hundredth of an answer is added to every cell, which
keeps thresholds of unused points finite and moves strengths by less than they are rounded.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

_STEPS, _LONGEST, _CLOSE, _ADDED = 60, 2.0, 1e-8, 0.01
#: Tables fitted at a time.
_CHUNK = 2000


def ordinal_strengths(counts: Floats) -> Floats:
    """Centred strengths (B, k) of tables (B, k, C): how often each method was given each of C points, the worst first.

    A method without an answer has NaN, and does not enter the others' centre.
    """
    parts = [_fitted(counts[start : start + _CHUNK]) for start in range(0, len(counts), _CHUNK)]
    theta = np.concatenate(parts)
    theta[counts.sum(2) == 0] = np.nan
    with np.errstate(invalid="ignore"):
        known = ~np.isnan(theta)
        centre = np.where(known, theta, 0).sum(1) / np.maximum(1, known.sum(1))
    return np.asarray(theta - centre[:, None], dtype=np.float64)


def _fitted(counts: Floats) -> Floats:
    """Strengths (B, k), the last method's being 0."""
    tables, k, points = counts.shape
    counts = counts + _ADDED
    whole = counts.sum(2)
    share = np.cumsum(counts.sum(1), axis=1)[:, :-1] / counts.sum((1, 2))[:, None]
    beta = np.concatenate([special.logit(share), np.zeros((tables, k - 1))], axis=1)
    for _ in range(_STEPS):
        p, slopes = _cells(beta, k, points)
        score = np.einsum("bmc,bmcd->bd", counts / p, slopes)
        information = np.einsum("bm,bmc,bmcd,bmce->bde", whole, 1 / p, slopes, slopes, optimize=True)
        step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        step *= np.minimum(1.0, _LONGEST / np.maximum(longest, 1e-300))
        beta = _ordered(beta, step, points - 1)
        if longest.max() < _CLOSE:
            break
    return np.concatenate([beta[:, points - 1 :], np.zeros((tables, 1))], axis=1)


def _cells(beta: Floats, k: int, points: int) -> tuple[Floats, Floats]:
    """Probabilities (B, k, C) and their slopes (B, k, C, d) by thresholds and the first k − 1 strengths."""
    tables, width = beta.shape
    tau = beta[:, : points - 1]
    theta = np.concatenate([beta[:, points - 1 :], np.zeros((tables, 1))], axis=1)
    below = special.expit(tau[:, None, :] - theta[:, :, None])
    edge = np.zeros((tables, k, 1))
    cumulated = np.concatenate([edge, below, edge + 1], axis=2)
    density = np.concatenate([edge, below * (1 - below), edge], axis=2)
    slopes = np.zeros((tables, k, points, width))
    for c in range(points - 1):
        slopes[:, :, c, c] = density[:, :, c + 1]
        slopes[:, :, c + 1, c] = -density[:, :, c + 1]
    for m in range(k - 1):
        slopes[:, m, :, points - 1 + m] = density[:, m, :-1] - density[:, m, 1:]
    return np.maximum(np.diff(cumulated, axis=2), 1e-12), slopes


def _ordered(beta: Floats, step: Floats, thresholds: int) -> Floats:
    """The next point; where thresholds would cross, steps of that table are halved until they do not."""
    for _ in range(30):
        tried = beta + step
        crossed = np.asarray((np.diff(tried[:, :thresholds], axis=1) <= 0).any(axis=1))
        if not crossed.any():
            return np.asarray(tried, dtype=np.float64)
        step = np.where(crossed[:, None], step / 2, step)
    return beta
