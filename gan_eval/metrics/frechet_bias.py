"""Bias of a Fréchet distance as a function of the number of images: nearly 1 / n.

Halving both sets raises the distance by ρ times its bias, where ρ = 1 for a bias of c / n. With n between 2 D and about
10 D images on one side and many on the other, ρ is up to 1.2, which would push the corrected distance of the smaller
set below its population value. ρ depends on the spectrum of the covariance and on D / n alone, hardly on the
distribution, so it is had from normal samples: the bias and its rise are simulated with the spectrum of the pooled
covariance, thinned to few eigenvalues at an unchanged D / n.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gan_eval.metrics.moments import Array

#: Eigenvalues that stand for the spectrum, and simulated pairs of sets.
EIGENVALUES, DRAWS = 48, 64


class _Sample(NamedTuple):
    """Means (DRAWS, d) and covariances (DRAWS, d, d) of simulated sets."""

    mean: Array
    cov: Array


def rise_at_half(spectrum: Array, real: float, fake: float, *, seed: int = 0) -> float:
    """ρ = (E d at half the images - E d) / (E d - d at infinitely many), for two samples of one normal distribution.

    spectrum: (D,) eigenvalues of the covariance. real, fake: independent images per eigenvalue, n / D, above 2 each;
    infinity for a side that is known exactly. Returns a number from 1/2 to 2; 1 where no side has a bias.
    """
    picked = np.sort(spectrum[spectrum > spectrum.max(initial=0.0) * 1e-9])
    if not len(picked) or (np.isinf(real) and np.isinf(fake)):
        return 1.0
    picked = picked[np.linspace(0, len(picked) - 1, min(EIGENVALUES, len(picked))).round().astype(int)]
    rng = np.random.default_rng(seed)
    (whole, *parts), (other, *halves) = (_samples(picked, ratio, rng) for ratio in (real, fake))
    bias = _mean_distance(whole, other)
    return float(np.clip(np.mean([_mean_distance(a, b) for a in parts for b in halves]) / bias - 1, 0.5, 2.0))


def _samples(spectrum: Array, ratio: float, rng: np.random.Generator) -> list[_Sample]:
    """Sets with `ratio` images per eigenvalue, their first halves and their second halves."""
    dim = len(spectrum)
    if np.isinf(ratio):
        return [_Sample(np.zeros((DRAWS, dim)), np.broadcast_to(np.diag(spectrum), (DRAWS, dim, dim)))] * 3
    n = max(round(ratio * dim), 2 * dim + 4)
    x = rng.standard_normal((DRAWS, n, dim)) * np.sqrt(spectrum)
    return [_sample(part) for part in (x, x[:, : n // 2], x[:, n // 2 :])]


def _sample(x: Array) -> _Sample:
    mean = x.mean(axis=1)
    centred = x - mean[:, None]
    return _Sample(mean, centred.transpose(0, 2, 1) @ centred / (x.shape[1] - 1))


def _mean_distance(a: _Sample, b: _Sample) -> float:
    """Mean of |μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½) over the draws."""
    lower = np.linalg.cholesky(a.cov)
    cross = np.linalg.eigvalsh(lower.transpose(0, 2, 1) @ b.cov @ lower)
    traces = np.trace(a.cov, axis1=1, axis2=2) + np.trace(b.cov, axis1=1, axis2=2)
    distances = ((a.mean - b.mean) ** 2).sum(axis=1) + traces - 2 * np.sqrt(np.maximum(cross, 0)).sum(axis=1)
    return float(distances.mean())
