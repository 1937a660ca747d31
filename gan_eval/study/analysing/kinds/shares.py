"""What the kinds share: ratios without a value, tests within people, comparisons of two methods, per-item tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gan_eval.inference.intervals import holm, wilson
from gan_eval.inference.permutation import PermutationResult, label_permutation, sign_flip
from gan_eval.inference.persons import FEW, Estimate, mean_estimates, people_and_items
from gan_eval.result import Interval
from gan_eval.study.analysing.findings import AnalysisSettings, PairFinding, SignificanceTest
from gan_eval.study.analysing.tables import AnswerRows

Floats = NDArray[np.float64]

#: Resamples of people and items: a second opinion, for which fewer do.
_ITEM_RESAMPLES = 2000


def ratio(part: Floats, whole: Floats) -> Floats:
    """part / whole, NaN where there is nothing to divide by."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(part / whole, dtype=np.float64)


def pooled(successes: float, n: float, settings: AnalysisSettings) -> Interval | None:
    """Wilson's interval, which takes answers as independent; None without answers."""
    return wilson(successes, n, level=settings.level) if n > 0 else None


def as_finding(name: str, outcome: PermutationResult, *, primary: bool, orders: int = 2) -> SignificanceTest:
    """A permutation test as a finding. orders: in how many ways one person's answers can be arranged."""
    how = "all arrangements" if outcome.exact else "random arrangements"
    return SignificanceTest(
        name=name,
        statistic=outcome.statistic,
        p_value=outcome.p_value,
        unit="person",
        n=outcome.people,
        method=how,
        primary=primary,
        # Rearranging everybody's answers alike changes nothing, so the most extreme outcome comes `orders` times.
        least_p=float(orders) ** (1 - outcome.people),
    )


def equal_within_people(
    table: Floats, name: str, settings: AnalysisSettings, *, primary: bool = False
) -> list[SignificanceTest]:
    """Permutation of the methods within each person's row of (P, k); no test for fewer than FEW people."""
    if (~np.isnan(table).any(1)).sum() < FEW:
        return []
    outcome = label_permutation(table, rng=settings.rng(name), arrangements=settings.arrangements)
    return [as_finding(name, outcome, primary=primary, orders=math.factorial(table.shape[1]))]


def against(
    differences: Floats, name: str, settings: AnalysisSettings, *, primary: bool = False
) -> list[SignificanceTest]:
    """Sign flips of per-person differences (P,); no test for fewer than FEW people."""
    if (~np.isnan(differences)).sum() < FEW:
        return []
    outcome = sign_flip(differences, rng=settings.rng(name), arrangements=settings.arrangements)
    return [as_finding(name, outcome, primary=primary)]


def compare(
    methods: Sequence[str],
    difference: Callable[[int, int], Floats],
    weights: Floats,
    settings: AnalysisSettings,
    *,
    answer_p: Callable[[int, int], float | None] = lambda a, b: None,
    bounds: tuple[float, float] = (-1, 1),
) -> tuple[PairFinding, ...]:
    """Every two methods by a per-person difference (P,) within `bounds`; p-values by sign flips, adjusted by Holm.

    Two methods that nobody compared are left out.
    """
    values = {(a, b): difference(a, b) for a, b in combinations(range(len(methods)), 2)}
    pairs = [pair for pair, column in values.items() if not np.isnan(column).all()]
    estimates: list[Estimate] = []
    p_values: list[float | None] = []
    least: list[float | None] = []
    for a, b in pairs:
        column = values[a, b]
        estimates += mean_estimates(column[:, None], weights=weights, level=settings.level, bounds=bounds)
        found = against(column, f"{a} against {b}", settings)
        p_values.append(found[0].p_value if found else None)
        least.append(found[0].least_p if found else None)
    adjusted = adjust(p_values)
    return tuple(
        PairFinding(methods[a], methods[b], estimates[n], p_values[n], adjusted[n], answer_p(a, b), least[n])
        for n, (a, b) in enumerate(pairs)
    )


def adjust(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's adjustment of those that there are."""
    known = [p for p in p_values if p is not None]
    adjusted = iter(holm(known)) if known else iter(())
    return [None if p is None else float(next(adjusted)) for p in p_values]


def adjust_tests(tests: Sequence[SignificanceTest]) -> list[SignificanceTest]:
    """The same tests with p-values adjusted for their number."""
    adjusted = adjust([one.p_value for one in tests])
    return [replace(test, adjusted_p=p) for test, p in zip(tests, adjusted, strict=True)]


def binomial_p(a: float, b: float) -> float | None:
    """Exact binomial test that a and b are equally likely, answers taken as independent; None with half answers."""
    if a + b == 0 or a != int(a) or b != int(b):
        return None
    return float(stats.binomtest(int(a), int(a + b)).pvalue)


def other_items(rows: AnswerRows, part: Floats, whole: Floats, settings: AnalysisSettings) -> list[Interval | None]:
    """Intervals of Σ part / Σ whole, both (N, q), that hold for other people and other items."""
    if rows.people < FEW or len(rows.items) < FEW:
        return [None] * part.shape[1]
    width = part.shape[1]
    return people_and_items(
        rows.sums_by_item(np.hstack([part, whole])),
        lambda sums: ratio(sums[:, :width], sums[:, width:]),
        count=min(settings.resamples, _ITEM_RESAMPLES),
        rng=settings.rng("items"),
        level=settings.level,
    )


def by_item(rows: AnswerRows, part: Floats, whole: Floats) -> dict[str, tuple[float | None, ...]]:
    """Σ part / Σ whole of each item, both (N, q); None where an item has no answer."""
    count = len(rows.items)
    sums = np.zeros((2, count, part.shape[1]))
    np.add.at(sums[0], rows.item, part)
    np.add.at(sums[1], rows.item, whole)
    return dict(zip(rows.items, known(ratio(sums[0], sums[1])), strict=True))


def known(table: Floats) -> tuple[tuple[float | None, ...], ...]:
    """Rows of a table with None for NaN."""
    return tuple(tuple(None if np.isnan(value) else float(value) for value in row) for row in table)
