"""How often each unit is drawn by a bootstrap: of one kind of unit, and of two kinds that are crossed.

Where every unit of one kind meets every unit of the other (people and items, seeds and images), both are drawn, each
once for everything (Owen 2007, "The pigeonhole bootstrap"). To draw one kind anew for each unit of the other would take
n units for n times as many. Intervals from it err on the wide side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Numbers drawn at a time.
_NUMBERS = 1_000_000


class CrossedDraws(NamedTuple):
    """Some resamples. first: (b, F) how often each unit of the first kind was drawn; second: (b, S) of the second."""

    first: Floats
    second: Floats


def draws(units: int, count: int, rng: np.random.Generator) -> Floats:
    """How often each unit is drawn, (count, units); each row sums to `units`."""
    return rng.multinomial(units, np.full(units, 1 / units), size=count).astype(np.float64)


def crossed_draws(first: int, strata: Sequence[int], count: int, rng: np.random.Generator) -> Iterator[CrossedDraws]:
    """Resamples of two kinds of units that are crossed, a few at a time, `count` in all.

    Parameters
    ----------
    first: units of the first kind.
    strata: units of the second kind, in groups that each keep their size.
    count: how many resamples.
    rng: source of randomness.
    """
    for rows in chunks(count, first + sum(strata)):
        yield CrossedDraws(draws(first, rows, rng), np.concatenate([draws(n, rows, rng) for n in strata], axis=1))


def chunks(total: int, width: int) -> Iterator[int]:
    """Row counts that sum to `total`, each of at most about a million numbers in rows of `width`."""
    rows = max(1, _NUMBERS // width)
    while total > 0:
        yield min(rows, total)
        total -= rows
