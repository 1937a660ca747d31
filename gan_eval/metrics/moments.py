"""Means and covariances of feature sets, mergeable, in float64.

Two forms carry the same information about a Gaussian fit. `Moments` holds the full covariance (D, D). `Samples` holds
the centred features themselves and is the exact, cheaper form for n ≤ D, where the covariance has rank n - 1 at most.
Both add up: shards, ranks and a resumed run give, to rounding, what one pass over everything gives.

Covariances divide by n - 1 (ddof 1), as pytorch-fid, clean-fid and torch-fidelity do.
Merging: Chan, Golub and LeVeque (1983), "Algorithms for computing the sample variance", eq. 2.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import blas

from gan_eval.errors import InputError, MismatchError, TooFewError
from gan_eval.metrics.rows import Rows, tiles

Array: TypeAlias = NDArray[np.float64]

#: Rows that are centred at once, and that a stream of more than D vectors holds.
_BLOCK = 512
#: No network gives such values, and squares of larger ones overflow.
_LARGEST = 1e100


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A feature set of n ≤ D vectors, kept whole.

    n: number of vectors. mean: (D,) float64. centred: (n, D) float64, the features minus `mean`.
    """

    n: int
    mean: Array
    centred: Array

    @property
    def dim(self) -> int:
        """D, the number of features."""
        return len(self.mean)

    @property
    def cov(self) -> Array:
        """(D, D) float64 covariance, ddof 1; zeros when n < 2."""
        return self.centred.T @ self.centred / max(self.n - 1, 1)

    @property
    def trace(self) -> float:
        """Trace of the covariance."""
        return float(np.vdot(self.centred, self.centred)) / max(self.n - 1, 1)

    def root(self) -> Array:
        """(n - 1, D) float64 R with Rᵀ R = cov.

        The centred rows sum to zero, so one of n dimensions is empty. A Householder reflection that takes the vector
        of ones onto the first axis removes it exactly, and with it a singular value that would be rounding noise.
        """
        if self.n < 2:
            return np.zeros((0, self.dim))
        rows: Array = self.centred[1:] - self.centred[0] / (np.sqrt(self.n) + 1)
        rows /= np.sqrt(self.n - 1)
        return rows

    def __add__(self, other: Statistics) -> Statistics:
        """Statistics of both sets together; stays in this form while the sum has n ≤ D."""
        _same_dim(self, other)
        n = self.n + other.n if other.n is not None else None
        if isinstance(other, Moments) or n is None or n > self.dim:
            return _add(self, other)
        if n == 0:
            return self
        mean = (self.n * self.mean + other.n * other.mean) / n
        return Samples(n, mean, np.concatenate([x.centred + (x.mean - mean) for x in (self, other)]))


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Mean and full covariance of a feature set.

    n: number of vectors; None where a statistics file does not tell (pytorch-fid's and clean-fid's do not).
    mean: (D,) float64. cov: (D, D) float64, ddof 1; zeros when n < 2.
    """

    n: int | None
    mean: Array
    cov: Array

    @classmethod
    def from_features(cls, features: ArrayLike) -> Moments:
        """Moments of `features` (N, D), N ≥ 1, any float type; sums run in float64."""
        x = _checked(features)
        if not len(x):
            raise TooFewError("no features: the mean of an empty set is not defined (give at least two images)")
        mean = x.mean(axis=0, dtype=np.float64)
        centred = x - mean
        return cls(len(x), mean, centred.T @ centred / max(len(x) - 1, 1))

    @classmethod
    def from_mean_and_cov(cls, mean: ArrayLike, cov: ArrayLike, *, n: int | None = None) -> Moments:
        """Moments as a statistics file holds them: `mu` (D,), `sigma` (D, D).

        Raises InputError when shapes disagree, a value is not finite, or sigma is not symmetric.
        """
        with np.errstate(all="ignore"):  # what is not finite is told below
            mu, sigma = np.asarray(mean, dtype=np.float64), np.asarray(cov, dtype=np.float64)
        if mu.ndim != 1 or sigma.shape != (len(mu), len(mu)):
            raise InputError(f"statistics of shapes {mu.shape} and {sigma.shape}: wanted (D,) and (D, D)")
        if not (np.isfinite(mu).all() and np.isfinite(sigma).all()):
            raise InputError("statistics hold NaN or infinity: compute them again from the images")
        if max(np.abs(mu).max(initial=0), np.abs(sigma).max(initial=0)) > _LARGEST:
            raise InputError(f"statistics hold values beyond {_LARGEST:g}: compute them again from the images")
        if np.abs(sigma - sigma.T).max(initial=0) > 1e-6 * np.abs(sigma).max(initial=0):
            raise InputError("sigma is not symmetric, so it is no covariance: compute the statistics again")
        return cls(n, mu, (sigma + sigma.T) / 2)

    @property
    def dim(self) -> int:
        """D, the number of features."""
        return len(self.mean)

    @property
    def trace(self) -> float:
        """Trace of the covariance."""
        return float(np.trace(self.cov))

    def __add__(self, other: Statistics) -> Moments:
        """Moments of both sets together. Raises InputError when a number of images is unknown."""
        _same_dim(self, other)
        return _add(self, other)

    def __sub__(self, part: Moments) -> Moments:
        """Moments of what is left of this set without `part` of it."""
        _same_dim(self, part)
        if self.n is None or part.n is None or self.n - part.n < 2:
            raise InputError(f"{part.n} of {self.n} images cannot be removed: at least two must remain")
        n = self.n - part.n
        step = (self.mean - part.mean) * (self.n / n)  # from the part's mean to the rest's
        scatter = self.cov * (self.n - 1) - part.cov * (part.n - 1) - np.outer(step, step) * (part.n * n / self.n)
        return Moments(n, part.mean + step, scatter / (n - 1))


#: What a feature set is reduced to for the Fréchet distance.
Statistics: TypeAlias = Moments | Samples


def statistics(features: Rows) -> Statistics:
    """`features` (N, D) reduced to `Samples` when N ≤ D, else to `Moments`; rows are read a block at a time."""
    if len(features.shape) != 2:
        raise InputError(f"features of shape {features.shape}: wanted (N, D)")
    n, dim = features.shape
    stream = StreamingMoments(dim)
    for tile in tiles(n, size=4096):
        stream.update(features[tile])
    return stream.finish()


class StreamingMoments:
    """Moments of features that arrive in batches; memory is O(D²) whatever their number.

    Features are kept until more than D have come, so that small sets get the exact low-rank form; then they are
    folded, the first D (at least 512) at once and further ones 512 at a time. Folding at fixed counts makes the result
    independent of how the batches were cut, to the bit.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self.n = 0
        self._buffer: NDArray[np.floating] = np.empty((max(dim, _BLOCK), dim), dtype=np.float32)
        self._filled = 0
        self._folded = _Scatter(dim)

    def update(self, features: ArrayLike) -> None:
        """Take `features` (B, D) float32 (or float64, which then is kept as such).

        Raises MismatchError for another D, InputError for NaN or infinities.
        """
        x = _checked(features)
        if x.shape[1] != self.dim:
            raise MismatchError(f"features of dimension {x.shape[1]}: wanted {self.dim}")
        if x.dtype == np.float64 and self._buffer.dtype == np.float32:
            wider = np.empty(self._buffer.shape)
            wider[: self._filled] = self._buffer[: self._filled]
            self._buffer = wider
        self.n += len(x)
        while len(x):
            if self._filled == len(self._buffer):
                self._fold()
            take = min(len(self._buffer) - self._filled, len(x))
            self._buffer[self._filled : self._filled + take] = x[:take]
            self._filled += take
            x = x[take:]

    def state(self) -> dict[str, NDArray[np.floating]]:
        """All that `from_state` needs to go on from here, to the bit; the arrays are this stream's own."""
        folded = self._folded
        arrays: dict[str, NDArray[np.floating]] = {"kept": self._buffer[: self._filled], "mean": folded.mean}
        return arrays | {"lower": folded.lower, "counts": np.array([self.n, folded.n, len(self._buffer)], np.float64)}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[np.floating]]) -> StreamingMoments:
        """The stream that stood where `state` was taken. Raises InputError for arrays that do not fit together."""
        kept, mean, lower, counts = (state[name] for name in ("kept", "mean", "lower", "counts"))
        n, folded, room = (int(count) for count in counts)
        dim = len(mean)
        shapes = (kept.shape, lower.shape) == ((n - folded, dim), (dim, dim) if folded else (0, 0))
        if not shapes or room not in (_BLOCK, max(dim, _BLOCK)) or len(kept) > room:
            raise InputError("the state of a stream of features whose arrays do not fit together")
        stream = cls(dim)
        stream.n, stream._filled = n, len(kept)
        stream._buffer = np.empty((room, dim), kept.dtype)
        stream._buffer[: len(kept)] = kept
        stream._folded.n, stream._folded.mean = folded, mean.astype(np.float64)
        stream._folded.lower = np.asfortranarray(lower, np.float64)
        return stream

    def finish(self) -> Statistics:
        """Statistics of all that came. The stream ends here: its memory becomes the result's."""
        if self.n > self.dim:
            self._fold()
            return self._folded.moments()
        rows = self._buffer[: self._filled]
        if not self.n:
            return Samples(0, np.zeros(self.dim), np.zeros((0, self.dim)))
        mean = rows.mean(axis=0, dtype=np.float64)
        return Samples(self.n, mean, rows - mean)

    def _fold(self) -> None:
        self._folded.add(self._buffer[: self._filled])
        if len(self._buffer) > _BLOCK:
            self._buffer = np.empty((_BLOCK, self.dim), self._buffer.dtype)
        self._filled = 0


class _Scatter:
    """Mean and scatter matrix of vectors that come in parts. One D × D matrix, of which only one triangle is kept."""

    def __init__(self, dim: int) -> None:
        self.n = 0
        self.mean: Array = np.zeros(dim)
        self.lower: Array = np.zeros((0, 0))  # made when it is needed: small sets never do

    def add(self, rows: NDArray[np.floating]) -> None:
        """Merge `rows` (k, D), k ≥ 1."""
        if not self.n:
            self.lower = np.zeros((len(self.mean), len(self.mean)), order="F")
        k = len(rows)
        mean = rows.mean(axis=0, dtype=np.float64)
        for start in range(0, k, _BLOCK):
            centred = rows[start : start + _BLOCK] - mean
            self.lower = blas.dsyrk(1.0, centred.T, 1.0, self.lower, lower=1, overwrite_c=1)
        step = mean - self.mean
        if self.n:
            self.lower = blas.dsyr(self.n * k / (self.n + k), step, a=self.lower, lower=1, overwrite_a=1)
        self.mean += step * (k / (self.n + k))
        self.n += k

    def moments(self) -> Moments:
        """The sum; this object ends, its matrix being the covariance from now on."""
        cov = self.lower.T  # row by row in memory; its upper triangle is filled
        for start in range(0, len(cov), _BLOCK):
            block, rest = slice(start, start + _BLOCK), slice(start + _BLOCK, None)
            cov[block, block] += np.triu(cov[block, block], 1).T
            cov[rest, block] = cov[block, rest].T
        cov /= max(self.n - 1, 1)
        return Moments(self.n, self.mean, cov)


def _add(a: Statistics, b: Statistics) -> Moments:
    if a.n is None or b.n is None:
        raise InputError(
            "statistics that do not record their number of images cannot be merged (make them from images)"
        )
    n = a.n + b.n
    if not a.n or not b.n:
        one = a if a.n else b
        return Moments(n, one.mean, one.cov)
    step = b.mean - a.mean
    scatter = a.cov * (a.n - 1) + b.cov * (b.n - 1) + np.outer(step, step) * (a.n * b.n / n)
    return Moments(n, a.mean + step * (b.n / n), scatter / (n - 1))


def _same_dim(a: Statistics, b: Statistics) -> None:
    if a.dim != b.dim:
        raise MismatchError(f"features of dimension {a.dim} and {b.dim} cannot be put together (use one network)")


def _checked(features: ArrayLike) -> NDArray[np.floating]:
    x = np.asarray(features)
    if x.ndim != 2:
        raise InputError(f"features of shape {x.shape}: wanted (N, D)")
    if x.dtype not in (np.float32, np.float64):
        x = x.astype(np.float64 if x.dtype.itemsize > 4 else np.float32)
    if not np.isfinite(x).all():
        raise InputError("features hold NaN or infinity (the network overflowed, or its weights are broken)")
    if x.dtype == np.float64 and x.size and max(-x.min(), x.max()) > _LARGEST:
        raise InputError(f"features hold values beyond {_LARGEST:g} (the file is damaged, or the weights are broken)")
    return x
