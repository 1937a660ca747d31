"""Rank-k: each trial shows the results of all methods, and the person puts them in order, the best first.

The share is that of rivals ranked below, over all trials: one half without a preference, 1 for a method that is always
first; with the mean rank r it is (k − r)/(k − 1). Like a share of best-of-k it depends on the rivals. Strengths are
Plackett and Luce's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from gan_eval.inference import choice
from gan_eval.inference.persons import estimate, mean_estimates, resamples
from gan_eval.inference.power import design_effect, share_sd
from gan_eval.inference.rankings import ChoiceSets
from gan_eval.inference.unbounded import strength_limits
from gan_eval.study.analysing.findings import AnalysisSettings, Findings, Measure, MethodFinding, bounded
from gan_eval.study.analysing.kinds.best_of_k import preferred
from gan_eval.study.analysing.kinds.shares import (
    by_item,
    compare,
    equal_within_people,
    known,
    other_items,
    pooled,
    ratio,
)
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


@dataclass(frozen=True, slots=True)
class Rankings(AnswerRows):
    """order (N, k): methods from the best to the worst."""

    order: NDArray[np.int64]


def tabulate(index: RowIndex, answers: Sequence[TrialAnswer], methods: Mapping[str, int]) -> Rankings:
    """One row per answer: the methods in the order that they were given."""
    return Rankings(*index, np.array([[methods[source] for source in answer.ranking] for answer in answers]))


def rank_k(rows: Rankings, settings: AnalysisSettings) -> Findings:
    """Share of rivals ranked below, strength, mean rank of each method; tests; comparisons."""
    n, k, level = len(rows.person), len(rows.methods), settings.level
    below = (k - 1 - rows.order.argsort(1)) / (k - 1)
    ones = np.ones_like(below)
    shares = ratio(rows.sums(below), rows.sums(ones))
    weights = resamples(rows.people, settings.resamples, settings.rng("bootstrap"))
    share = mean_estimates(shares, weights=weights, level=level, bounds=(0, 1))
    first = mean_estimates(
        ratio(rows.sums((below == 1).astype(np.float64)), rows.sums(ones)), weights=weights, level=level, bounds=(0, 1)
    )
    mean_rank = mean_estimates(k - (k - 1) * shares, weights=weights, level=level, bounds=(1, k))
    sets = ChoiceSets(rows.order, rows.person, rows.people)
    strength = estimate(sets.strengths, rows.people, weights=weights, level=level)
    above = sets.above()
    loose = len(choice.components(above.sum(0))) > 1
    limits = strength_limits(above, level=level) if loose else [None] * k
    items = other_items(rows, below, ones, settings)
    methods = tuple(
        MethodFinding(
            name,
            (
                Measure("rivals_below", share[m], n, None, items[m]),
                bounded(Measure("strength", strength[m], n), limits[m]),
                Measure("ranked_first", first[m], n, pooled(float((below[:, m] == 1).sum()), n, settings)),
                Measure("mean_rank", mean_rank[m], n),
            ),
        )
        for m, name in enumerate(rows.methods)
    )
    name = "equal ranks (labels permuted within people)"
    return Findings(
        methods=methods,
        tests=tuple(equal_within_people(shares, name, settings, primary=True)),
        pairs=compare(
            rows.methods,
            lambda a, b: ratio(above[:, a, b] - above[:, b, a], above[:, a, b] + above[:, b, a]),
            weights,
            settings,
        ),
        chance=0.5,
        items=by_item(rows, below, ones),
        per_person=known(shares),
        warnings=_warnings(rows.methods, above.sum(0)),
    )


def _warnings(names: Sequence[str], above: Floats) -> tuple[str, ...]:
    """Why no strengths are finite."""
    groups = choice.components(above)
    if len(groups) == 1:
        return ()
    top = " and ".join(names[m] for m in groups[0])
    why = f"{top} was never ranked below the others: strengths are unbounded"
    return (f"{why}; those given have half a choice added each way between every two methods",)


def _planned_equal(effect: float, k: int, trials: int, rho: float) -> PlannedTest:
    """One method has `effect` of its rivals below it, and the others are alike; else ranks are by chance."""
    shares = np.array([effect, *[(k / 2 - effect) / (k - 1)] * (k - 1)])
    spread = np.sqrt(((shares - 0.5) ** 2).sum())
    # A rank by chance is uniform over k places: the share has the variance (k + 1)/(12 (k − 1)).
    variance = k * (k + 1) / (12 * (k - 1)) / (k - 1) * design_effect(trials, rho) / trials
    return PlannedTest("equal ranks", float(spread), float(np.sqrt(variance)), groups=k, at_half=k == 2)


def _planned_pair(effect: float, k: int, trials: int, rho: float) -> PlannedTest | None:
    """The better method ranked above one other, one of all pairs; None where that is the primary test once more."""
    if k == 2:
        return None
    return PlannedTest("each two methods", effect - 0.5, share_sd(effect, trials, rho), family=len(_pairs(k)))


def _pairs(k: int) -> list[tuple[int, int]]:
    return list(combinations(range(k), 2))


SPEC = KindSpec(
    name="rank-k",
    trial=TrialSpec(meetings=lambda methods: [tuple(methods)], least_methods=2, shows_input=True, ranked=True),
    analysis=AnalysisSpec(
        tabulate=tabulate,
        find=rank_k,
        measures=("rivals_below", "strength"),
        score=("strength", "Plackett–Luce strengths, mean zero: a difference of 1 are odds of 2.7 to 1"),
    ),
    plan=PlanSpec(
        chance=lambda k: 0.5,
        usual=lambda k: 0.6,
        effect="share of rivals that the better method is ranked above",
        upward=True,
        cell=lambda k, trials: trials,
        primary=_planned_equal,
        others=_planned_pair,
    ),
    simulation=SimulationSpec("strength", usual=0, least=-50, most=50, probabilities=preferred),
    report=ReportSpec(
        task="In each trial the results of {k} methods were shown{beside} in counterbalanced order, and all were to be "
        "put in order, the best first",
        verbs={"rivals_below": "was ranked above its rivals in", "strength": "has a Plackett–Luce strength of"},
        reference="{chance} would be expected without a preference",
        verdicts=("The methods differ", "No difference between the methods was shown"),
        better="was ranked above",
        counted="of comparisons with all rivals in all trials",
        notes="The share counts, of all rivals in all trials, those ranked below; 1 less it, times {k} − 1, plus 1 is "
        "the mean rank. Strengths are maximum-likelihood estimates of Plackett and Luce’s model, centred; whether they "
        "are finite was checked first.",
        model=lambda first: (f"(choice_method == {first}) ~ 1", ""),
    ),
)
