"""Intervals for precision, recall, density and coverage, from half samples.

The plain bootstrap is no help: copies of images shrink balls to nothing. Here both sets are halved at random, without
replacement, each half held against each half of the other set. Opposite halves a, b of one cut share no image, so that

    E (a - b)² / 4  =  Var(at n / 2) / 2  ≈  Var(at n)

whatever the balls do; of large sets two parts smaller than halves are drawn, and their variance is scaled as 1 / n. A
share then gets the Wilson interval of as many independent images as that variance is worth, density the score interval
of a mean count. They are for the expectation at these numbers of images: with more images balls shrink, and
all four move. `benchmarks/coverage.py` shows what they cover.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_eval.inference.intervals import quantile, wilson
from gan_eval.metrics.manifold import Manifold, squared_radii, within_radii
from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import TILE, Floats, Rows, check_pair
from gan_eval.result import Interval

METHOD = "half samples; for the expectation at these numbers of images"
#: The variance of a share from parts of a set falls short by about so much, in simulations of 100 to 2,000 images.
SHORT = 1.15
#: Density's falls less than 1 / n: a real image whose ball holds many fakes keeps doing so as sets grow.
DENSITY_POWER = 0.25
#: Images of a part; more would only cost time.
MOST = 2048
#: Random cuts of sets up to twice `CHEAP` images, and of larger ones.
CUTS, FEW_CUTS, CHEAP = 10, 6, 1024


class ManifoldIntervals(NamedTuple):
    """One interval for each of the four numbers."""

    precision: Interval
    recall: Interval
    density: Interval
    coverage: Interval


def least(k: int) -> int:
    """Fewest images on a side that can be halved, when balls reach the k-th neighbour."""
    return 2 * (k + 1)


def intervals(
    real: Rows, fake: Rows, made: Manifold, *, level: float = 0.95, cuts: int | None = None, seed: int = 0
) -> ManifoldIntervals:
    """Intervals of `made`, the four numbers of `fake` (m, D) against `real` (n, D), both float32.

    cuts: random cuts, each of the cost of `prdc` itself; by the number of images when not given.
    Raises TooFewError when half a set has no k neighbours for each image.
    """
    n, m = check_pair(real, fake, least=least(made.k), what=f"an interval with k = {made.k} neighbours")
    share = min(1 / 2, MOST / max(n, m))
    cuts = cuts or (CUTS if max(n, m) <= 2 * CHEAP else FEW_CUTS)
    rng = np.random.default_rng(seed)
    opposite = np.array([pair for _ in range(cuts) for pair in _cut(real, fake, made.k, share, rng)])
    variance = ((opposite[:, 0] - opposite[:, 1]) ** 2).mean(axis=0) * share / 2
    variance *= (SHORT, SHORT, share**-DENSITY_POWER, SHORT)
    middle = opposite.mean(axis=(0, 1))
    shares = [
        _share(value, _worth(middle[at], variance[at], count), level)
        for at, value, count in ((0, made.precision, m), (1, made.recall, n), (3, made.coverage, n))
    ]
    one = 1 / (made.k * m)  # a single fake in a single ball, below which no count's variance lies
    density = _density(made.density, max(variance[2] / max(middle[2], one), one), level)
    return ManifoldIntervals(shares[0], shares[1], density, shares[2])


def _cut(real: Rows, fake: Rows, k: int, share: float, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """The four numbers in two pairs of opposite parts."""
    centre = np.asarray(real[:TILE]).mean(axis=0)
    sides = [_parts(side, k, share, centre, rng) for side in (real, fake)]

    def numbers(i: int, j: int) -> Array:
        (x, x_radii), (y, y_radii) = sides[0][i], sides[1][j]
        return np.array(astuple(within_radii(x, y, x_radii, y_radii, k=k, centre=centre))[:4])

    return [(numbers(0, 0), numbers(1, 1)), (numbers(0, 1), numbers(1, 0))]


def _parts(
    x: Rows, k: int, share: float, centre: Floats, rng: np.random.Generator
) -> list[tuple[NDArray[np.floating], Array]]:
    """Two random parts of a set without a common image, each with its squared radii."""
    size = max(int(share * x.shape[0]), k + 1)
    order = rng.permutation(x.shape[0])
    parts = [np.asarray(x[np.sort(order[start : start + size])]) for start in (0, size)]
    return [(part, squared_radii(part, k, centre=centre)) for part in parts]


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
