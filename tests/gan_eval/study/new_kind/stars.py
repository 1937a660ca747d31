"""Stars: a single picture is shown, and the person gives it one to five points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gan_eval.inference.persons import estimate, person_mean, resamples
from gan_eval.study.analysing.findings import AnalysisSettings, Findings, Measure, MethodFinding
from gan_eval.study.analysing.kinds.shares import by_item, equal_within_people, known, ratio
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

POINTS = ("1", "2", "3", "4", "5")


@dataclass(frozen=True, slots=True)
class Stars(AnswerRows):
    """source (N,): method; points (N,): 1 to 5."""

    source: NDArray[np.int64]
    points: NDArray[np.float64]


def tabulate(index: RowIndex, answers: Sequence[TrialAnswer], methods: Mapping[str, int]) -> Stars:
    """One row per answer."""
    source = np.array([methods[answer.sources[0]] for answer in answers])
    return Stars(*index, source, np.array([float(answer.answer) for answer in answers]))


def stars(rows: Stars, settings: AnalysisSettings) -> Findings:
    """Mean opinion of each method, and whether all are alike."""
    name = "equal ratings (labels permuted within people)"
    shown = (rows.source[:, None] == np.arange(len(rows.methods))).astype(np.float64)
    given = shown * rows.points[:, None]
    means = ratio(rows.sums(given), rows.sums(shown))
    weights = resamples(rows.people, settings.resamples, settings.rng("bootstrap"))
    opinion = estimate(person_mean(means), rows.people, weights=weights, level=settings.level, bounds=(1, 5))
    return Findings(
        methods=tuple(
            MethodFinding(name, (Measure("mean_opinion", opinion[m], int(shown[:, m].sum())),))
            for m, name in enumerate(rows.methods)
        ),
        tests=tuple(equal_within_people(means, name, settings, primary=True)),
        pairs=(),
        chance=3.0,
        items=by_item(rows, given, shown),
        per_person=known(means),
    )


def _probabilities(sources: tuple[str, ...], planted: Mapping[str, float], real_error: float) -> NDArray[np.float64]:
    return np.asarray(stats.binom.pmf(np.arange(5), 4, (planted[sources[0]] - 1) / 4), dtype=np.float64)


def _planned(effect: float, k: int, trials: int, rho: float) -> PlannedTest:
    """One method has `effect`, the others three points; points scatter by one."""
    spread = abs(effect - 3) * np.sqrt(1 - 1 / k)
    each = max(1, trials // k)
    return PlannedTest("equal ratings", float(spread), float(np.sqrt((1 + (each - 1) * rho) / each)), groups=k)


SPEC = KindSpec(
    name="stars",
    trial=TrialSpec(meetings=lambda methods: [(method,) for method in methods], labels=POINTS, spoilt="1"),
    analysis=AnalysisSpec(tabulate=tabulate, find=stars, measures=("mean_opinion",)),
    plan=PlanSpec(
        chance=lambda k: 3.0,
        usual=lambda k: 3.5,
        effect="mean opinion of one method",
        upward=False,
        cell=lambda k, trials: trials // k,
        primary=_planned,
        others=lambda effect, k, trials, rho: None,
        least=1,
        most=5,
    ),
    simulation=SimulationSpec("mean opinion", usual=3, least=1, most=5, probabilities=_probabilities),
    report=ReportSpec(
        task="In each trial the result of one of {k} methods was shown{time} and was to be given one to five points",
        verbs={"mean_opinion": "was given on average"},
        reference="{chance} is the middle of the scale",
        verdicts=("The methods differ", "No difference between the methods was shown"),
        better="was rated above",
        notes="The mean opinion is the mean over people of the mean of their points.",
        model=lambda first: ("as.numeric(label) ~ 0 + method_1", ""),
        difference=(1.0, "points"),
    ),
)
