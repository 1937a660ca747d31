"""Best of k: each trial shows the results of all methods, and the person picks one.

A share depends on the rivals: it is to be read against 1/k, and not against shares from a study with other methods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from gan_eval.inference.choice import first_choice
from gan_eval.inference.persons import FEW, Statistic, dependence, estimate, mean_estimates, resamples
from gan_eval.inference.power import design_effect, difference_sd
from gan_eval.inference.proportions import exact_multinomial_p
from gan_eval.inference.unbounded import strength_limits
from gan_eval.study.analysing.findings import (
    AnalysisSettings,
    Findings,
    Measure,
    MethodFinding,
    SignificanceTest,
    Unit,
    without_intervals,
)
from gan_eval.study.analysing.kinds.shares import (
    binomial_p,
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
from gan_eval.study.analysing.tables import BestOf, RowIndex, TrialAnswer

Floats = NDArray[np.float64]


def tabulate(index: RowIndex, answers: Sequence[TrialAnswer], methods: Mapping[str, int]) -> BestOf:
    """One row per answer: 1 for the method chosen; no difference gives each 1/k."""
    k = len(index.methods)
    chosen = np.full((len(answers), k), 1 / k)
    for number, answer in enumerate(answers):
        if answer.source is not None:
            chosen[number] = np.eye(k)[methods[answer.source]]
    return BestOf(*index, chosen)


def best_of_k(rows: BestOf, settings: AnalysisSettings) -> Findings:
    """Share of choices and strength of each method; tests that no method is preferred; comparisons."""
    n, level = len(rows.person), settings.level
    counts = rows.sums(rows.chosen)
    shares = ratio(counts, counts.sum(1, keepdims=True))
    weights = resamples(rows.people, settings.resamples, settings.rng("bootstrap"))
    share = mean_estimates(shares, weights=weights, level=level, bounds=(0, 1))
    strength = estimate(strengths(counts), rows.people, weights=weights, level=level)
    totals, ones = counts.sum(0), np.ones_like(rows.chosen)
    items = other_items(rows, rows.chosen, ones, settings)
    never = [name for name, total in zip(rows.methods, totals, strict=True) if total == 0]
    limits = strength_limits(_as_wins(counts), level=level) if never else [None] * len(rows.methods)
    outright = _outright(rows)
    methods = tuple(
        MethodFinding(
            name,
            (
                Measure("share", share[m], n, pooled(totals[m], n, settings), items[m], outright[m]),
                Measure("strength", without_intervals(strength[m]) if never else strength[m], n, unbounded=limits[m]),
            ),
        )
        for m, name in enumerate(rows.methods)
    )
    return Findings(
        methods=methods,
        tests=_tests(shares, totals, settings),
        pairs=compare(
            rows.methods,
            lambda a, b: shares[:, a] - shares[:, b],
            weights,
            settings,
            answer_p=lambda a, b: binomial_p(totals[a], totals[b]),
        ),
        chance=1 / len(rows.methods),
        items=by_item(rows, rows.chosen, ones),
        per_person=known(shares),
        dependence=dependence(counts, np.tile(counts.sum(1, keepdims=True), counts.shape[1])),
        warnings=tuple(
            f"{name} was never chosen: strengths are unbounded; those given are of the counts with half a choice added "
            "to each method"
            for name in never
        ),
    )


def _as_wins(counts: Floats) -> Floats:
    """Counts (P, k) as tables (P, k, k): each choice is one over every rival."""
    return np.asarray(counts[:, :, None] * (1 - np.eye(counts.shape[1])), dtype=np.float64)


def _outright(rows: BestOf) -> Sequence[float | None]:
    """Per method the mean over people of how often it was itself chosen; None where no answer was a tie."""
    whole = rows.chosen == 1
    if whole.any(1).all():
        return [None] * len(rows.methods)
    answers = rows.sums(np.ones((len(rows.person), 1)))
    return [float(value) for value in ratio(rows.sums(whole.astype(np.float64)), answers).mean(0)]


def strengths(counts: Floats) -> Statistic:
    """Centred log shares of weighted counts (P, k); where a method was never chosen, half a choice is added to each."""

    def statistic(weights: Floats) -> Floats:
        totals = weights @ counts
        never = (totals <= 0).any(1, keepdims=True)
        return first_choice(totals + 0.5 * never)

    return statistic


def _tests(shares: Floats, totals: Floats, settings: AnalysisSettings) -> tuple[SignificanceTest, ...]:
    """The permutation test; Friedman's beside it; and those of the literature, which take answers as independent."""
    found = equal_within_people(shares, "equal shares (labels permuted within people)", settings, primary=True)
    people, k = shares.shape
    n = round(float(totals.sum()))
    if people < FEW:
        return ()
    if k > 2 and np.ptp(shares, axis=1).any():
        statistic, p = stats.friedmanchisquare(*shares.T)
        found.append(_chi_square("Friedman", float(statistic), float(p), "person", people, k))
    chi, g = stats.chisquare(totals), stats.power_divergence(totals, lambda_="log-likelihood")
    found.append(_chi_square("chi-square", float(chi.statistic), float(chi.pvalue), "answer", n, k))
    found.append(_chi_square("G", float(g.statistic), float(g.pvalue), "answer", n, k))
    if (totals == np.round(totals)).all():
        exact = exact_multinomial_p([int(total) for total in totals])
        if exact is not None:
            name = "equal shares (exact multinomial)"
            found.append(SignificanceTest(name, float(chi.statistic), exact, "answer", n, "exact"))
    return tuple(found)


def _chi_square(name: str, statistic: float, p: float, unit: Unit, n: int, k: int) -> SignificanceTest:
    return SignificanceTest(f"equal shares ({name})", statistic, p, unit, n, f"χ²({k - 1})")


def preferred(sources: tuple[str, ...], planted: Mapping[str, float], real_error: float) -> Floats:
    """Luce's choice model: each source is chosen in proportion to the exponential of its strength."""
    return np.asarray(special.softmax([planted[source] for source in sources]), dtype=np.float64)


def _planned_equal(effect: float, k: int, trials: int, rho: float) -> PlannedTest:
    """All shares equal, where one method has `effect` and the others share the rest alike."""
    shares = np.array([effect, *[(1 - effect) / (k - 1)] * (k - 1)])
    spread = np.sqrt(((shares - 1 / k) ** 2).sum())
    variance = (shares * (1 - shares)).sum() / (k - 1) * design_effect(trials, rho) / trials
    return PlannedTest("equal shares", float(spread), float(np.sqrt(variance)), groups=k, at_half=k == 2)


def _planned_pair(effect: float, k: int, trials: int, rho: float) -> PlannedTest | None:
    """The best method against another, one of all comparisons."""
    other = (1 - effect) / (k - 1)
    sd = difference_sd(effect, other, trials, rho)
    return PlannedTest("each two methods", effect - other, sd, family=k * (k - 1) // 2)


SPEC = KindSpec(
    name="best-of-k",
    trial=TrialSpec(meetings=lambda methods: [tuple(methods)], least_methods=2, shows_input=True),
    analysis=AnalysisSpec(
        tabulate=tabulate,
        find=best_of_k,
        measures=("share", "strength"),
        score=("strength", "strengths on the log scale, mean zero: a difference of 1 are odds of 2.7 to 1"),
        ties_tell=True,
    ),
    plan=PlanSpec(
        chance=lambda k: 1 / k,
        usual=lambda k: min(0.9, 1 / k + 0.1),
        effect="share of the better method",
        upward=True,
        cell=lambda k, trials: trials,
        primary=_planned_equal,
        others=_planned_pair,
    ),
    simulation=SimulationSpec("strength", usual=0, least=-50, most=50, probabilities=preferred),
    report=ReportSpec(
        task="In each trial the results of {k} methods were shown{beside} in counterbalanced order, and one was to be "
        "chosen",
        verbs={"share": "was chosen in", "strength": "has a strength of"},
        reference="{chance} would be expected without a preference",
        verdicts=("The methods differ", "No difference between the methods was shown"),
        better="was preferred to",
        notes="Strengths are maximum-likelihood estimates of Luce’s choice model, centred; whether they are finite was "
        "checked first. A share of best-of-{k} depends on the rivals: it is to be read against {chance}, and "
        "not against other studies.",
        model=lambda first: (f"(choice_method == {first}) ~ 1", ""),
    ),
)
