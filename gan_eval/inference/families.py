"""Families of comparisons: adjusted p-values, simultaneous intervals that agree with them, and rank sets.

The p-values are adjusted by Holm (1979). The intervals are Bonferroni's, each at level 1 - (1 - level) / m, and hold
all m differences at once with probability `level`. Holm's test rejects all that Bonferroni's does and sometimes more;
there the interval ends at 0, on the side that the test has shown. So a p-value and its interval never disagree.

A rank set holds all ranks that a model can have in view of the tests: one more than the models shown to be better, up
to the number of models less those shown to be worse. A tie is a rank set of several ranks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

from gan_eval.inference.intervals import holm
from gan_eval.result import Interval


class FamilyMember(NamedTuple):
    """One difference of a family. freedom: of Student's t, infinity for the normal. p_value: two-sided."""

    value: float
    standard_error: float
    freedom: float
    p_value: float


class Adjusted(NamedTuple):
    """p-value after Holm's adjustment, and the simultaneous interval that agrees with it."""

    p_value: float
    interval: Interval


def adjust(family: Sequence[FamilyMember], *, level: float = 0.95, method: str = "") -> list[Adjusted]:
    """Holm's p-values and simultaneous intervals of a family of differences; `method`: how each error was had."""
    p_values = holm([member.p_value for member in family])
    name = f"simultaneous over {len(family)} pairs, {method}" if len(family) > 1 else method
    return [
        Adjusted(p, _interval(member, p, len(family), level, name)) for member, p in zip(family, p_values, strict=True)
    ]


def _interval(member: FamilyMember, adjusted: float, count: int, level: float, method: str) -> Interval:
    reach = float(student.isf((1 - level) / 2 / count, member.freedom)) * member.standard_error
    low, high = member.value - reach, member.value + reach
    if adjusted < 1 - level:
        low, high = (max(low, 0.0), high) if member.value > 0 else (low, min(high, 0.0))
    return Interval(low, high, level, method)


def equivalent(family: Sequence[FamilyMember], margin: float, *, level: float = 0.95) -> list[bool]:
    """Whether each difference is shown to be smaller than a margin, either way, with Holm's adjustment over the family.

    Two one-sided tests (Schuirmann 1987), the larger p-value of which counts.
    """
    p_values = [max(_one_sided(member, margin), _one_sided(member, -margin)) for member in family]
    return [p < 1 - level for p in holm(p_values)]


def _one_sided(member: FamilyMember, bound: float) -> float:
    """p-value of a difference beyond the bound, on the bound's own side."""
    gap = bound - member.value if bound > 0 else member.value - bound
    if member.standard_error == 0:
        return 0.0 if gap > 0 else 1.0
    return float(student.sf(gap / member.standard_error, member.freedom))


class RankSet(NamedTuple):
    """The lowest (best) and the highest rank that a model can have; 1 is the best."""

    best: int
    worst: int

    def __str__(self) -> str:
        return str(self.best) if self.best == self.worst else f"{self.best}–{self.worst}"


def rank_sets(names: Sequence[str], shown: Iterable[tuple[str, str]]) -> dict[str, RankSet]:
    """Rank set of each name; shown: (better, worse) for each pair that the tests tell apart.

    With tests that hold the family-wise error at 5 %, all sets hold their model's rank at once in 95 % of comparisons.
    """
    better = dict.fromkeys(names, 0)
    worse = dict.fromkeys(names, 0)
    for winner, loser in set(shown):
        worse[winner] += 1
        better[loser] += 1
    return {name: RankSet(1 + better[name], len(names) - worse[name]) for name in names}


def smallest_detectable(
    standard_error: float, *, power: float = 0.8, level: float = 0.95, freedom: float = np.inf
) -> float:
    """Difference that a two-sided test at 1 - level finds with this power, from the error of the difference."""
    return float(student.isf((1 - level) / 2, freedom) + student.ppf(power, freedom)) * standard_error
