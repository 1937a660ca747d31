"""Precision, recall, density and coverage of random parts of two sets, from which their errors follow.

The plain bootstrap is no help: copies of images shrink balls to nothing. Here both sets are halved at random, without
replacement, each half held against each half of the other set. With a_ij the number of half i of the reals against
half j of the fakes, and n the units of a side, the halves of a side share no image, so that

    E (mean over the other side's halves of a_0 - a_1)² / 4  =  Var(at n / 2) / 2  ≈  Var(at n)

for what that side adds, whatever the balls do; both sides together give the variance. Of large sets two parts smaller
than halves are drawn, and their variance is scaled as 1 / n. Groups of images are halved whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from gan_eval.errors import TooFewError
from gan_eval.inference.groups import Groups, count_of, subset
from gan_eval.inference.intervals import quantile
from gan_eval.metrics.manifold import squared_radii, within_radii
from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import TILE, Floats, Rows, check_pair

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
#: Fewest groups of a side that are halved.
LEAST_GROUPS = 8

#: Four numbers of two pairs of opposite parts: (real part, fake part, number).
_Cut = Callable[[], Array]


class Cuts(NamedTuple):
    """The four numbers of parts of two sets.

    numbers: (S, 2, 2, 4), of each part of the reals against each part of the fakes. real_share, fake_share: a part's
    share of the units of its set. units: independent units of the smaller set.
    """

    numbers: Array
    real_share: float
    fake_share: float
    units: int


class CutPart(NamedTuple):
    """Rows of a part, and the group of each, None where images are independent."""

    rows: NDArray[np.intp]
    groups: Groups | None


def least(k: int) -> int:
    """Fewest images on a side that can be halved, when balls reach the k-th neighbour."""
    return 2 * (k + 1)


def too_few(n: int, groups: Groups | None, k: int) -> str:
    """Why a set of n images cannot be halved, as the end of a sentence; empty where it can."""
    if groups is None:
        return f"{least(k)} images are the least for one with nearest={k}" if n < least(k) else ""
    sizes = np.sort(np.bincount(groups))
    smallest = sizes[: len(sizes) // 2]  # the half with the fewest images that a cut could draw
    if len(sizes) < LEAST_GROUPS or smallest[:-1].sum() < k:
        return f"{LEAST_GROUPS} groups are the least for one, and half of them must hold {k} images of other groups"
    return ""


def check_enough(real: Rows, fake: Rows, real_groups: Groups | None, fake_groups: Groups | None, k: int) -> None:
    """Raise MismatchError for different D, TooFewError where a set cannot be halved."""
    check_pair(real, fake, least=1, what="a score")
    for name, side, groups in (("real", real, real_groups), ("fake", fake, fake_groups)):
        if reason := too_few(side.shape[0], groups, k):
            raise TooFewError(f"{name}: {side.shape[0]} images have no interval: {reason}")


def cut(
    real: Rows,
    fake: Rows,
    k: int,
    *,
    real_groups: Groups | None = None,
    fake_groups: Groups | None = None,
    fake_share: float = 1.0,
    cuts: int | None = None,
    seed: int = 0,
) -> Cuts:
    """Cut two sets, (n, D) and (m, D) float32, at random.

    fake_share: of the fakes that a sample of the wanted size has; parts are parts of that. cuts: by the number of
    images where not given. The reals are cut alike whatever the fakes are, and fakes of one number (or of one number
    of groups) are cut alike.

    Raises MismatchError for different D, TooFewError where half a set has no k neighbours for each image.
    """
    check_enough(real, fake, real_groups, fake_groups, k)
    n, m = real.shape[0], fake.shape[0]
    largest = max(n, m)
    share = min(1 / 2, MOST / largest)
    real_rng, fake_rng = np.random.default_rng(seed).spawn(2)
    draws = (
        partial(_parts, n, real_groups, share, k, real_rng),
        partial(_parts, m, fake_groups, share * fake_share, k, fake_rng),
    )
    one = _cheap if largest <= CHEAP else _plain
    each: _Cut = one(real, fake, real_groups, fake_groups, k, draws)
    numbers = np.array([each() for _ in range(cuts or usual_cuts(largest))])
    units = [count_of(side.shape[0], groups) for side, groups in ((real, real_groups), (fake, fake_groups))]
    sizes = [_size(count, of, k) for count, of in zip(units, (share, share * fake_share), strict=True)]
    return Cuts(numbers, sizes[0] / units[0], sizes[1] / units[1], min(units))


def usual_cuts(n: int) -> int:
    """Number of cuts of sets of up to n images."""
    if n <= CHEAP:
        return min(MANY_CUTS, MANY_CUTS * 128 // n)
    return CUTS if n <= 2 * CHEAP else FEW_CUTS


def variance_of(real_effects: tuple[Array, float], *fake_effects: tuple[Array, float]) -> Array:
    """Variance (4,) of a sum of effects, each (S, 4) the number of one part less that of the other, with its share.

    The first effect is that of the real images, whose share tells how much density's variance falls short.
    """
    parts = [(effect**2).mean(axis=0) * share / 2 for effect, share in (real_effects, *fake_effects)]
    falls_short = np.array([SHORT, SHORT, real_effects[1] ** -DENSITY_POWER, SHORT])
    return np.asarray(sum(parts) * falls_short)


def freedom_of(cuts: int, units: int) -> float:
    """Degrees of freedom of a variance from so many cuts of so many units."""
    return 1 / (1 / cuts + 1 / (units - 1))


def widening(cuts: int, units: int, level: float = 0.95) -> float:
    """Factor by which Student's t reaches further than the normal, for a variance from so many cuts and units."""
    return float(student.isf((1 - level) / 2, freedom_of(cuts, units))) / quantile(level)


def _size(units: int, share: float, k: int) -> int:
    """Units of a part."""
    return max(int(share * units + 1e-9), min(k + 1, units // 2))


def _parts(n: int, groups: Groups | None, share: float, k: int, rng: np.random.Generator) -> list[CutPart]:
    """Two random parts of a set of n without a common unit."""
    count = count_of(n, groups)
    size, order = _size(count, share, k), rng.permutation(count)
    chosen = [order[start : start + size] for start in (0, size)]
    if groups is None:
        return [CutPart(np.sort(part), None) for part in chosen]
    rows = [np.flatnonzero(np.isin(groups, part)) for part in chosen]
    return [CutPart(part, subset(groups, part)) for part in rows]


_Draws = tuple[Callable[[], list[CutPart]], Callable[[], list[CutPart]]]


def _plain(
    real: Rows, fake: Rows, real_groups: Groups | None, fake_groups: Groups | None, k: int, draws: _Draws
) -> _Cut:
    """Cuts of sets of any size, whose distances are taken anew for each."""
    centre = np.asarray(real[:TILE]).mean(axis=0)

    def one() -> Array:
        (x, x_radii), (y, y_radii) = (
            _with_radii(side, draw(), k, centre) for side, draw in zip((real, fake), draws, strict=True)
        )
        four = [
            [astuple(within_radii(x[i], y[j], x_radii[i], y_radii[j], k=k, centre=centre))[:4] for j in (0, 1)]
            for i in (0, 1)
        ]
        return np.array(four)

    return one


def _with_radii(side: Rows, parts: list[CutPart], k: int, centre: Floats) -> tuple[list[Floats], list[Array]]:
    """The features of a set's parts, and their squared radii."""
    kept = [np.asarray(side[part.rows]) for part in parts]
    radii = [squared_radii(rows, k, centre=centre, groups=part.groups) for rows, part in zip(kept, parts, strict=True)]
    return kept, radii


def _cheap(
    real: Rows, fake: Rows, real_groups: Groups | None, fake_groups: Groups | None, k: int, draws: _Draws
) -> _Cut:
    """Cuts of sets whose distances all fit in memory, which are taken once."""
    x, y = (np.asarray(side[:], dtype=np.float64) for side in (real, fake))
    own, across = [_squares(side, side) for side in (x, y)], _squares(x, y)
    for squares, groups in zip(own, (real_groups, fake_groups), strict=True):
        np.fill_diagonal(squares, np.inf)
        if groups is not None:
            squares[groups[:, None] == groups] = np.inf

    def one() -> Array:
        parts = [[part.rows for part in draw()] for draw in draws]
        radii = [
            [np.partition(squares[np.ix_(part, part)], k - 1, axis=1)[:, k - 1] for part in halves]
            for squares, halves in zip(own, parts, strict=True)
        ]
        four = [
            [_four(across[np.ix_(parts[0][i], parts[1][j])], radii[0][i], radii[1][j], k) for j in (0, 1)]
            for i in (0, 1)
        ]
        return np.array(four)

    return one


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
