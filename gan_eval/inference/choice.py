"""Strengths from choices: Bradley–Terry and its relatives as one choice model, fitted to many resamples at once.

In choice set s the answer o has probability softmax_o(x_so · β). With unit vectors as x this is Bradley and Terry
(1952) for pairs and Luce's first choice (1959) for k options; a tie with x = (e_i + e_j)/2 and a parameter of its own
is Davidson (1970), P(tie) = ν√(π_i π_j)/(π_i + π_j + ν√(π_i π_j)), π = exp θ; a parameter added to the left option is
the side term. The likelihood is concave; Newton's method finds its maximum, if there is one.

There is none when some set of methods never lost to the others: then a strength is infinite, and whatever a numeric
optimiser returns is meaningless. `components` must be asked first (Ford 1957): one strong component, finite strengths.

Strengths θ are centred: their mean is zero. Standard errors here take every answer as independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]

_STEPS, _LONGEST, _CLOSE = 100, 2.0, 1e-10


@dataclass(frozen=True, slots=True)
class ChoiceFit:
    """theta (k,) centred, se (k,), log-likelihood; extra and extra_se: log ν or the side term, if fitted."""

    theta: Floats
    se: Floats
    covariance: Floats
    loglik: float
    extra: float | None = None
    extra_se: float | None = None


def components(wins: Floats) -> list[list[int]]:
    """Strong components of "has beaten", the strongest set first; one component ⇔ all strengths are finite.

    wins: (k, k), row beat column so many times (a tie counts half for both).
    """
    count, label = connected_components(wins > 0, directed=True, connection="strong")
    groups = [[int(i) for i in np.flatnonzero(label == c)] for c in range(count)]
    share = wins.sum(1) / np.maximum(1e-300, wins.sum(1) + wins.sum(0))
    return sorted(groups, key=lambda group: -float(share[group].mean()))


def connected(wins: Floats) -> NDArray[np.bool_]:
    """Which of (B, k, k) win tables have a single strong component."""
    k = wins.shape[-1]
    reach = (wins > 0) | np.eye(k, dtype=bool)
    for _ in range(max(1, int(np.ceil(np.log2(k))))):
        reach = (reach.astype(np.float32) @ reach.astype(np.float32)) > 0
    return np.asarray(reach.all(axis=(1, 2)))


def bradley_terry(wins: Floats) -> ChoiceFit:
    """Maximum-likelihood strengths from (k, k) wins of row over column.

    Raises ValueError where a strength is unbounded (`components` says which).
    """
    _require_connected(wins)
    sets, counts = _pairs(wins[None])
    return _describe(sets, counts, len(wins))


def davidson(wins: Floats, ties: Floats) -> ChoiceFit:
    """Strengths and log ν from wins (k, k) and ties (k, k, symmetric, each pair's ties in both halves).

    extra is log ν: ν = 0 no ties, ν = 1 a tie as likely as either win between equals. Raises ValueError where a
    strength is unbounded, or no answer is a tie.
    """
    _require_connected(wins + ties / 2)
    if not ties.any():
        raise ValueError("no ties: log ν is unbounded")
    k = len(wins)
    upper = np.triu_indices(k, 1)
    unit = np.eye(k + 1)
    sets = np.array([[unit[i], unit[j], (unit[i] + unit[j]) / 2 + unit[k]] for i, j in zip(*upper, strict=True)])
    counts = np.stack([wins[upper], wins.T[upper], ties[upper]], axis=1)[None]
    return _describe(sets, counts, k)


def with_side(left_wins: Floats, right_wins: Floats) -> ChoiceFit:
    """Strengths and the advantage of the left slot on the logit scale (`extra`).

    left_wins[i, j]: i stood left of j and won; right_wins[i, j]: i stood left of j and j won.
    """
    _require_connected(left_wins + right_wins.T)
    k = len(left_wins)
    unit = np.eye(k + 1)
    ordered = [(i, j) for i in range(k) for j in range(k) if i != j]
    sets = np.array([[unit[i] + unit[k], unit[j]] for i, j in ordered])
    counts = np.array([[left_wins[i, j], right_wins[i, j]] for i, j in ordered])[None]
    return _describe(sets, counts, k)


def bradley_terry_many(wins: Floats) -> Floats:
    """Strengths (B, k) of many tables (B, k, k).

    A table whose strengths are unbounded gets half a win added to each ordered pair; `connected` says which those are.
    """
    sets, counts = _pairs(wins)
    loose = ~connected(wins)
    counts = counts + 0.5 * loose[:, None, None]
    beta, _ = _newton(sets @ _contrasts(wins.shape[-1], 0), counts)
    return np.asarray(beta @ _contrasts(wins.shape[-1], 0).T, dtype=np.float64)


def with_half_wins(wins: Floats) -> Floats:
    """Finite strengths of a table that has none: those of the table with half a win added to each ordered pair."""
    return bradley_terry(wins + 0.5 * (1 - np.eye(len(wins)))).theta


def first_choice(counts: Floats) -> Floats:
    """Strengths (…, k) when every trial shows all k: log counts, centred (the maximum of Luce's likelihood).

    A method never chosen has −inf and the others +inf; the caller says that strengths are unbounded.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(counts)
        return np.asarray(logs - logs.mean(axis=-1, keepdims=True), dtype=np.float64)


def equal_loglik(wins: Floats) -> float:
    """Log-likelihood when all strengths are equal."""
    return float(-np.log(2) * wins.sum())


def saturated_loglik(wins: Floats) -> float:
    """Log-likelihood when every pair has its own probability."""
    n = wins + wins.T
    share = np.divide(wins, n, out=np.ones_like(wins, dtype=np.float64), where=wins > 0)
    return float((wins * np.log(share)).sum())


def elo(theta: Floats) -> Floats:
    """Strengths on the scale of chess: 1500 on average, 400 points are odds of ten to one."""
    return np.asarray(1500 + 400 / np.log(10) * theta, dtype=np.float64)


def _require_connected(wins: Floats) -> None:
    if len(components(wins)) > 1:
        raise ValueError("some methods never lost to the others: strengths are unbounded")


def _pairs(wins: Floats) -> tuple[Floats, Floats]:
    """Choice sets (S, 2, k) of all unordered pairs and their counts (B, S, 2)."""
    k = wins.shape[-1]
    i, j = np.triu_indices(k, 1)
    unit = np.eye(k)
    return np.stack([unit[i], unit[j]], axis=1), np.stack([wins[:, i, j], wins[:, j, i]], axis=2)


def _contrasts(k: int, extras: int) -> Floats:
    """Orthonormal basis (k + extras, k − 1 + extras) of centred strengths, extra parameters left as they are."""
    centred = np.eye(k) - 1 / k
    basis = np.linalg.svd(centred)[0][:, : k - 1]
    full = np.zeros((k + extras, k - 1 + extras))
    full[:k, : k - 1] = basis
    full[k:, k - 1 :] = np.eye(extras)
    return full


def _describe(sets: Floats, counts: Floats, k: int) -> ChoiceFit:
    extras = sets.shape[2] - k
    basis = _contrasts(k, extras)
    beta, information = _newton(sets @ basis, counts)
    covariance = basis @ np.linalg.inv(information[0]) @ basis.T
    full = basis @ beta[0]
    se = np.sqrt(np.diag(covariance))
    extra = (float(full[k]), float(se[k])) if extras else (None, None)
    logp = _log_probabilities(sets @ basis, beta)
    return ChoiceFit(full[:k], se[:k], covariance[:k, :k], float((counts * logp).sum()), *extra)


def _log_probabilities(sets: Floats, beta: Floats) -> Floats:
    scores = np.einsum("sod,bd->bso", sets, beta)
    scores -= scores.max(axis=2, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=2, keepdims=True)), dtype=np.float64)


def _newton(sets: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Maximise the likelihoods of (B, S, O) counts; returns β (B, d) and the information (B, d, d) at it.

    No step is longer than _LONGEST in any coordinate: far from the maximum the quadratic model overshoots.
    """
    n = counts.sum(axis=2)
    beta = np.zeros((len(counts), sets.shape[2]))
    for _ in range(_STEPS):
        p = np.exp(_log_probabilities(sets, beta))
        gradient = np.einsum("bso,sod->bd", counts - n[:, :, None] * p, sets)
        information = _information(sets, n, p)
        step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        beta += step * np.minimum(1.0, _LONGEST / np.maximum(longest, 1e-300))
        if longest.max() < _CLOSE:
            break
    return beta, _information(sets, n, np.exp(_log_probabilities(sets, beta)))


def _information(sets: Floats, n: Floats, p: Floats) -> Floats:
    """Σ over sets of n·(E[x xᵀ] − E[x] E[x]ᵀ), (B, d, d)."""
    width = sets.shape[2]
    squares = (sets[:, :, :, None] * sets[:, :, None, :]).reshape(-1, width * width)
    second = ((n[:, :, None] * p).reshape(len(n), -1) @ squares).reshape(-1, width, width)
    mean = np.einsum("bso,sod->bsd", p, sets)
    return np.asarray(second - (mean * n[:, :, None]).transpose(0, 2, 1) @ mean, dtype=np.float64)
