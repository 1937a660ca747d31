"""Intervals for precision, recall, density and coverage, from half samples (see `manifold_cuts`).

A share gets the Wilson interval of as many independent images as its variance is worth, density the score interval of a
mean count. They are for the expectation at these numbers of images: with more images balls shrink, and all four move.
`benchmarks/coverage.py` shows what they cover.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gan_eval.inference.groups import Groups
from gan_eval.inference.intervals import quantile, wilson
from gan_eval.metrics import manifold_cuts
from gan_eval.metrics.manifold import Manifold
from gan_eval.metrics.rows import Rows
from gan_eval.result import Interval

METHOD = "half samples; for the expectation at these numbers of images"


class ManifoldIntervals(NamedTuple):
    """One interval for each of the four numbers."""

    precision: Interval
    recall: Interval
    density: Interval
    coverage: Interval


def intervals(
    real: Rows,
    fake: Rows,
    made: Manifold,
    *,
    real_groups: Groups | None = None,
    fake_groups: Groups | None = None,
    level: float = 0.95,
    cuts: int | None = None,
    seed: int = 0,
) -> ManifoldIntervals:
    """Intervals of `made`, the four numbers of `fake` (m, D) against `real` (n, D), both float32.

    real_groups, fake_groups: (n,), (m,) group of each image, None where images are independent. cuts: random cuts, of
    large sets each of the cost of `prdc` itself; by the number of images when not given.
    Raises TooFewError when half a set has no k neighbours for each image.
    """
    n, m = real.shape[0], fake.shape[0]
    drawn = manifold_cuts.cut(
        real, fake, made.k, real_groups=real_groups, fake_groups=fake_groups, cuts=cuts, seed=seed
    )
    numbers = drawn.numbers
    effect_of_real = numbers[:, 0].mean(axis=1) - numbers[:, 1].mean(axis=1)
    effect_of_fake = numbers[:, :, 0].mean(axis=1) - numbers[:, :, 1].mean(axis=1)
    variance = manifold_cuts.variance_of((effect_of_real, drawn.real_share), (effect_of_fake, drawn.fake_share))
    variance = variance * manifold_cuts.widening(len(numbers), drawn.units, level) ** 2
    middle = numbers.mean(axis=(0, 1, 2))
    shares = [
        _share(value, _worth(middle[at], variance[at], count), level)
        for at, value, count in ((0, made.precision, m), (1, made.recall, n), (3, made.coverage, n))
    ]
    one = 1 / (made.k * m)  # a single fake in a single ball, below which no count's variance lies
    density = _density(made.density, max(variance[2] / max(middle[2], one), one), level)
    return ManifoldIntervals(shares[0], shares[1], density, shares[2])


def _worth(middle: float, variance: float, count: int) -> float:
    """Number of independent images that would give a share of `middle` this variance; `count` where it is 0."""
    binomial = middle * (1 - middle)
    return float(count if variance * count <= binomial else binomial / variance) if binomial > 0 else count


def _share(value: float, worth: float, level: float) -> Interval:
    return wilson(value * worth, worth, level=level, method=METHOD)


def _density(value: float, slope: float, level: float) -> Interval:
    """Score interval of a mean count, whose variance is taken to be `slope` times what it is at."""
    reach = quantile(level) ** 2 * slope / 2
    half = float(np.sqrt(reach * (2 * value + reach)))
    return Interval(max(value + reach - half, 0.0), value + reach + half, level, METHOD)
