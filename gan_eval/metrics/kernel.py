"""Kernel distance: unbiased MMD² with the kernel of KID, k(x, y) = (x·y / D + 1)³. Lower is better; near 0 when equal.

    MMD² = mean_{i≠j} k(xᵢ, xⱼ) + mean_{i≠j} k(yᵢ, yⱼ) - 2 mean k(xᵢ, yⱼ)     Gretton et al. (2012), eq. 3
    KID is this with Inception features                                      Bińkowski et al. (2018)

Being unbiased it may fall a little below 0. Papers often print it × 100 or × 1000; here it is MMD² itself.
The peers average over random subsets, which overlap; their standard deviation is no standard error. Here every pair is
used, or, for very many images, every image once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_eval.errors import TooFewError
from gan_eval.inference.groups import Groups
from gan_eval.metrics.kernel_error import Variance, mean_variance, variance
from gan_eval.metrics.kernel_sums import CubicKernel, KernelSums, kernel_sums
from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import Rows, check_pair
from gan_eval.result import Interval

__all__ = ["KernelDistance", "KernelSums", "Rows", "Subsets", "kernel_sums", "mmd2", "subsets"]

#: Above this many images on a side, disjoint blocks replace all pairs.
EXACT_LIMIT = 10_000
BLOCK = 2_500


@dataclass(frozen=True, slots=True)
class KernelDistance:
    """Unbiased MMD² and what its variance is made of (None below four images on a side).

    method: "all pairs", or "B disjoint blocks".
    """

    value: float
    variance: Variance | None
    method: str

    @property
    def standard_error(self) -> float | None:
        """Standard error of `value`, for images of an endless supply on both sides."""
        return None if self.variance is None else self.variance.standard_error(self.value)

    def interval(self, *, level: float = 0.95) -> Interval | None:
        """Interval of MMD², in which both sets vary; None below four images on a side."""
        if self.variance is None:
            return None
        return self.variance.interval(self.value, level=level, method=f"score interval, {self.method}")


class Subsets(NamedTuple):
    """The peers' KID: MMD² of random subsets. `mean` is what they report; `std` (ddof 0) is no standard error."""

    mean: float
    std: float
    values: Array


def mmd2(
    real: Rows,
    fake: Rows,
    *,
    real_groups: Groups | None = None,
    fake_groups: Groups | None = None,
    exact: bool = False,
    seed: int = 0,
) -> KernelDistance:
    """Unbiased MMD² of `real` (n, D) and `fake` (m, D) with its variance.

    Up to 10,000 images on a side (or with `exact`) over all pairs; beyond, the mean over disjoint blocks of about
    2,500 images, drawn by `seed`, that use every image once: cost is linear in the number of images, and the error
    honest, though near equality larger than that of all pairs. *_groups: (N,) group of each row; pairs within a group
    are left out, and all others are used whatever the number of images.
    Raises MismatchError for different D, TooFewError below two images on a side.
    """
    n, m = check_pair(real, fake, least=2, what="a kernel distance")
    if real_groups is not None or fake_groups is not None:
        sums = kernel_sums(real, fake, real_groups=real_groups, fake_groups=fake_groups)
        return KernelDistance(sums.mmd2, variance(sums), "all pairs of different groups")
    blocks = 1 if exact or max(n, m) <= EXACT_LIMIT else max(1, min(round(max(n, m) / BLOCK), min(n, m) // 4))
    if blocks == 1:
        sums = kernel_sums(real, fake)
        return KernelDistance(sums.mmd2, variance(sums), "all pairs")
    rng = np.random.default_rng(seed)
    parts = [kernel_sums(real[i], fake[j]) for i, j in zip(_parts(n, blocks, rng), _parts(m, blocks, rng), strict=True)]
    errors = [error for error in map(variance, parts) if error is not None]
    return KernelDistance(float(np.mean([p.mmd2 for p in parts])), mean_variance(errors), f"{blocks} disjoint blocks")


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
    n, m = check_pair(real, fake, least=2, what="a kernel distance")
    if like == "torch-fidelity" and min(n, m) < size:
        raise TooFewError(f"{min(n, m)} images for subsets of {size}: torch-fidelity refuses this (use all pairs)")
    size = min(size, n, m)
    count = count or (50 if like == "nice-gan" else 100)
    cubic = CubicKernel.about(real)
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
        values[k] = KernelSums(cubic.within(x), cubic.within(y), cubic.between(x, y)).mmd2
    return Subsets(float(values.mean()), float(values.std()), values)


def _parts(n: int, count: int, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """A random partition of range(n) into `count` parts of nearly equal size, each sorted for the disk's sake."""
    return [np.sort(part) for part in np.array_split(rng.permutation(n), count)]
