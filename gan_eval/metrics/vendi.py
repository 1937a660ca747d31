"""Vendi score: how many different images a set holds in effect. Higher means more varied; from 1 to n images.

    VS_q = exp( H_q(λ) ),   λ the eigenvalues of X Xᵀ / n, rows of X of unit length
    H_1 = -Σ λ log λ,   H_q = log(Σ λ^q) / (1 - q),   H_∞ = -log max λ

Friedman and Dieng 2023 (arXiv 2210.02410), eq. 2; Pasarkar and Dieng 2023 for other orders q. With more images than
features the same eigenvalues are those of Xᵀ X / n. It says nothing of likeness to real images: noise scores high.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gan_eval.errors import InputError
from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import Rows, tiles
from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate, Side, rows_of

_NOTES = (
    "sees variety alone, not likeness to real images; compare it with the real set's own at the same number of images",
    "no interval is known that covers it",
)


def estimate(real: Side | None, fake: Side, plan: EstimatorPlan, *, order: float) -> list[MetricEstimate]:
    """The score of the fake set, and the real set's own in the details where there is one."""
    value = vendi_score(rows_of(fake), order=order)
    details: dict[str, Any] = {"order": order}
    if real is not None:
        details["real"] = {"value": vendi_score(rows_of(real), order=order), "n": real.n}
    return [MetricEstimate("vendi", value, None, details, _NOTES)]


def vendi_score(x: Rows, *, order: float = 1.0) -> float:
    """Vendi score of features (n, D) float32 with the cosine kernel; order: q, 1 for Shannon's entropy, inf allowed.

    Raises InputError where a row is zero or not finite, since it has no direction.
    """
    n, dim = x.shape
    matrix = _dual(x, n, dim) if n > dim else _gram(x, n)
    eigenvalues = np.clip(np.linalg.eigvalsh(matrix / n), 0.0, None)
    return float(np.exp(_entropy(eigenvalues[eigenvalues > 0], order)))


def _entropy(p: Array, order: float) -> float:
    if order == 1:
        return float(-(p * np.log(p)).sum())
    if np.isinf(order):
        return float(-np.log(p.max()))
    return float(np.log((p**order).sum()) / (1 - order))


def _unit(rows: Array) -> Array:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and lengths.all()):
        raise InputError("features that are all zero or not finite have no direction, so the Vendi score has no value")
    return np.asarray(rows / lengths)


def _dual(x: Rows, n: int, dim: int) -> Array:
    total = np.zeros((dim, dim))
    for part in tiles(n):
        rows = _unit(np.asarray(x[part], dtype=np.float64))
        total += rows.T @ rows
    return total


def _gram(x: Rows, n: int) -> Array:
    rows = _unit(np.asarray(x[:n], dtype=np.float64))
    return np.asarray(rows @ rows.T)
