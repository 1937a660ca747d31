"""Standard error and bias of a Fréchet distance at a given number of images.

The plain bootstrap is no help: copies of images lower the rank of a covariance and raise the distance. Here both sets
are halved at random, S times, each half against each half of the other set, without replacement. Opposite halves a, b
of one cut split the distance's fluctuation in two:

    odd = (a - b) / 2    to first order the sum of the images' influences over the one half less that over the other
    even = (a + b) / 2   what is left: second-order fluctuation, and the bias at half the images

For a distance that is a mean plus a quadratic form of the images, as this one nearly is, E odd² is the variance of the
linear part plus twice that of the quadratic, and Var even is that of the quadratic. So odd² - Var even is the variance
wanted, from equality (where the linear part vanishes and the delta method is wrong by a factor of 2) to far from it;
it is kept above half of either, for all three are estimates. The first-order part of odd² is not left to chance but
taken from the influences, which are exact.

`FrechetError.interval` is for the expectation of the distance at these numbers of images: its bias stays in. It is
symmetric on the log scale, since the distance is positive and its error grows with it.

`FrechetError.population` is for the distance at infinitely many images: the distance less its bias, which halving
shows (a bias of c / n doubles at n / 2). This holds where every halved side has more than 2 D independent images; with
fewer the bias does not fall as 1 / n and no population value is given. Two models are compared by their population
values alone, since the bias differs between sets of unequal size or spread.

Images may come in groups (crops of one photograph, frames of one video). Then the group is the unit: influences are
summed by group, and sets are halved by group. `benchmarks/coverage.py` shows what the intervals cover.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from gan_eval.errors import InputError, MismatchError, TooFewError
from gan_eval.inference.groups import Groups, by_group, halves_by_group
from gan_eval.metrics.frechet import distance
from gan_eval.metrics.frechet_bias import rise_at_half
from gan_eval.metrics.frechet_influence import Influence, influence
from gan_eval.metrics.moments import Array, Moments, Samples, Statistics, StreamingMoments
from gan_eval.metrics.relative import Difference
from gan_eval.metrics.rows import Rows, tiles
from gan_eval.result import Interval

METHOD = "log scale, influences and half samples; for the expectation at this number of images"
POPULATION = "t, influences and half samples; bias removed, for infinitely many images"
#: Fewest images in a set that is halved.
LEAST = 8
#: More independent images (or groups) than this for each feature let a bias be told. Images within a group hold the
#: covariance's rank up while groups are few, so that its bias falls more slowly until there are more of them.
IMAGES_PER_FEATURE, GROUPS_PER_FEATURE = 2, 4


@dataclass(frozen=True, slots=True, eq=False)
class FrechetError:
    """A Fréchet distance with what is known of its error.

    value: the distance. influence: of each image. units: influence of each independent unit (a group, else an image)
    of the real and of the fake side. halves (S, I, J): distances between half I of the real and half J of the fake set
    in S random cuts; a side that has no features is not halved (one part). leading (S, 2): what the influences foretell
    of half the difference between opposite halves, of the real and of the fake side.
    least: independent units that each side must exceed for a population value. rise: how much halving raises the
    distance, in units of its bias (`rise_at_half`). seed: of the cuts; two errors of one seed and one real set cut it
    alike.
    """

    value: float
    influence: Influence
    units: Influence
    halves: Array
    leading: Array
    least: tuple[int, int]
    rise: float
    seed: int

    @property
    def enough(self) -> bool:
        """Whether each halved side has so many independent units that its bias falls as 1 / n."""
        return all(side is None or len(side) > least for side, least in zip(self.units, self.least, strict=True))

    @property
    def bias(self) -> float:
        """Estimate of the bias, from how much halving the images raises the distance.

        For an unhalved side (statistics without features) its bias is not in it. Where `enough` is False the bias
        falls more slowly than 1 / n, and this is less than all of it.
        """
        return float(self.halves.mean() - self.value) / self.rise

    @property
    def standard_error(self) -> float:
        """Standard deviation of the distance over samples of these sizes, as estimated from this one."""
        return self._spread().standard_error

    def interval(self, *, level: float = 0.95) -> Interval:
        """Interval of the distance's expectation at these numbers of images."""
        method = METHOD
        fixed = [name for name, side in zip(("real", "fake"), self.units, strict=True) if side is None]
        if fixed:
            method += f", given the {fixed[0]} statistics"
        reach = self._spread().reach(level)
        if self.value * 50 <= reach:  # nothing but rounding, as between a set and itself
            return Interval(0.0, self.value + reach, level, method)
        factor = float(np.exp(reach / self.value))
        return Interval(self.value / factor, self.value * factor, level, method)

    @property
    def population(self) -> float | None:
        """The distance less its bias: an estimate at infinitely many images; None where `enough` is False.

        It may lie below 0 where both sets are alike.
        """
        return self.value - self.bias if self.enough else None

    def population_interval(self, *, level: float = 0.95) -> Interval | None:
        """Interval of `population`; None where `enough` is False."""
        value = self.population
        if value is None:
            return None
        reach = self._spread().without_bias(len(self.halves)).reach(level)
        return Interval(value - reach, value + reach, level, POPULATION)

    def _spread(self) -> _Spread:
        return _spread([part for part in self.units if part is not None], self.halves, self.leading)


class _Spread(NamedTuple):
    """Standard error of a distance, degrees of freedom of its t, and the variance of its second-order part."""

    standard_error: float
    freedom: float
    quadratic: float

    def without_bias(self, cuts: int) -> _Spread:
        """That of the distance less its bias from so many cuts, each of which sees half of the pairs of images."""
        return self._replace(standard_error=float(np.sqrt(self.standard_error**2 + self.quadratic / cuts)))

    def reach(self, level: float) -> float:
        return float(student.ppf((1 + level) / 2, self.freedom)) * self.standard_error


def _spread(parts: Sequence[Array], halves: Array, leading: Array) -> _Spread:
    """Standard error from the influences of independent sets of images and from halves (see above).

    halves (S, 1 or 2, …): one axis for each set. leading (S, sets): as in `FrechetError`.
    freedom: of Student's t (Satterthwaite), few where few images carry most of the influence.
    """
    count = sum(map(len, parts))
    linear = sum(float(part @ part) for part in parts) * count / (count - len(parts))
    sets = tuple(range(1, halves.ndim))
    opposite = np.flip(halves, sets)
    odd, even = (halves - opposite) / 2, (halves + opposite) / 2
    foretold = np.zeros(halves.shape)
    for axis in sets:
        sign = np.array([1.0, -1.0])[: halves.shape[axis]]
        foretold += np.expand_dims(leading[:, axis - 1, None] * sign, tuple(other for other in sets if other != axis))
    total = max(linear + float(np.mean(odd**2 - foretold**2)), linear / 4)
    quadratic = float(((even - even.mean()) ** 2).sum()) / (even.size - 2)  # each value stands in it twice
    fourth = sum(float((part**4).sum()) for part in parts)
    freedom = 2 / max(fourth / linear**2 - 1 / count, 1e-9) if linear > 0 else np.inf
    error = float(np.sqrt(max(total - quadratic, total / 2, quadratic / 2)))
    return _Spread(error, max(freedom, 3.0), quadratic)


def cuts_of(largest: int, dim: int) -> int:
    """S by default, for sets of up to `largest` images: fewer of large sets, which are steadier."""
    return 8 if largest <= dim else 4


def assess(
    real: Rows | Statistics,
    fake: Rows | Statistics,
    *,
    real_statistics: Statistics | None = None,
    fake_statistics: Statistics | None = None,
    real_groups: Groups | None = None,
    fake_groups: Groups | None = None,
    cuts: int | None = None,
    seed: int = 0,
) -> FrechetError:
    """The Fréchet distance of `real` and `fake` with its error.

    real, fake: features (N, D) float32, at least 8 rows, also as a memory map; or the statistics of a side whose
    features are gone, which then counts as known exactly. *_statistics: of the features, where the caller has them.
    *_groups: (N,) group of each row, None where images are independent. cuts: S, default `cuts_of` the larger set.
    Cost: 4 S distances at half the images, and one pass over the features. Memory: a few D × D matrices.
    Raises TooFewError below eight images or groups on a halved side, MismatchError for different D, InputError
    when neither side has features.
    """
    x, a = _side(real, real_statistics, real_groups, "real")
    y, b = _side(fake, fake_statistics, fake_groups, "fake")
    if x is None and y is None:
        raise InputError("an error estimate needs the features of at least one side, not only its moments")
    value = distance(a, b)
    effect = influence(x, y, a, b)
    largest = max(side.shape[0] for side in (x, y) if side is not None)
    cuts = cuts or cuts_of(largest, a.dim)
    # One stream each, so that the real set is cut alike whatever fake set it is held against.
    real_rng, fake_rng = np.random.default_rng(seed).spawn(2)
    halves, leading = [], []
    for _ in range(cuts):
        first, left = _cut(x, a, effect.real, real_groups, real_rng)
        second, right = _cut(y, b, effect.fake, fake_groups, fake_rng)
        halves.append([[distance(p, q) for q in second] for p in first])
        leading.append((left, right))
    units = Influence(by_group(effect.real, real_groups), by_group(effect.fake, fake_groups))
    least = (_least(real_groups, a.dim), _least(fake_groups, a.dim))
    rise = _rise(a, b, units)
    return FrechetError(value, effect, units, np.array(halves), np.array(leading), least, rise, seed)


def _least(groups: Groups | None, dim: int) -> int:
    return dim * (IMAGES_PER_FEATURE if groups is None else GROUPS_PER_FEATURE)


def _rise(a: Statistics, b: Statistics, units: Influence) -> float:
    """`rise_at_half` for these sets; 1 where they are too small for it."""
    ratios = [np.inf if side is None else len(side) / a.dim for side in units]
    if not (isinstance(a, Moments) and isinstance(b, Moments)) or min(ratios) <= 2:
        return 1.0
    return rise_at_half(np.asarray(np.linalg.eigvalsh((a.cov + b.cov) / 2), np.float64), *ratios)


def interval(real: Rows | Statistics, fake: Rows | Statistics, *, level: float = 0.95, seed: int = 0) -> Interval:
    """Interval of the Fréchet distance's expectation at these numbers of images: `assess(…).interval(…)`."""
    return assess(real, fake, seed=seed).interval(level=level)


def difference(a: FrechetError, b: FrechetError, *, paired: bool = False, level: float = 0.95) -> Difference:
    """Population distance of A less that of B, assessed against one real set with one seed and as many cuts.

    What the real images add to both errors cancels; so does, where `paired`, what the inputs add that the i-th images
    (or groups) of A and B have in common. Raises MismatchError where the real set was not cut alike or paired sets
    differ in size, TooFewError where a bias cannot be told.
    """
    _check_alike(a, b, paired)
    if a.population is None or b.population is None:
        raise TooFewError(
            f"the Fréchet distance cannot rank these: its bias (about {max(a.bias, b.bias):.3g}) cannot be "
            f"estimated from {max(*a.least, *b.least)} independent images or fewer on a side "
            "(give more images, or rank by KID)"
        )
    parts = [a.units.real - b.units.real] if a.units.real is not None and b.units.real is not None else []
    real = a.leading[:, 0] - b.leading[:, 0]
    if paired and a.units.fake is not None and b.units.fake is not None:
        parts.append(a.units.fake - b.units.fake)
        halves = a.halves - b.halves
        leading = np.stack([real, a.leading[:, 1] - b.leading[:, 1]], axis=1)
    else:
        parts += [part for part in (a.units.fake, b.units.fake) if part is not None]
        halves = a.halves[:, :, :, None] - b.halves[:, :, None, :]
        leading = np.stack([real, a.leading[:, 1], -b.leading[:, 1]], axis=1)
    spread = _spread(parts, halves, leading).without_bias(len(halves))
    return _difference(a.population - b.population, spread, level)


def _check_alike(a: FrechetError, b: FrechetError, paired: bool) -> None:
    if len(a.halves) != len(b.halves) or a.seed != b.seed:
        raise MismatchError("two distances are compared with one seed and one number of cuts")
    if paired and (a.units.fake is None or b.units.fake is None or len(a.units.fake) != len(b.units.fake)):
        raise MismatchError("paired sets hold one image, or one group, of each model per input")


def _difference(value: float, spread: _Spread, level: float) -> Difference:
    reach = spread.reach(level)
    interval = Interval(value - reach, value + reach, level, f"{POPULATION}, one real set")
    ratio = abs(value) / spread.standard_error if spread.standard_error > 0 else (np.inf if value else 0.0)
    p_value = float(2 * student.sf(ratio, spread.freedom))
    return Difference(value, spread.standard_error, interval, p_value, spread.freedom)


def _side(
    given: Rows | Statistics, known: Statistics | None, groups: Groups | None, name: str
) -> tuple[Rows | None, Statistics]:
    if isinstance(given, Moments | Samples):
        return None, given
    count, unit = (given.shape[0], "images") if groups is None else (int(groups.max()) + 1, "groups")
    if count < LEAST:
        raise TooFewError(f"{name}: {count} {unit}; an error estimate needs at least {LEAST} on each side")
    return given, known if known is not None else _statistics(given, None)


def _cut(
    x: Rows | None, whole: Statistics, effect: Array | None, groups: Groups | None, rng: np.random.Generator
) -> tuple[list[Statistics], float]:
    """Statistics of two random halves, and the sum of influences over the first less that over the second."""
    if x is None or effect is None:
        return [whole], 0.0
    first, second = halves_by_group(x.shape[0], groups, rng)
    half = _statistics(x, first)
    if isinstance(whole, Moments) and isinstance(half, Moments):
        rest: Statistics = whole - half
    else:
        rest = _statistics(x, second)
    return [half, rest], float(effect[first].sum() - effect[second].sum())


def _statistics(x: Rows, chosen: NDArray[np.intp] | None) -> Statistics:
    """Statistics of the chosen rows, read a tile at a time."""
    n, dim = x.shape
    stream = StreamingMoments(dim)
    for part in tiles(n if chosen is None else len(chosen)):
        stream.update(x[part if chosen is None else chosen[part]])
    return stream.finish()
