"""The Fréchet distance between two feature sets. Lower is better; 0 for equal means and covariances.

    d² = |μ₁ - μ₂|² + tr Σ₁ + tr Σ₂ - 2 tr (Σ₁ Σ₂)^½          Dowson and Landau (1982); Heusel et al. (2017), eq. 6

The last trace is the sum of the singular values of R₁ R₂ᵀ for any factors Σ = Rᵀ R, so nothing complex can arise. A
set of n ≤ D features has an (n - 1)-row factor, and the trace costs an n × n decomposition instead of a D × D one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from gan_eval.errors import InputError, MismatchError, TooFewError
from gan_eval.metrics.moments import Array, Moments, Samples, Statistics

#: The fast route, eigenvalues of a squared matrix, is taken while its error estimate stays under this share of d².
#: The estimate errs on the safe side: true errors are ten to a thousand times smaller, and below 1e-9 of d².
TOLERANCE = 1e-8


class _Trace(NamedTuple):
    """A trace and a cautious estimate of its rounding error."""

    value: float
    error: float


def distance(real: Statistics, fake: Statistics) -> float:
    """Fréchet distance (the squared quantity d² that everyone reports) of two feature sets in any form.

    Symmetric in its arguments. At least 0: rounding below 0 is cut off, anything lower is an error.
    Raises MismatchError for different dimensions, TooFewError for fewer than two images on a side, InputError when
    a given covariance has negative eigenvalues.
    """
    _check(real, fake)
    offset = float(np.sum((real.mean - fake.mean) ** 2))
    scale = real.trace + fake.trace
    root = _fast_trace(real, fake)
    if 2 * root.error > TOLERANCE * max(offset + scale - 2 * root.value, 1e-4 * scale):
        root = _Trace(_nuclear(_factor(real) @ _factor(fake).T), 0.0)
    value = offset + (scale - 2 * root.value)
    if value < -1e-9 * scale:
        raise InputError(f"Fréchet distance {value:.3g}: a covariance is not positive semi-definite")
    return max(value, 0.0)


def _check(real: Statistics, fake: Statistics) -> None:
    if real.dim != fake.dim:
        raise MismatchError(f"features of dimension {real.dim} and {fake.dim}: use one network for both sides")
    for name, side in (("real", real), ("fake", fake)):
        if side.n is not None and side.n < 2:
            raise TooFewError(f"{name}: {side.n} images; a Fréchet distance needs at least 2 on each side")


def _fast_trace(a: Statistics, b: Statistics) -> _Trace:
    """tr (Σ₁ Σ₂)^½ from the eigenvalues of a symmetric matrix; an infinite error where that cannot be had."""
    if isinstance(a, Samples) and isinstance(b, Samples):
        cross = a.root() @ b.root().T
        if len(cross) <= 768:  # here singular values are as cheap
            return _Trace(_nuclear(cross), 0.0)
        gram = cross @ cross.T if len(cross) <= cross.shape[1] else cross.T @ cross
        return _trace_of_root(np.linalg.eigvalsh(gram))
    if isinstance(a, Moments) and isinstance(b, Moments):
        try:
            return _trace_of_root(_generalised(b.cov, a.cov))
        except scipy.linalg.LinAlgError:
            return _Trace(0.0, np.inf)
    low, full = (a, b) if isinstance(a, Samples) else (b, a)
    assert isinstance(low, Samples)
    root = low.root()
    return _trace_of_root(np.linalg.eigvalsh(root @ full.cov @ root.T))


def _generalised(a: Array, b: Array) -> Array:
    """Eigenvalues of A B: LAPACK's second generalised problem, Cholesky B = L Lᵀ, then Lᵀ A L."""
    work, _ = scipy.linalg.lapack.dsygv_lwork(len(a), uplo="L")
    values, _, fault = scipy.linalg.lapack.dsygv(a, b, itype=2, jobz="N", uplo="L", lwork=int(work))
    if fault:
        raise scipy.linalg.LinAlgError("not positive definite")
    return np.asarray(values)


def _trace_of_root(eigenvalues: NDArray[np.floating]) -> _Trace:
    """Sum of square roots of eigenvalues that are not negative but for rounding.

    Rounding is about eps times the largest, spread over all the directions; where many eigenvalues are 0, as of a set
    with copies, it heaps up, and the most negative one tells how far. Errors of the larger ones cancel and add up as a
    norm. Those lost in the noise can only add to the sum, and count in full.
    """
    top = float(np.abs(eigenvalues).max(initial=0))
    if top == 0:
        return _Trace(0.0, 0.0)
    noise = max(16 * np.finfo(np.float64).eps * top / len(eigenvalues), -3 * float(eigenvalues.min()))
    roots = np.sqrt(np.maximum(eigenvalues, 0))
    lost = eigenvalues < 4 * noise
    error = np.linalg.norm(noise / (2 * roots[~lost])) + 2 * np.sqrt(noise) * np.count_nonzero(lost)
    return _Trace(float(roots.sum()), float(error))


def _factor(side: Statistics) -> Array:
    """(r, D) float64 R with Rᵀ R = Σ; directions whose variance is rounding noise are left out."""
    if isinstance(side, Samples):
        return side.root()
    try:
        upper: Array = scipy.linalg.cholesky(side.cov, check_finite=False)
    except scipy.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(side.cov)
        noise = len(values) * np.finfo(np.float64).eps * np.abs(values).max(initial=0)
        if values.min(initial=0) < -1e3 * noise:
            raise InputError(
                f"covariance with eigenvalue {values.min():.3g}: not positive semi-definite (compute it again)"
            ) from None
        kept = values > noise
        rows: Array = (vectors[:, kept] * np.sqrt(values[kept])).T
        return rows
    return upper


def _nuclear(matrix: Array) -> float:
    """Sum of the singular values."""
    return float(np.linalg.svd(matrix, compute_uv=False).sum()) if matrix.size else 0.0
