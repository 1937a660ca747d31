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

from collections.abc import Callable
from dataclasses import astuple
from functools import partial
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
#: Sets up to so many images are cut often, from distances taken once; a seed then hardly moves a width.
CHEAP = 1024
#: Random cuts of sets up to 128 images, fewer in inverse proportion up to `CHEAP`; then up to twice as many, and more.
MANY_CUTS, CUTS, FEW_CUTS = 2000, 10, 6


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

    cuts: random cuts, of large sets each of the cost of `prdc` itself; by the number of images when not given.
    Raises TooFewError when half a set has no k neighbours for each image.
    """
    n, m = check_pair(real, fake, least=least(made.k), what=f"an interval with k = {made.k} neighbours")
    share = min(1 / 2, MOST / max(n, m))
    largest = max(n, m)
    cuts = cuts or _usual_cuts(largest)
    rng = np.random.default_rng(seed)
    cut = (
        _cheap_cuts(real, fake, made.k, share, rng)
        if largest <= CHEAP
        else partial(_cut, real, fake, made.k, share, rng)
    )
    opposite = np.array([pair for _ in range(cuts) for pair in cut()])
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


def _usual_cuts(n: int) -> int:
    if n <= CHEAP:
        return min(MANY_CUTS, MANY_CUTS * 128 // n)
    return CUTS if n <= 2 * CHEAP else FEW_CUTS


def _cut(real: Rows, fake: Rows, k: int, share: float, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """The four numbers in two pairs of opposite parts."""
    centre = np.asarray(real[:TILE]).mean(axis=0)
    sides = [_parts(side, k, share, centre, rng) for side in (real, fake)]

    def numbers(i: int, j: int) -> Array:
        (x, x_radii), (y, y_radii) = sides[0][i], sides[1][j]
        return np.array(astuple(within_radii(x, y, x_radii, y_radii, k=k, centre=centre))[:4])

    return [(numbers(0, 0), numbers(1, 1)), (numbers(0, 1), numbers(1, 0))]


def _cheap_cuts(
    real: Rows, fake: Rows, k: int, share: float, rng: np.random.Generator
) -> Callable[[], list[tuple[Array, Array]]]:
    """`_cut` of sets whose distances all fit in memory, which are taken once."""
    x, y = (np.asarray(side[:], dtype=np.float64) for side in (real, fake))
    own, across = [_squares(side, side) for side in (x, y)], _squares(x, y)
    for squares in own:
        np.fill_diagonal(squares, np.inf)

    def cut() -> list[tuple[Array, Array]]:
        parts = [_part_rows(len(squares), k, share, rng) for squares in own]
        radii = [
            [np.partition(squares[np.ix_(part, part)], k - 1, axis=1)[:, k - 1] for part in halves]
            for squares, halves in zip(own, parts, strict=True)
        ]

        def numbers(i: int, j: int) -> Array:
            return _four(across[np.ix_(parts[0][i], parts[1][j])], radii[0][i], radii[1][j], k)

        return [(numbers(0, 0), numbers(1, 1)), (numbers(0, 1), numbers(1, 0))]

    return cut


def _squares(x: Array, y: Array) -> Array:
    """(n, m) squared distances; those that rounding cannot tell from 0 are 0, as between copies."""
    centre = x.mean(axis=0)
    x, y = x - centre, y - centre
    norms = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)
    squares: Array = norms - 2 * x @ y.T
    squares[squares < 1e-13 * norms] = 0
    return squares


def _four(squares: Array, real_radii: Array, fake_radii: Array, k: int) -> Array:
    """Precision, recall, density, coverage from squared distances (n, m) and squared radii (n,), (m,)."""
    inside = squares < real_radii[:, None]
    held = (squares < fake_radii).any(axis=1).mean()
    return np.array([inside.any(axis=0).mean(), held, inside.sum() / (k * squares.shape[1]), inside.any(axis=1).mean()])


def _part_rows(n: int, k: int, share: float, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """Rows of two random parts of a set of n without a common image."""
    size = max(int(share * n), k + 1)
    order = rng.permutation(n)
    return [np.sort(order[start : start + size]) for start in (0, size)]


def _parts(
    x: Rows, k: int, share: float, centre: Floats, rng: np.random.Generator
) -> list[tuple[NDArray[np.floating], Array]]:
    """Two random parts of a set without a common image, each with its squared radii."""
    parts = [np.asarray(x[rows]) for rows in _part_rows(x.shape[0], k, share, rng)]
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
