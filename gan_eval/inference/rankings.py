"""Plackett–Luce strengths of rankings (Luce 1959, Plackett 1975), fitted to many resamples at once.

A ranking is a sequence of choices: the best of all, the best of the rest, and so on, each with probability
softmax(θ) over what is left. The likelihood is concave; Newton's method finds its maximum from gradient and Hessian in
closed form over the sets of what was left. There is none where some methods were never ranked below the others
(`choice.components` of how often one stood above another); then half a choice each way is added between every two.
Strengths are centred.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gan_eval.inference.choice import connected

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEPS, _LONGEST, _CLOSE = 100, 2.0, 1e-10
#: Resamples fitted at a time, as numbers of (set, method) cells.
_CELLS = 4_000_000


class ChoiceSets:
    """The choices that rankings are made of.

    Parameters
    ----------
    rankings : array (N, k) int
        Methods from the best to the worst.
    person : array (N,) int
        Whose ranking it is, 0 … people − 1.
    people : int
        How many people there are.
    """

    def __init__(self, rankings: Ints, person: Ints, people: int) -> None:
        k = rankings.shape[1]
        # What is left at each step as a number of k bits; the last step leaves nothing to choose from.
        left = np.cumsum((1 << rankings)[:, ::-1], axis=1)[:, ::-1]
        pairs = [(1 << a) | (1 << b) for a in range(k) for b in range(a)]
        found, place = np.unique(np.concatenate([left[:, : k - 1].ravel(), pairs]), return_inverse=True)
        steps = place[: -len(pairs)].reshape(len(rankings), k - 1)
        self.members = ((found[:, None] >> np.arange(k)) & 1).astype(np.float64)
        self.counts = np.zeros((people, len(found), k))
        np.add.at(self.counts, (person[:, None], steps, rankings[:, : k - 1]), 1)
        self._pairs = place[-len(pairs) :]

    def above(self) -> Floats:
        """(P, k, k): how often each person ranked the row above the column."""
        k = self.members.shape[1]
        table = np.einsum("psi,sj->pij", self.counts, self.members)
        return np.asarray(table * (1 - np.eye(k)), dtype=np.float64)

    def strengths(self, weights: Floats) -> Floats:
        """Centred strengths (B, k) of weighted people, (B, P)."""
        people, sets, k = self.counts.shape
        size = max(1, _CELLS // (sets * k))
        flat, above = self.counts.reshape(people, -1), self.above().reshape(people, -1)
        parts = []
        for start in range(0, len(weights), size):
            own = weights[start : start + size]
            counts = (own @ flat).reshape(-1, sets, k)
            loose = ~connected((own @ above).reshape(-1, k, k))
            counts[:, self._pairs] += 0.5 * loose[:, None, None] * self.members[self._pairs]
            parts.append(self._fitted(counts))
        return np.concatenate(parts)

    def _fitted(self, counts: Floats) -> Floats:
        tables, _, k = counts.shape
        total = counts.sum(2)
        theta = np.zeros((tables, k))
        for _ in range(_STEPS):
            share = np.exp(theta - theta.max(1, keepdims=True))[:, None, :] * self.members
            share /= share.sum(2, keepdims=True)
            expected = total[:, :, None] * share
            gradient = (counts - expected).sum(1)
            information = expected.sum(1)[:, :, None] * np.eye(k) - expected.transpose(0, 2, 1) @ share + 1 / k
            step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
            step -= step.mean(1, keepdims=True)
            longest = np.abs(step).max(axis=1, keepdims=True)
            theta += step * np.minimum(1.0, _LONGEST / np.maximum(longest, 1e-300))
            if longest.max() < _CLOSE:
                break
        return theta
