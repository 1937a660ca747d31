"""Tests of pairs of models by their images' heights: many pairs at once, with p-values small enough for Holm's steps.

Holm multiplies the smallest p-value by the number of pairs, and a p-value from F random arrangements is 1/(F + 1) at
least. So F grows with the number of pairs. The same arrangements serve all pairs of one size: each test alone is as
exact as with arrangements of its own, and Holm needs no independence between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from gan_eval.discriminative.crossed import Heights
from gan_eval.inference.permutation import ENUMERABLE, sign_flip
from gan_eval.inference.resampling import chunks

Array = NDArray[np.float64]

#: Arrangements of every test; those of a pair that is far apart go on to `PER_PAIR` for each pair.
ARRANGEMENTS = 10_000
PER_PAIR = 40
#: A test that so many of the first arrangements reach does not go on.
REACHED = 20
#: Pairs of more units than this are tested by the normal limit of the arrangements' distribution.
EXACT_LIMIT = 10_000


class PairTest(NamedTuple):
    """A test whose statistic is |weights · values|, the weights being ±1, or 1 for the members of the first set.

    values: (n,) paired differences, or the heights of both sets less their mean. first: number of members of the first
    set, 0 where differences change their signs.
    """

    values: Array
    first: int

    @property
    def observed(self) -> float:
        """The statistic as it was observed."""
        return abs(float((self.values[: self.first] if self.first else self.values).sum()))

    @property
    def slack(self) -> float:
        """Sums of the same numbers in another order differ by no more."""
        return 1e-12 * float(np.abs(self.values).sum())


def pair_p_values(pairs: Sequence[tuple[Heights, Heights]], rng: np.random.Generator) -> list[float]:
    """Two-sided p-values of "these two models are equally realistic", one for each pair.

    Where at least half of the smaller set's sources are common to both, their differences are flipped in sign, which
    is exact: exchanging the two outputs for a source changes nothing in what the discriminator was taught, since it
    knows both as fakes. Otherwise images are exchanged between the sets, with the same argument. Where each model has
    a discriminator of its own, the exchange does change what these learn, and the p-value is approximate.
    """
    most = max(ARRANGEMENTS, PER_PAIR * len(pairs))
    p_values = np.ones(len(pairs))
    alike: dict[tuple[int, int], list[tuple[int, PairTest]]] = defaultdict(list)
    for place, pair in enumerate(pairs):
        test = pair_test(*pair)
        known = _without_arrangements(test, rng)
        if known is None:
            alike[len(test.values), test.first].append((place, test))
        else:
            p_values[place] = known
    for (units, first), tests in alike.items():
        places, of_places = zip(*tests, strict=True)
        p_values[list(places)] = arranged(
            [*of_places], _signs(units) if not first else _members(units, first), most, rng
        )
    return [float(p) for p in p_values]


def pair_test(a: Heights, b: Heights) -> PairTest:
    """The test of one pair."""
    left, right = a.by_source(), b.by_source()
    common = sorted(left.keys() & right.keys())
    if 2 * len(common) >= min(len(left), len(right)):
        return PairTest(np.array([left[source] - right[source] for source in common]), 0)
    both = np.array([*sorted(left.values()), *sorted(right.values())])
    return PairTest(both - both.mean(), len(left))


#: Draws some arrangements: weights (count, n).
_Draw = Callable[[int, np.random.Generator], Array]


def arranged(tests: Sequence[PairTest], draw: _Draw, most: int, rng: np.random.Generator) -> Array:
    """p-values (T,) from random arrangements: the first 10,000 for all, then up to `most` for those far apart.

    p is (1 + reached) / (1 + drawn). Stopping early is no gain for small p-values: a test stops at 20 reached.
    """
    table = np.stack([test.values for test in tests])
    observed = np.array([test.observed - test.slack for test in tests])
    reached = _count(table, observed, draw, ARRANGEMENTS, rng)
    drawn = np.full(len(tests), ARRANGEMENTS)
    far = np.flatnonzero(reached <= REACHED)
    if most > ARRANGEMENTS and len(far):
        reached[far] += _count(table[far], observed[far], draw, most - ARRANGEMENTS, rng)
        drawn[far] = most
    return np.asarray((1 + reached) / (1 + drawn))


def _count(table: Array, observed: Array, draw: _Draw, count: int, rng: np.random.Generator) -> Array:
    """How many arrangements reach each observed statistic, (T,)."""
    reached = np.zeros(len(table))
    for size in chunks(count, max(table.shape)):
        reached += (np.abs(draw(size, rng) @ table.T) >= observed).sum(axis=0)
    return reached


def _without_arrangements(test: PairTest, rng: np.random.Generator) -> float | None:
    """The p-value where all arrangements can be looked at, or there are too many units; else None."""
    if not np.any(test.values):
        return 1.0
    if not test.first and 2 ** np.count_nonzero(test.values) <= ENUMERABLE:
        return sign_flip(test.values, rng=rng).p_value
    if len(test.values) <= EXACT_LIMIT:
        return None
    spread = float((test.values**2).sum())
    if test.first:
        n = len(test.values)
        spread *= test.first * (n - test.first) / (n * (n - 1))
    return float(2 * norm.sf(test.observed / np.sqrt(spread)))


def _signs(units: int) -> _Draw:
    def draw(count: int, rng: np.random.Generator) -> Array:
        return np.asarray(1.0 - 2.0 * rng.integers(0, 2, (count, units), dtype=np.int8), np.float64)

    return draw


def _members(units: int, first: int) -> _Draw:
    member = np.zeros(units)
    member[:first] = 1

    def draw(count: int, rng: np.random.Generator) -> Array:
        return np.asarray(rng.permuted(np.broadcast_to(member, (count, units)), axis=1), np.float64)

    return draw
