"""Best of k: each trial shows the results of all methods, and the person picks one.

A share depends on the rivals: it is to be read against 1/k, and not against shares from a study with other methods.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gan_eval.inference.choice import first_choice
from gan_eval.inference.persons import FEW, Statistic, dependence, estimate, person_mean, resamples
from gan_eval.inference.proportions import exact_multinomial_p
from gan_eval.study.analysing.findings import AnalysisSettings, Findings, Measure, MethodFinding, SignificanceTest, Unit
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
from gan_eval.study.analysing.tables import BestOf

Floats = NDArray[np.float64]


def best_of_k(rows: BestOf, settings: AnalysisSettings) -> Findings:
    """Share of choices and strength of each method; tests that no method is preferred; comparisons."""
    n, level = len(rows.person), settings.level
    counts = rows.sums(rows.chosen)
    shares = ratio(counts, counts.sum(1, keepdims=True))
    weights = resamples(rows.people, settings.resamples, settings.rng("bootstrap"))
    share = estimate(person_mean(shares), rows.people, weights=weights, level=level, bounds=(0, 1))
    strength = estimate(strengths(counts), rows.people, weights=weights, level=level)
    totals, ones = counts.sum(0), np.ones_like(rows.chosen)
    items = other_items(rows, rows.chosen, ones, settings)
    never = [name for name, total in zip(rows.methods, totals, strict=True) if total == 0]
    methods = tuple(
        MethodFinding(
            name,
            (
                Measure("share", share[m], n, pooled(totals[m], n, settings), items[m]),
                Measure("strength", strength[m], n, unbounded=bool(never)),
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
            f"{name} was never chosen: its strength is unbounded; strengths are of the counts with half a choice added "
            "to each method"
            for name in never
        ),
    )


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
