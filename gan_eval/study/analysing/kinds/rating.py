"""Rating: a single picture is shown and given one to five points (absolute category rating, ITU-T P.910).

The mean opinion score is the mean over people of the mean of their points. It takes the points as equally far apart;
the strength of the proportional-odds model beside it does not. Scores of one study are not to be compared with those
of another: people use the scale relative to what they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gan_eval.inference.ordinal import ordinal_strengths
from gan_eval.inference.persons import Statistic, estimate, mean_estimates, resamples
from gan_eval.inference.power import design_effect
from gan_eval.inference.unbounded import Unbounded
from gan_eval.result import Interval
from gan_eval.study.analysing.findings import AnalysisSettings, Findings, Measure, MethodFinding, bounded
from gan_eval.study.analysing.kinds.shares import by_item, compare, equal_within_people, known, other_items, ratio
from gan_eval.study.analysing.kinds.spec import (
    AnalysisSpec,
    KindSpec,
    PlannedTest,
    PlanSpec,
    ReportSpec,
    SimulationSpec,
    TrialSpec,
)
from gan_eval.study.analysing.tables import AnswerRows, RowIndex, TrialAnswer

Floats = NDArray[np.float64]

POINTS = ("1", "2", "3", "4", "5")
#: Standard deviation of one person's points for one method that a plan assumes.
_USUAL_SD = 1.0


@dataclass(frozen=True, slots=True)
class Ratings(AnswerRows):
    """source (N,): method. points (N,): 1 to 5."""

    source: NDArray[np.int64]
    points: NDArray[np.int64]


def tabulate(index: RowIndex, answers: Sequence[TrialAnswer], methods: Mapping[str, int]) -> Ratings:
    """One row per answer: the method, and the points that it was given."""
    source = np.array([methods[answer.sources[0]] for answer in answers])
    return Ratings(*index, source, np.array([int(answer.answer) for answer in answers]))


def rating(rows: Ratings, settings: AnalysisSettings) -> Findings:
    """Mean opinion and strength of each method; tests that all are alike; comparisons."""
    k, level = len(rows.methods), settings.level
    shown = (rows.source[:, None] == np.arange(k)).astype(np.float64)
    given = shown * rows.points[:, None]
    means = ratio(rows.sums(given), rows.sums(shown))
    weights = resamples(rows.people, settings.resamples, settings.rng("bootstrap"))
    opinion = mean_estimates(means, weights=weights, level=level, bounds=(1, 5))
    counts = point_counts(rows)
    strength = estimate(strengths(counts), rows.people, weights=weights, level=level)
    items, limits, answers = other_items(rows, given, shown, settings), _limits(counts.sum(0)), shown.sum(0)
    methods = tuple(
        MethodFinding(
            name,
            (
                Measure("mean_opinion", opinion[m], int(answers[m]), _pooled(rows, m, level), items[m]),
                bounded(Measure("strength", strength[m], int(answers[m])), limits[m]),
            ),
        )
        for m, name in enumerate(rows.methods)
    )
    name = "equal ratings (labels permuted within people)"
    return Findings(
        methods=methods,
        tests=tuple(equal_within_people(means, name, settings, primary=True)) if k > 1 else (),
        pairs=compare(
            rows.methods, lambda a, b: means[:, a] - means[:, b], weights, settings, bounds=(-_RANGE, _RANGE)
        ),
        chance=float("nan"),
        items=by_item(rows, given, shown),
        per_person=known(means),
    )


#: Largest difference of two ratings.
_RANGE = 4.0


def point_counts(rows: Ratings) -> Floats:
    """(P, k, 5): how often each person gave each method each number of points."""
    counts = np.zeros((rows.people, len(rows.methods), len(POINTS)))
    np.add.at(counts, (rows.person, rows.source, rows.points - 1), 1)
    return counts


def strengths(counts: Floats) -> Statistic:
    """Strengths of weighted counts (P, k, 5)."""
    people, k, points = counts.shape
    flat = counts.reshape(people, k * points)
    return lambda weights: ordinal_strengths((weights @ flat).reshape(-1, k, points))


def _limits(totals: Floats) -> list[Unbounded | None]:
    """Which strengths are infinite: of a method that got the best points used alone, or the worst alone."""
    used = np.flatnonzero(totals.sum(0))
    if len(used) == 1:
        return [Unbounded("both") if own.any() else None for own in totals]
    ends: dict[int, Unbounded] = {int(used[-1]): Unbounded("above"), int(used[0]): Unbounded("below")}
    own = [np.flatnonzero(points) for points in totals]
    limits = [ends.get(int(points[0])) if len(points) == 1 else None for points in own]
    if not any(limits):
        return limits
    # Strengths are centred: beside an infinite one no other has a value.
    return [limit or (Unbounded("both") if len(points) else None) for limit, points in zip(limits, own, strict=True)]


def _pooled(rows: Ratings, method: int, level: float) -> Interval | None:
    """Student's interval that takes every answer as independent."""
    points = rows.points[rows.source == method]
    if len(points) < 2 or np.ptp(points) == 0:
        return None
    half = float(stats.t.ppf((1 + level) / 2, len(points) - 1) * points.std(ddof=1) / np.sqrt(len(points)))
    mean = float(points.mean())
    return Interval(max(1.0, mean - half), min(5.0, mean + half), level, "t, answers taken as independent")


def _probabilities(sources: tuple[str, ...], planted: Mapping[str, float], real_error: float) -> Floats:
    return np.asarray(stats.binom.pmf(np.arange(5), 4, (planted[sources[0]] - 1) / 4), dtype=np.float64)


def _planned_equal(effect: float, k: int, trials: int, rho: float) -> PlannedTest:
    """One method is rated `effect` points from all others."""
    each = trials // k
    spread = effect * np.sqrt(1 - 1 / k)
    sd = _USUAL_SD * np.sqrt(design_effect(each, rho) / each)
    return PlannedTest("equal ratings", float(spread), float(sd), groups=k)


def _planned_pair(effect: float, k: int, trials: int, rho: float) -> PlannedTest | None:
    """The two methods of a pair, one of all pairs; None where that is the primary test once more."""
    if k == 2:
        return None
    each = trials // k
    sd = _USUAL_SD * np.sqrt(2 * design_effect(each, rho) / each)
    return PlannedTest("each two methods", effect, float(sd), family=k * (k - 1) // 2)


SPEC = KindSpec(
    name="rating",
    trial=TrialSpec(
        meetings=lambda methods: [(method,) for method in methods],
        labels=POINTS,
        spoilt="1",
        least_methods=2,
        shows_input=True,
        practice=4,
    ),
    analysis=AnalysisSpec(
        tabulate=tabulate,
        find=rating,
        measures=("mean_opinion", "strength"),
        score=(
            "strength",
            "strengths of the proportional-odds model, mean zero: a difference of 1 are odds of 2.7 to 1",
        ),
    ),
    plan=PlanSpec(
        chance=lambda k: 0.0,
        usual=lambda k: 0.5,
        effect="points of one method above or below the others (each person's points scatter by 1)",
        upward=True,
        cell=lambda k, trials: trials // k,
        primary=_planned_equal,
        others=_planned_pair,
        most=_RANGE,
    ),
    simulation=SimulationSpec("mean opinion", usual=3, least=1, most=5, probabilities=_probabilities),
    report=ReportSpec(
        task="In each trial the result of one of {k} methods was shown{beside}{time} and given one to five points",
        verbs={"mean_opinion": "has a mean opinion score of", "strength": "has a proportional-odds strength of"},
        reference="",
        verdicts=("The methods differ", "No difference between the methods was shown"),
        better="was rated above",
        notes="The mean opinion score is the mean over people of the mean of their points, from 1 to 5; it takes the "
        "points as equally far apart. Strengths are those of the proportional-odds model, which does not.",
        model=lambda first: ("ordered(as.integer(label)) ~ method_1", 'label != ""'),
        fitter=("ordinal::clmm", ""),
        difference=(1.0, "points"),
    ),
)
