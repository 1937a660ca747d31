"""Tests for every pair of models which is nearer to the real images, by each metric that has a test.

The models share the real set, so their distances err together, and the interval of a difference is narrower than two
separate intervals suggest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gan_eval.feature_set import FeatureSet
from gan_eval.inference.families import FamilyMember, RankSet, adjust, equivalent, rank_sets, smallest_detectable
from gan_eval.metrics.relative import Difference
from gan_eval.metrics.sides import EstimatorPlan, Matches
from gan_eval.metrics.table import MetricRow, number_rows
from gan_eval.result import Interval

#: Family-wise error of the tests of one number.
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Pair:
    """Model a less model b by one number; `better` tells which of the two the test shows to be better.

    difference: at infinitely many images for FID. interval: simultaneous over all pairs of the metric. p_value:
    two-sided, of no difference. adjusted_p: Holm's over all pairs of the metric. better: a's or b's name; None where
    the test tells neither. paired: number of inputs that both models show and that were taken together; 0 where the
    sets count as independent. detectable: the smallest difference that a test of this pair alone, at 5 %, would have
    shown with probability 0.8. equivalent: whether the difference is shown to be smaller than the margin; None where no
    margin was given. of: what the test speaks of, one checkpoint of each model or its training runs.
    """

    a: str
    b: str
    metric: str
    difference: float
    interval: Interval
    p_value: float
    adjusted_p: float
    better: str | None = None
    paired: int = 0
    detectable: float | None = None
    equivalent: bool | None = None
    of: Literal["checkpoints", "training runs"] = "checkpoints"


@dataclass(frozen=True, slots=True)
class PairTable:
    """All pairs of a comparison, and why some are not tested."""

    pairs: tuple[Pair, ...]
    notes: tuple[str, ...] = ()


def pairs_of(
    row: MetricRow,
    real: FeatureSet,
    fakes: Mapping[str, FeatureSet],
    *,
    names: Callable[[str], str],
    plan: EstimatorPlan,
    matches: Matches,
    own: Mapping[str, Any],
    margin: float | None = None,
) -> PairTable:
    """Every pair of `fakes` by a metric's numbers.

    names: what a number is called with this network. margin: differences of the first number that count as none.
    """
    tests = row.differences(real, fakes, plan=plan, matches=matches, own=own)
    pairs = [
        pair
        for number, differences in tests.differences.items()
        for pair in family_of(names(number), differences, margin=margin if number == row.numbers[0].name else None)
    ]
    all_numbers = ", ".join(names(number.name) for number in row.numbers)
    return PairTable(tuple(pairs), tuple(f"{all_numbers}: {note}" for note in tests.notes))


def family_of(
    number: str,
    differences: Mapping[tuple[str, str], Difference],
    *,
    margin: float | None = None,
    of: Literal["checkpoints", "training runs"] = "checkpoints",
) -> list[Pair]:
    """The pairs of one number, adjusted for how many they are."""
    if not differences:
        return []
    tests = list(differences.values())
    family = [FamilyMember(test.value, test.standard_error, test.freedom, test.p_value) for test in tests]
    lower = number_rows()[number].direction == "lower"
    same = [None] * len(family) if margin is None else equivalent(family, margin)
    adjusted_tests = adjust(family, method=tests[0].interval.method)
    pairs = []
    for (a, b), test, adjusted, alike in zip(differences, tests, adjusted_tests, same, strict=True):
        shown = adjusted.p_value < LEVEL and test.value != 0
        better = (a if (test.value < 0) == lower else b) if shown else None
        least = smallest_detectable(test.standard_error, freedom=test.freedom)
        values = (test.value, adjusted.interval, test.p_value, adjusted.p_value)
        pairs.append(Pair(a, b, number, *values, better, test.paired, least, alike, of))
    return pairs


def ranks_of(names: Sequence[str], pairs: Sequence[Pair], number: str) -> dict[str, RankSet] | None:
    """Ranks that each model can have by the tests of one number; None where it was not tested."""
    tested = [pair for pair in pairs if pair.metric == number]
    if len(names) < 2 or not tested:
        return None
    return rank_sets(names, [(p.better, p.b if p.better == p.a else p.a) for p in tested if p.better is not None])
