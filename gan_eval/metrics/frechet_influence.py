"""Influence functions: what each image adds to a Fréchet distance, to first order.

    d FID / d wᵢ ∝ 2 (μ₁ - μ₂)·x + xᵀ x - xᵀ T x,   x centred,  T = Σ₁^-½ (Σ₁^½ Σ₂ Σ₁^½)^½ Σ₁^-½

T being the linear map that carries the one Gaussian onto the other (Knott and Smith 1984); for the other side, its
inverse. Neither is formed: with Σ₁ = A₁ᵀ A₁ and A₁ Σ₂ A₁ᵀ = U S² Uᵀ, xᵀ T x is |S^½ Uᵀ A₁⁻ᵀ x|² for an image of the
first set and |S^-½ Uᵀ A₁ x|² for one of the second. Features are read tile by tile.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg

from gan_eval.metrics.moments import Array, Moments, Samples, Statistics
from gan_eval.metrics.rows import Floats, Rows, tiles


class _Factor(NamedTuple):
    """A (r, D) with Aᵀ A = Σ, and, for a full covariance, A⁻ᵀ (r, D)."""

    rows: Array
    inverse: Array | None


class Influence(NamedTuple):
    """Contributions (n,) of the real and (m,) of the fake images, centred; None for a side without its features."""

    real: Array | None
    fake: Array | None


def influence(real: Rows | None, fake: Rows | None, a: Statistics, b: Statistics) -> Influence:
    """Influence of each row of `real` (n, D) and `fake` (m, D), whose statistics are `a` and `b`.

    Their sum of squares estimates the variance of the Fréchet distance to first order (the infinitesimal jackknife).
    """
    if isinstance(a, Moments) and isinstance(b, Samples):  # factor the low-rank side
        swapped = influence(fake, real, b, a)
        return Influence(swapped.fake, swapped.real)
    first = _factor(a)
    if isinstance(b, Samples):
        other = b.centred / np.sqrt(b.n - 1)
        cross = first.rows @ other.T
        values, u = _root_spectrum(cross @ cross.T)
        through = (cross.T @ u) ** 2 @ _reciprocal(values)
    else:
        values, u = _root_spectrum(first.rows @ b.cov @ first.rows.T)
        through = None
    step = a.mean - b.mean
    carried = None
    if real is not None:
        if first.inverse is None:
            carried = (u * u) @ values
        else:
            carried = _quadratic(real, a, (u * np.sqrt(values)).T @ first.inverse)
    if fake is not None and through is None:
        through = _quadratic(fake, b, (u * np.sqrt(_reciprocal(values))).T @ first.rows)
    return Influence(_assemble(real, a, step, carried), _assemble(fake, b, -step, through))


def _factor(side: Statistics) -> _Factor:
    if isinstance(side, Samples):
        return _Factor(side.centred / np.sqrt(side.n - 1), None)
    try:
        upper = scipy.linalg.cholesky(side.cov, check_finite=False)
        return _Factor(upper, scipy.linalg.solve_triangular(upper, np.eye(side.dim), trans=1, check_finite=False))
    except scipy.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(side.cov)
        kept = values > len(values) * np.finfo(np.float64).eps * np.abs(values).max(initial=0)
        roots = np.sqrt(values[kept])
        return _Factor((vectors[:, kept] * roots).T, (vectors[:, kept] / roots).T)


def _root_spectrum(square: Array) -> tuple[Array, Array]:
    """Square roots of the eigenvalues of a positive semi-definite matrix, noise set to 0, and its eigenvectors."""
    values, vectors = np.linalg.eigh(square)
    noise = len(values) * np.finfo(np.float64).eps * np.abs(values).max(initial=0)
    return np.sqrt(np.where(values > noise, values, 0.0)), vectors


def _reciprocal(values: Array) -> Array:
    """1 / value, 0 for 0."""
    return np.divide(1, values, out=np.zeros_like(values), where=values > 0)


def _quadratic(x: Rows, side: Statistics, transform: Array) -> Array:
    """|transform (x - μ)|² / (n - 1) for each row: (n,)."""
    n = x.shape[0]
    # float32 is enough for well-conditioned covariances, and twice as fast.
    kind: type[np.floating] = np.float32 if n > 8 * side.dim else np.float64
    operator, mean = transform.T.astype(kind), side.mean.astype(kind)
    out = np.empty(n)
    for part in tiles(n):
        moved: Floats = (np.asarray(x[part]).astype(kind) - mean) @ operator
        out[part] = np.einsum("ij,ij->i", moved, moved)
    return out / (n - 1)


def _assemble(x: Rows | None, side: Statistics, step: Array, carried: Array | None) -> Array | None:
    if x is None or carried is None:
        return None
    n = x.shape[0]
    total = -carried
    for part in tiles(n):
        centred = np.asarray(x[part], dtype=np.float64) - side.mean
        total[part] += 2 / n * (centred @ step) + np.einsum("ij,ij->i", centred, centred) / (n - 1)
    return np.asarray(total - total.mean())
