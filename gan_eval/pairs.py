"""Is one model nearer to the real images than another? A test for every pair, by kernel and by Fréchet distance.

The models share the real set, so their distances err together, and the interval of a difference is narrower than two
separate intervals suggest.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gan_eval.errors import InputError
from gan_eval.feature_set import FeatureSet
from gan_eval.inference.intervals import holm
from gan_eval.metrics import frechet_error, kernel, relative
from gan_eval.metrics.rows import Rows
from gan_eval.result import Interval


@dataclass(frozen=True, slots=True)
class Pair:
    """Model a less model b: negative where a is nearer to the real images.

    p_value: two-sided, of no difference. adjusted_p: Holm's over all pairs of the metric.
    """

    a: str
    b: str
    metric: str
    difference: float
    interval: Interval
    p_value: float
    adjusted_p: float


def kernel_pairs(real: FeatureSet, fakes: Mapping[str, FeatureSet], *, metric: str, seed: int) -> list[Pair]:
    """Every pair of `fakes` by its kernel distance to `real`; metric: what that distance is called."""
    found = {
        (a, b): kernel_difference(_rows(real), _rows(fakes[a]), _rows(fakes[b]), seed=seed)
        for a, b in itertools.combinations(fakes, 2)
    }
    return _adjusted(found, metric)


def frechet_pairs(real: FeatureSet, fakes: Mapping[str, FeatureSet], *, metric: str, seed: int) -> list[Pair]:
    """Every pair by its Fréchet distance at infinitely many images; none where a set is too small to tell its bias."""
    sizes = [side.vectors.n for side in (real, *fakes.values()) if side.vectors is not None]
    if len(fakes) < 2 or len(sizes) <= len(fakes) or min(sizes) < frechet_error.LEAST:
        return []
    cuts = frechet_error.cuts_of(max(sizes), real.statistics.dim)  # alike for all, so that the real set is cut alike
    errors = {
        name: frechet_error.assess(
            _rows(real),
            _rows(fake),
            real_statistics=real.statistics,
            fake_statistics=fake.statistics,
            cuts=cuts,
            seed=seed,
        )
        for name, fake in fakes.items()
    }
    if not all(error.enough for error in errors.values()):
        return []
    pairs = itertools.combinations(errors, 2)
    return _adjusted({(a, b): frechet_error.difference(errors[a], errors[b]) for a, b in pairs}, metric)


def kernel_difference(real: Rows, a: Rows, b: Rows, *, seed: int = 0) -> relative.Difference:
    """MMD²(a, real) - MMD²(b, real) with interval and p-value; past 10,000 images over disjoint blocks of all three."""
    largest = max(side.shape[0] for side in (real, a, b))
    blocks = 1 if largest <= kernel.EXACT_LIMIT else max(1, round(largest / kernel.BLOCK))
    blocks = max(1, min(blocks, *(side.shape[0] // 4 for side in (real, a, b))))
    rng = np.random.default_rng(seed)
    parts = [np.array_split(rng.permutation(side.shape[0]), blocks) for side in (real, a, b)]
    made = []
    for i, j, k in zip(*parts, strict=True):
        x = real[np.sort(i)]
        made.append(
            relative.kernel_difference(kernel.kernel_sums(x, a[np.sort(j)]), kernel.kernel_sums(x, b[np.sort(k)]))
        )
    value = float(np.mean([one.value for one in made]))
    error = float(np.sqrt(np.mean([one.standard_error**2 for one in made]) / blocks))
    return relative.difference(value, error, method=made[0].interval.method)


def _adjusted(found: Mapping[tuple[str, str], relative.Difference], metric: str) -> list[Pair]:
    made = [Pair(a, b, metric, one.value, one.interval, one.p_value, one.p_value) for (a, b), one in found.items()]
    adjusted: Sequence[float] = holm([pair.p_value for pair in made])
    return [replace(pair, adjusted_p=p) for pair, p in zip(made, adjusted, strict=True)]


def _rows(side: FeatureSet) -> Rows:
    if side.vectors is None:
        raise InputError(f"{side.label}: holds moments only, and every feature vector is needed (give the images)")
    return side.vectors
