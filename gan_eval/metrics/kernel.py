"""Kernel distance: unbiased MMD² with the kernel of KID, k(x, y) = (x·y / D + 1)³. Lower is better; near 0 when equal.

    MMD² = mean_{i≠j} k(xᵢ, xⱼ) + mean_{i≠j} k(yᵢ, yⱼ) - 2 mean k(xᵢ, yⱼ)     Gretton et al. (2012), eq. 3
    KID is this with Inception features                                      Bińkowski et al. (2018)

Being unbiased it may fall a little below 0. Papers often print it × 100 or × 1000; here it is MMD² itself.

The peers average over random subsets, which overlap; their standard deviation is no standard error. Here every pair is
used, in blocks, so that memory stays bounded; the variance is estimated without bias from the same sums (the full
two-sample form of Sutherland and Deka (2019), for unequal sizes). GEMMs run in the features' precision on a kernel
shifted by a constant, which MMD² does not see; sums run in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gan_eval.errors import MismatchError, TooFewError
from gan_eval.metrics.intervals import normal
from gan_eval.metrics.moments import Array
from gan_eval.result import Interval

Floats: TypeAlias = NDArray[np.floating]

TILE = 1024
#: Above this many images on a side, disjoint blocks replace all pairs.
EXACT_LIMIT = 10_000
BLOCK = 2_500


class Rows(Protocol):
    """A feature set (N, D) float32 that gives its rows by slice or index: an array, a memory map, an HDF5 set."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __getitem__(self, rows: slice | NDArray[np.intp], /) -> Floats: ...


class Within(NamedTuple):
    """Sums over the pairs i ≠ j of one set: `rows` (n,) float64 of k(xᵢ, xⱼ) over j, `squares` of k² over all."""

    rows: Array
    squares: float


class Between(NamedTuple):
    """Sums over the pairs of two sets: over the second (n,), over the first (m,), and of k² over all."""

    rows: Array
    columns: Array
    squares: float


@dataclass(frozen=True, slots=True, eq=False)
class KernelSums:
    """All that MMD², its variance and the relative test need of a real (n) and a fake (m) set."""

    real: Within
    fake: Within
    cross: Between  # rows: real, columns: fake


@dataclass(frozen=True, slots=True)
class KernelDistance:
    """MMD² and its standard error (None below four images on a side).

    method: "all pairs", or "B disjoint blocks".
    """

    value: float
    standard_error: float | None
    method: str

    def interval(self, *, level: float = 0.95) -> Interval | None:
        """Normal interval of MMD²; see `benchmarks/coverage.py` for its measured coverage."""
        if self.standard_error is None:
            return None
        return normal(self.value, self.standard_error, method=f"normal, unbiased variance, {self.method}", level=level)


class Subsets(NamedTuple):
    """The peers' KID: MMD² of random subsets. `mean` is what they report; `std` (ddof 0) is no standard error."""

    mean: float
    std: float
    values: Array


def mmd2(real: Rows, fake: Rows, *, exact: bool = False, seed: int = 0) -> KernelDistance:
    """Unbiased MMD² of `real` (n, D) and `fake` (m, D) with its standard error.

    Up to 10,000 images on a side (or with `exact`) over all pairs; beyond, the mean over disjoint blocks of about
    2,500 images, drawn by `seed`, that use every image once: cost is linear in the number of images and the standard
    error is honest, though near equality larger than that of all pairs.
    Raises MismatchError for different D, TooFewError below two images on a side.
    """
    n, m = _check(real, fake)
    if exact or max(n, m) <= EXACT_LIMIT:
        value, variance = estimate(kernel_sums(real, fake))
        return KernelDistance(value, _root(variance), "all pairs")
    blocks = max(1, min(round(max(n, m) / BLOCK), min(n, m) // 4))
    rng = np.random.default_rng(seed)
    pairs = zip(_parts(n, blocks, rng), _parts(m, blocks, rng), strict=True)
    estimates = [estimate(kernel_sums(real[i], fake[j])) for i, j in pairs]
    value = float(np.mean([e.value for e in estimates]))
    variance = float(np.mean([e.variance or 0.0 for e in estimates])) / blocks
    return KernelDistance(value, _root(variance), f"{blocks} disjoint blocks")


class Estimate(NamedTuple):
    """MMD² and its variance (None below four images on a side)."""

    value: float
    variance: float | None


def kernel_sums(real: Rows, fake: Rows) -> KernelSums:
    """Sums over all pairs of `real` (n, D) and `fake` (m, D), in tiles: O(n + m) memory besides the features."""
    _check(real, fake)
    shift = _kernel_at_mean(real)
    return KernelSums(_within(real, shift), _within(fake, shift), _between(real, fake, shift))


def estimate(sums: KernelSums) -> Estimate:
    """MMD² and an unbiased estimate of its variance, cut off below at the variance of its degenerate part."""
    n, m = len(sums.real.rows), len(sums.fake.rows)
    value = _value(sums)
    if min(n, m) < 4:
        return Estimate(value, None)
    parts = components(sums)
    linear = 4 * parts.real.linear / n + 4 * parts.fake.linear / m
    return Estimate(value, max(linear, 0.0) + max(parts.degenerate, 0.0))


class Side(NamedTuple):
    """Unbiased moments of one side x of n images against m others y; q is the doubly centred kernel.

    linear: Var h, h(x) = E k(x, x') - E k(x, y). within: E q(x, x')². between: Var E[k(x, y) | x].
    """

    linear: float
    within: float
    between: float


class Components(NamedTuple):
    """What the variance of MMD² is made of. degenerate: the part that is left where both sets are alike."""

    real: Side
    fake: Side
    degenerate: float


def components(sums: KernelSums) -> Components:
    """Unbiased variance components; needs four images on each side."""
    xy = sums.cross
    n, m = len(xy.rows), len(xy.columns)
    product = _pairs_apart(xy)
    real = _side(sums.real, xy.rows, xy.squares, m, product)
    fake = _side(sums.fake, xy.columns, xy.squares, n, product)
    cross = xy.squares / (n * m) - product - real.between - fake.between
    degenerate = 2 * real.within / (n * (n - 1)) + 2 * fake.within / (m * (m - 1)) + 4 * cross / (n * m)
    return Components(real, fake, float(degenerate))


def _side(own: Within, other: Array, squares: float, m: int, product: float) -> Side:
    """`other` (n,) are the sums over the m images y, `squares` the sum of k(x, y)², `product` = (E k(x, y))²."""
    n, r, t = len(own.rows), own.rows, other
    triples = n * (n - 1) * (n - 2)
    a2 = (r @ r - own.squares) / triples
    c2 = (r.sum() ** 2 - 4 * (r @ r) + 2 * own.squares) / (triples * (n - 3))
    between = (t @ t - squares) / (n * m * (m - 1)) - product
    covariance = (r @ t) / (n * (n - 1) * m) - (r.sum() * t.sum() - 2 * (r @ t)) / (triples * m)
    within = own.squares / (n * (n - 1)) - 2 * a2 + c2
    return Side(float(a2 - c2 + between - 2 * covariance), float(within), float(between))


def _pairs_apart(xy: Between) -> float:
    """Unbiased (E k(x, y))², from the pairs of pairs that share no image."""
    n, m = len(xy.rows), len(xy.columns)
    total = xy.rows.sum() ** 2 - xy.rows @ xy.rows - xy.columns @ xy.columns + xy.squares
    return float(total / (n * (n - 1) * m * (m - 1)))


def subsets(
    real: Rows,
    fake: Rows,
    *,
    like: Literal["torch-fidelity", "clean-fid", "nice-gan"],
    seed: int = 2020,
    count: int | None = None,
    size: int = 1000,
) -> Subsets:
    """KID as a peer computes it: mean over random subsets of `size`, drawn without replacement, each side by itself.

    torch-fidelity: 100 subsets of exactly 1000 (TooFewError below), `fake` its first and `real` its second input.
    clean-fid: 100 of min(1000, n, m), as `fid.compute_kid(real, fake)`. nice-gan: 50 of min(1000, n, m), as
    `fid_kid.py real fake`, which prints mean × 100. `seed` seeds a RandomState; torch-fidelity uses 2020, the other
    two leave numpy's global state unseeded, which `numpy.random.seed(seed)` before their call matches.
    """
    n, m = _check(real, fake)
    if like == "torch-fidelity" and min(n, m) < size:
        raise TooFewError(f"{min(n, m)} images for subsets of {size}: torch-fidelity refuses this (use all pairs)")
    size = min(size, n, m)
    count = count or (50 if like == "nice-gan" else 100)
    shift = _kernel_at_mean(real)
    state = np.random.RandomState(seed)  # their generator, so that the numbers equal theirs
    values = np.empty(count)
    for k in range(count):
        if n == m == size and k:  # every subset is the whole set
            values[k] = values[0]
            continue
        if like == "nice-gan":
            i = state.choice(n, size, replace=False)
            j = state.choice(m, size, replace=False)
        else:
            j = state.choice(m, size, replace=False)
            i = state.choice(n, size, replace=False)
        x, y = np.asarray(real[i]), np.asarray(fake[j])
        sums = KernelSums(_within(x, shift), _within(y, shift), _between(x, y, shift))
        values[k] = _value(sums)
    return Subsets(float(values.mean()), float(values.std()), values)


def _value(sums: KernelSums) -> float:
    n, m = len(sums.real.rows), len(sums.fake.rows)
    within = sums.real.rows.sum() / (n * (n - 1)) + sums.fake.rows.sum() / (m * (m - 1))
    return float(within - 2 * sums.cross.rows.sum() / (n * m))


def _within(x: Rows, shift: float) -> Within:
    n = x.shape[0]
    rows, squares = np.zeros(n), 0.0
    for i in _tiles(n):
        left = np.asarray(x[i])
        for j in _tiles(n):
            if j.start < i.start:
                continue
            k = _kernel(left, left if i == j else np.asarray(x[j]), shift)
            if i == j:
                np.fill_diagonal(k, 0)
            else:
                rows[j] += k.sum(axis=0, dtype=np.float64)
            rows[i] += k.sum(axis=1, dtype=np.float64)
            squares += _square_sum(k) * (1 if i == j else 2)
    return Within(rows, squares)


def _between(x: Rows, y: Rows, shift: float) -> Between:
    rows, columns, squares = np.zeros(x.shape[0]), np.zeros(y.shape[0]), 0.0
    for i in _tiles(len(rows)):
        left = np.asarray(x[i])
        for j in _tiles(len(columns)):
            k = _kernel(left, np.asarray(y[j]), shift)
            rows[i] += k.sum(axis=1, dtype=np.float64)
            columns[j] += k.sum(axis=0, dtype=np.float64)
            squares += _square_sum(k)
    return Between(rows, columns, squares)


def _kernel(x: Floats, y: Floats, shift: float) -> Floats:
    """(x·y / D + 1)³ - shift, (n, m), in the precision of the features."""
    base = x @ y.T
    base *= 1 / x.shape[1]
    base += 1
    cube = base * base
    cube *= base
    cube -= shift
    return cube


def _kernel_at_mean(x: Rows) -> float:
    mean = np.asarray(x[:TILE]).mean(axis=0, dtype=np.float64)
    return float(np.float32((mean @ mean / len(mean) + 1) ** 3))


def _square_sum(k: Floats) -> float:
    flat = k.ravel()
    return float(np.dot(flat, flat))


def _tiles(n: int) -> Iterator[slice]:
    return (slice(start, min(start + TILE, n)) for start in range(0, n, TILE))


def _parts(n: int, count: int, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """A random partition of range(n) into `count` parts of nearly equal size, each sorted for the disk's sake."""
    return [np.sort(part) for part in np.array_split(rng.permutation(n), count)]


def _root(variance: float | None) -> float | None:
    return None if variance is None else float(np.sqrt(variance))


def _check(real: Rows, fake: Rows) -> tuple[int, int]:
    (n, d), (m, e) = real.shape, fake.shape
    if d != e:
        raise MismatchError(f"features of dimension {d} and {e}: use one network for both sides")
    for name, count in (("real", n), ("fake", m)):
        if count < 2:
            raise TooFewError(f"{name}: {count} images; a kernel distance needs at least 2 on each side")
    return n, m
