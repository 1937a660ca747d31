"""The findings and settings of an analysis: plain values of one shape for every kind of study."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from gan_eval.inference.permutation import ARRANGEMENTS
from gan_eval.inference.persons import Dependence, Estimate
from gan_eval.inference.unbounded import Unbounded
from gan_eval.result import Interval


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """level: of intervals. resamples: of the bootstrap. arrangements: of a test that cannot enumerate them."""

    level: float = 0.95
    resamples: int = 10_000
    seed: int = 0
    arrangements: int = ARRANGEMENTS

    def rng(self, purpose: str) -> np.random.Generator:
        """A stream of its own for each purpose, so that one more test changes no other number."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])


@dataclass(frozen=True, slots=True)
class Measure:
    """One estimate. name: identifier of the JSON. pooled: interval that takes answers as independent, for comparison.

    items: interval that generalises to other items too. outright: where ties count in part, the mean over people of the
    share of answers that chose the method itself. unbounded: set where the maximum-likelihood value is infinite or not
    defined; `estimate` then has a finite stand-in (half an answer added each way) without an interval.
    """

    name: str
    estimate: Estimate
    answers: int
    pooled: Interval | None = None
    items: Interval | None = None
    outright: float | None = None
    unbounded: Unbounded | None = None


def without_intervals(estimate: Estimate) -> Estimate:
    """The value alone, where resamples of the answers say nothing about its uncertainty."""
    return Estimate(estimate.value, estimate.people)


def bounded(measure: Measure, limit: Unbounded | None) -> Measure:
    """The measure as it is, or without intervals and with its limit where it is infinite."""
    if limit is None:
        return measure
    return replace(measure, estimate=without_intervals(measure.estimate), unbounded=limit)


@dataclass(frozen=True, slots=True)
class MethodFinding:
    """All that was measured of one method, the main measure first."""

    name: str
    measures: tuple[Measure, ...]

    def get(self, name: str) -> Measure | None:
        """The measure of that name."""
        return next((measure for measure in self.measures if measure.name == name), None)


#: What is taken as independent: people, or every answer.
Unit = Literal["person", "answer"]


@dataclass(frozen=True, slots=True)
class SignificanceTest:
    """A test. n: how many of the unit. method: reference distribution. primary: the one fixed for the verdict.

    least_p: smallest p-value that any outcome with so many people could have had, None where it is not known.
    """

    name: str
    statistic: float
    p_value: float
    unit: Unit
    n: int
    method: str
    primary: bool = False
    adjusted_p: float | None = None
    least_p: float | None = None


@dataclass(frozen=True, slots=True)
class PairFinding:
    """Two methods compared within people; difference is a's minus b's. answer_p: binomial, answers as independent.

    least_p: smallest p-value that any outcome could have had; None where nothing was tested.
    """

    a: str
    b: str
    difference: Estimate
    p_value: float | None
    adjusted_p: float | None
    answer_p: float | None = None
    least_p: float | None = None


@dataclass(frozen=True, slots=True)
class WinTable:
    """Of pairwise answers: wins of row over column, and ties. ranks: chance of each rank over the resamples."""

    names: tuple[str, ...]
    wins: tuple[tuple[float, ...], ...]
    ties: tuple[tuple[float, ...], ...]
    beats_average: tuple[float, ...]
    elo: tuple[float, ...]
    ranks: tuple[tuple[float, ...], ...]
    left_advantage: tuple[float, float] | None
    log_nu: tuple[float, float] | None
    components: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that follows from the answers alone. chance: value of the main measure if methods were all alike.

    reference: where that value is itself measured (how often real pictures are called real), its estimate; `chance` is
    NaN where it could not be.
    items: per item, per_person: per person, the share (fooling rate) of each method, None where there is no answer.
    overall: measures of no single method. dependence: of the answers of one person, None with too few of either.
    """

    methods: tuple[MethodFinding, ...]
    tests: tuple[SignificanceTest, ...]
    pairs: tuple[PairFinding, ...]
    chance: float
    reference: Measure | None = None
    overall: tuple[Measure, ...] = ()
    items: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    per_person: tuple[tuple[float | None, ...], ...] = ()
    dependence: Dependence | None = None
    wins: WinTable | None = None
    warnings: tuple[str, ...] = ()
