"""Pairwise: each trial shows the results of two methods, and the person picks one or calls a tie.

A tie counts half for both in shares and in the Bradley–Terry strengths; Davidson's model, which has a parameter for
it, is fitted beside them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gan_eval.inference import choice
from gan_eval.inference.persons import FEW, Statistic, dependence, estimate, person_mean, resamples
from gan_eval.study.analysing.findings import (
    AnalysisSettings,
    Findings,
    Measure,
    MethodFinding,
    SignificanceTest,
    WinTable,
)
from gan_eval.study.analysing.kinds.shares import (
    against,
    binomial_p,
    by_item,
    compare,
    equal_within_people,
    known,
    other_items,
    pooled,
    ratio,
)
from gan_eval.study.analysing.tables import Pairs

Floats = NDArray[np.float64]

HALF = "half a win added each way"


def pairwise(rows: Pairs, settings: AnalysisSettings) -> Findings:
    """Strength and win share of each method; comparisons; connectivity, fit, side and ties."""
    level = settings.level
    tables = win_tables(rows)
    wins, won, played = tables.sum(0), tables.sum(2), tables.sum(2) + tables.sum(1)
    weights = resamples(rows.people, settings.resamples, settings.rng("bootstrap"))
    share = estimate(person_mean(ratio(won, played)), rows.people, weights=weights, level=level, bounds=(0, 1))
    replicates = strengths(tables)(weights)
    strength = estimate(strengths(tables), rows.people, weights=weights, level=level, replicates=replicates)
    groups = choice.components(wins)
    total, upper = played.sum(0), np.triu_indices(len(rows.methods), 1)
    won_of, shown_of = _per_answer(rows)
    items = other_items(rows, won_of, shown_of, settings)
    methods = tuple(
        MethodFinding(
            name,
            (
                Measure("strength", strength[m], int(total[m]), unbounded=len(groups) > 1),
                Measure("share", share[m], int(total[m]), pooled(won[:, m].sum(), total[m], settings), items[m]),
            ),
        )
        for m, name in enumerate(rows.methods)
    )
    return Findings(
        methods=methods,
        tests=_tests(rows, ratio(won, played), wins, len(groups) == 1, settings),
        pairs=compare(
            rows.methods,
            lambda a, b: ratio(tables[:, a, b] - tables[:, b, a], tables[:, a, b] + tables[:, b, a]),
            weights,
            settings,
            answer_p=lambda a, b: binomial_p(wins[a, b], wins[b, a]),
        ),
        chance=0.5,
        items=by_item(rows, won_of, shown_of),
        per_person=known(ratio(won, played)),
        dependence=dependence(
            tables[:, upper[0], upper[1]], (tables + tables.transpose(0, 2, 1))[:, upper[0], upper[1]]
        ),
        wins=_win_table(rows, tables, replicates),
        warnings=_warnings(rows.methods, groups, tables, weights),
    )


def win_tables(rows: Pairs) -> Floats:
    """Per person (P, k, k) how often row was chosen over column; a tie is half a win for both."""
    k = len(rows.methods)
    tables = np.zeros((rows.people, k, k))
    np.add.at(tables, (rows.person, rows.a, rows.b), rows.won)
    np.add.at(tables, (rows.person, rows.b, rows.a), 1 - rows.won)
    return tables


def strengths(tables: Floats) -> Statistic:
    """Bradley–Terry strengths of weighted win tables (P, k, k)."""
    people, k, _ = tables.shape
    flat = tables.reshape(people, k * k)
    return lambda weights: choice.bradley_terry_many((weights @ flat).reshape(-1, k, k))


def _per_answer(rows: Pairs) -> tuple[Floats, Floats]:
    """(N, k) what each answer gives a method (1, 0.5 or 0), and whether it was shown."""
    n = len(rows.person)
    won, shown = np.zeros((2, n, len(rows.methods)))
    won[np.arange(n), rows.a], won[np.arange(n), rows.b] = rows.won, 1 - rows.won
    shown[np.arange(n), rows.a] = shown[np.arange(n), rows.b] = 1
    return won, shown


def _tests(
    rows: Pairs, shares: Floats, wins: Floats, connected: bool, settings: AnalysisSettings
) -> tuple[SignificanceTest, ...]:
    found = equal_within_people(shares, "equal strengths (labels permuted within people)", settings, primary=True)
    if rows.people < FEW:
        return ()
    n, k = len(rows.person), len(rows.methods)
    if connected:
        fit = choice.bradley_terry(wins)
        found.append(
            _likelihood("equal strengths (likelihood ratio)", fit.loglik - choice.equal_loglik(wins), k - 1, n)
        )
        if k > 2:
            played = int(((wins + wins.T)[np.triu_indices(k, 1)] > 0).sum())
            gap = choice.saturated_loglik(wins) - fit.loglik
            if played > k - 1:
                found.append(_likelihood("fit of Bradley-Terry (deviance)", gap, played - (k - 1), n))
    left = np.where(rows.a_left, rows.won, 1 - rows.won)
    chosen_left = ratio(
        rows.sums(left[:, None])[:, 0], np.bincount(rows.person, minlength=rows.people).astype(np.float64)
    )
    found += against(chosen_left - 0.5, "left and right chosen alike (sign flips of people)", settings)
    return tuple(found)


def _likelihood(name: str, gain: float, df: int, n: int) -> SignificanceTest:
    statistic = max(0.0, 2 * gain)
    return SignificanceTest(name, statistic, float(stats.chi2.sf(statistic, df)), "answer", n, f"χ²({df})")


def _win_table(rows: Pairs, tables: Floats, replicates: Floats) -> WinTable:
    wins = tables.sum(0)
    theta = strengths(tables)(np.ones((1, rows.people)))[0]
    ranks = (-replicates).argsort(1).argsort(1)
    k = len(rows.methods)
    rank_shares = np.stack([(ranks == place).mean(0) for place in range(k)], axis=1)
    tied = rows.won == 0.5
    ties = np.zeros((k, k))
    np.add.at(ties, (rows.a[tied], rows.b[tied]), 1)
    np.add.at(ties, (rows.b[tied], rows.a[tied]), 1)
    return WinTable(
        names=rows.methods,
        wins=_nested(wins - ties / 2),
        ties=_nested(ties),
        beats_average=tuple(float(p) for p in 1 / (1 + np.exp(-theta))),
        elo=tuple(float(points) for points in choice.elo(theta)),
        ranks=_nested(rank_shares),
        left_advantage=_left_advantage(rows),
        log_nu=_log_nu(wins - ties / 2, ties),
        components=tuple(tuple(rows.methods[m] for m in group) for group in choice.components(wins)),
    )


def _left_advantage(rows: Pairs) -> tuple[float, float] | None:
    """Side term and its standard error; None where strengths are unbounded or one side was never chosen."""
    k = len(rows.methods)
    left, right = np.where(rows.a_left, rows.a, rows.b), np.where(rows.a_left, rows.b, rows.a)
    left_won = np.where(rows.a_left, rows.won, 1 - rows.won)
    if len(choice.components(win_tables(rows).sum(0))) > 1 or left_won.sum() in (0, len(left_won)):
        return None
    left_wins, right_wins = np.zeros((2, k, k))
    np.add.at(left_wins, (left, right), left_won)
    np.add.at(right_wins, (left, right), 1 - left_won)
    fit = choice.with_side(left_wins, right_wins)
    return None if fit.extra is None or fit.extra_se is None else (fit.extra, fit.extra_se)


def _log_nu(wins: Floats, ties: Floats) -> tuple[float, float] | None:
    """Davidson's log ν and its standard error; None without ties, without wins or with unbounded strengths."""
    if not ties.any() or not wins.any() or len(choice.components(wins + ties / 2)) > 1:
        return None
    fit = choice.davidson(wins, ties)
    return None if fit.extra is None or fit.extra_se is None else (fit.extra, fit.extra_se)


def _warnings(
    names: Sequence[str], groups: Sequence[Sequence[int]], tables: Floats, weights: Floats
) -> tuple[str, ...]:
    """Unbounded strengths, of the answers themselves or of many of their resamples."""
    if len(groups) > 1:
        top = " and ".join(names[m] for m in groups[0])
        rest = " and ".join(names[m] for group in groups[1:] for m in group)
        return (f"{top} won every comparison with {rest}: strengths are unbounded; those given have {HALF}",)
    people, k, _ = tables.shape
    loose = int((~choice.connected((weights @ tables.reshape(people, k * k)).reshape(-1, k, k))).sum())
    if loose <= len(weights) / 100:
        return ()
    share = f"{loose} of {len(weights)} resamples of the people"
    return (f"in {share} some method won or lost everything: the strengths' outer interval ends rest on {HALF}",)


def _nested(table: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in table)
