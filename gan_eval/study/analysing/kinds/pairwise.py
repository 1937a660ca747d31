"""Pairwise: each trial shows the results of two methods, and the person picks one or calls a tie.

A tie counts half for both in shares and in the Bradley–Terry strengths; Davidson's model, which has a parameter for
it, is fitted beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gan_eval.inference import choice
from gan_eval.inference.permutation import vector_sign_flip
from gan_eval.inference.persons import (
    FEW,
    Estimate,
    Statistic,
    dependence,
    estimate,
    mean_estimates,
    person_mean,
    resamples,
)
from gan_eval.inference.power import design_effect, share_sd
from gan_eval.inference.unbounded import Unbounded, strength_limits
from gan_eval.study.analysing.findings import (
    AnalysisSettings,
    Findings,
    Measure,
    MethodFinding,
    SignificanceTest,
    WinTable,
    without_intervals,
)
from gan_eval.study.analysing.kinds.best_of_k import preferred
from gan_eval.study.analysing.kinds.shares import (
    against,
    as_finding,
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
from gan_eval.study.analysing.tables import Pairs, RowIndex, TrialAnswer

Floats = NDArray[np.float64]

HALF = "half a win added each way"


def tabulate(index: RowIndex, answers: Sequence[TrialAnswer], methods: Mapping[str, int]) -> Pairs:
    """One row per answer: the two methods, which of them was chosen (0.5: no difference), and their sides."""
    shown = np.array([[methods[source] for source in answer.sources] for answer in answers])
    a, b = shown.min(1), shown.max(1)
    won = [
        0.5 if answer.source is None else float(methods[answer.source] == first)
        for answer, first in zip(answers, a, strict=True)
    ]
    return Pairs(*index, a, b, np.array(won), shown[:, 0] == a)


def pairwise(rows: Pairs, settings: AnalysisSettings) -> Findings:
    """Strength and win share of each method; comparisons; connectivity, fit, side and ties."""
    level = settings.level
    tables = win_tables(rows)
    wins, won, played = tables.sum(0), tables.sum(2), tables.sum(2) + tables.sum(1)
    weights = resamples(rows.people, settings.resamples, settings.rng("bootstrap"))
    share = mean_estimates(ratio(won, played), weights=weights, level=level, bounds=(0, 1))
    replicates = strengths(tables)(weights)
    strength = estimate(strengths(tables), rows.people, weights=weights, level=level, replicates=replicates)
    groups = choice.components(wins)
    total, upper = played.sum(0), np.triu_indices(len(rows.methods), 1)
    won_of, shown_of = _per_answer(rows)
    items = other_items(rows, won_of, shown_of, settings)
    limits = [None] * len(rows.methods) if len(groups) == 1 else strength_limits(tables, level=level)
    outright = _outright(rows, won_of, shown_of)
    methods = tuple(
        MethodFinding(
            name,
            (
                _strength(strength[m], int(total[m]), limits[m]),
                Measure(
                    "share", share[m], int(total[m]), pooled(won[:, m].sum(), total[m], settings), items[m], outright[m]
                ),
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


def _strength(estimate: Estimate, answers: int, limit: Unbounded | None) -> Measure:
    """The strength; of a method without an answer none, and without an interval where the answers set no bound."""
    if not answers:
        return Measure("strength", Estimate(float("nan"), estimate.people), 0)
    return Measure("strength", without_intervals(estimate) if limit else estimate, answers, unbounded=limit)


def _outright(rows: Pairs, won: Floats, shown: Floats) -> list[float | None]:
    """Per method the mean over people of how often it was itself chosen; None where no answer was a tie."""
    if not (rows.won == 0.5).any():
        return [None] * len(rows.methods)
    means = person_mean(ratio(rows.sums((won == 1).astype(np.float64)), rows.sums(shown)))(np.ones((1, rows.people)))[0]
    return [None if np.isnan(value) else float(value) for value in means]


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
    if rows.people < FEW:
        return ()
    found = [_equal_strengths(rows, shares, settings)]
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


def _equal_strengths(rows: Pairs, shares: Floats, settings: AnalysisSettings) -> SignificanceTest:
    """The primary test: methods permuted within people; where somebody has not met all, answers flipped by people."""
    if not np.isnan(shares).any():
        name = "equal strengths (labels permuted within people)"
        return equal_within_people(shares, name, settings, primary=True)[0]
    name = "equal strengths (all answers of a person flipped)"
    tables = win_tables(rows)
    net = tables.sum(2) - tables.sum(1)
    outcome = vector_sign_flip(net, rng=settings.rng(name), arrangements=settings.arrangements)
    return as_finding(name, outcome, primary=True)


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
        return _separated(names, groups, tables.sum(0))
    people, k, _ = tables.shape
    loose = int((~choice.connected((weights @ tables.reshape(people, k * k)).reshape(-1, k, k))).sum())
    if loose <= len(weights) / 100:
        return ()
    share = f"{loose} of {len(weights)} resamples of the people"
    return (f"in {share} some method won or lost everything: the strengths' outer interval ends rest on {HALF}",)


def _separated(names: Sequence[str], groups: Sequence[Sequence[int]], wins: Floats) -> tuple[str, ...]:
    """Why no strengths are bounded: methods without an answer, groups that never met, groups that won everything."""
    played = wins + wins.T
    silent = [m for m in range(len(names)) if not played[m].any()]
    texts = [f"no answer was given on {names[m]}: nothing can be said of it" for m in silent]
    met = [group for group in groups if not set(group) <= set(silent)]
    for place, group in enumerate(met[:-1]):
        rest = [m for other in met[place + 1 :] for m in other]
        top, bottom = (" and ".join(names[m] for m in side) for side in (group, rest))
        if not played[np.ix_(group, rest)].any():
            texts.append(f"{top} was compared with none of {bottom}: their strengths cannot be put on one scale")
        elif not wins[np.ix_(rest, group)].any():
            texts.append(f"{top} won every comparison with {bottom}")
        else:
            texts.append(f"{bottom} won every comparison with {top}")
    return (*texts, f"strengths are unbounded; those given have {HALF}")


def _nested(table: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in table)


def _planned_equal(effect: float, k: int, trials: int, rho: float) -> PlannedTest:
    """All methods alike, where one is chosen over each other with `effect` and the others are equal.

    Per person and method the net wins of its trials: their mean and the variance of a contrast. A person who meets
    every pair does so trials / pairs times; one who does not meets each of `trials` pairs once.
    """
    pairs = k * (k - 1) // 2
    each = max(1, trials // pairs)
    met = min(trials, pairs) * each
    net = met * (2 / k) * (2 * effect - 1)
    won = (2 / k) * 4 * effect * (1 - effect) + (1 - 2 / k)
    variance = met * 2 / (k - 1) * won * design_effect(each, rho)
    return PlannedTest(
        "equal strengths", net * np.sqrt(1 + 1 / (k - 1)), float(np.sqrt(variance)), groups=k, at_half=k == 2
    )


def _planned_pair(effect: float, k: int, trials: int, rho: float) -> PlannedTest | None:
    """The two methods of a pair, one of all pairs; None where that is the primary test once more."""
    pairs = k * (k - 1) // 2
    if pairs == 1:
        return None
    sd = share_sd(effect, max(1, trials // pairs), rho)
    return PlannedTest("each two methods", effect - 0.5, sd, family=pairs, seen=min(1.0, trials / pairs))


SPEC = KindSpec(
    name="pairwise",
    trial=TrialSpec(
        meetings=lambda methods: list(combinations(methods, 2)), least_methods=2, ties=True, shows_input=True
    ),
    analysis=AnalysisSpec(
        tabulate=tabulate,
        find=pairwise,
        measures=("share", "strength"),
        score=("strength", "strengths on the log scale, mean zero: a difference of 1 are odds of 2.7 to 1"),
        ties_tell=True,
    ),
    plan=PlanSpec(
        chance=lambda k: 0.5,
        usual=lambda k: 0.6,
        effect="share of the better method",
        upward=True,
        cell=lambda k, trials: max(1, trials // (k * (k - 1) // 2)),
        primary=_planned_equal,
        others=_planned_pair,
    ),
    simulation=SimulationSpec("strength", usual=0, least=-50, most=50, probabilities=preferred),
    report=ReportSpec(
        task="In each trial the results of two of {k} methods were shown{beside}, sides counterbalanced, and one was "
        "to be chosen",
        verbs={"share": "was chosen in", "strength": "has a Bradley–Terry strength of"},
        reference="{chance} would be expected without a preference",
        verdicts=("The methods differ", "No difference between the methods was shown"),
        better="was preferred to",
        notes="Strengths are maximum-likelihood estimates of Bradley and Terry’s model, centred; whether they are "
        "finite was checked first.",
        model=lambda first: (
            f"(choice_method == {first}) ~ 1",
            f"(method_1 == {first} | method_2 == {first})",
        ),
    ),
)
