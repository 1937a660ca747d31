"""Bradley–Terry strengths of many tables at once, for boards of many methods.

Bradley and Terry (1952): P(i over j) = σ(θ_i − θ_j); a tie is half a win for both. The maximum of the likelihood is
found by Newton's method from gradient and Hessian in closed form, (k, k) a table, without a list of choice sets, so
that a board of a hundred methods and a thousand resamples fits. Strengths are centred. Where they are unbounded, half a
win is added to each ordered pair, as in `choice.bradley_terry_many`; `choice.connected` says where.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from gan_eval.inference.choice import connected

Floats = NDArray[np.float64]

_STEPS, _LONGEST, _CLOSE = 100, 2.0, 1e-11


def paired_strengths(wins: Floats) -> Floats:
    """Centred strengths (B, k) of tables (B, k, k) of wins of row over column."""
    k = wins.shape[-1]
    loose = ~connected(wins)
    wins = wins + 0.5 * loose[:, None, None] * (1 - np.eye(k))
    played = wins + wins.transpose(0, 2, 1)
    theta = np.zeros(wins.shape[:2])
    for _ in range(_STEPS):
        share = special.expit(theta[:, :, None] - theta[:, None, :])
        gradient = (wins - played * share).sum(2)
        weight = played * share * (1 - share)
        # The information of all θ is a Laplacian; 1/k added to each entry makes it regular and leaves steps centred.
        information = weight.sum(2)[:, :, None] * np.eye(k) - weight + 1 / k
        step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
        step -= step.mean(1, keepdims=True)
        longest = np.abs(step).max(axis=1, keepdims=True)
        theta += step * np.minimum(1.0, _LONGEST / np.maximum(longest, 1e-300))
        if longest.max() < _CLOSE:
            break
    return theta
