"""Strengths, intervals over people, and pairs told apart."""

from __future__ import annotations

from dataclasses import replace

import choix
import numpy as np
import pytest
from scipy import stats

from gan_eval.inference.intervals import holm
from gan_eval.study.votes.ballots import Rates, Votes
from gan_eval.study.votes.standing import standing
from tests.gan_eval.study.votes.boards import METHODS, STRENGTHS, board, separate_pools


def test_strengths_are_those_of_an_independent_implementation() -> None:
    votes = board(3000, ties=0.2)
    # A tie is half a win for both: every win is entered twice, a tie once each way.
    data = [
        pair
        for a, b, won in zip(votes.first, votes.second, votes.won, strict=True)
        for pair in ([(a, b), (b, a)] if won == 0.5 else [(a, b)] * 2 if won else [(b, a)] * 2)
    ]
    theirs = choix.opt_pairwise(8, [(int(a), int(b)) for a, b in data], alpha=0, tol=1e-12)
    assert standing(votes, count=100).values == pytest.approx(theirs - theirs.mean(), abs=1e-6)


def test_planted_strengths_lie_within_the_intervals() -> None:
    found = standing(board(6000, ties=0.0), count=500)
    inside = [bar.low <= theta <= bar.high for bar, theta in zip(found.intervals, STRENGTHS, strict=True) if bar]
    assert sum(inside) >= 7
    assert [pair.better for pair in found.pairs if (pair.a, pair.b) == ("A", "H")] == ["A"]


def test_people_who_vote_often_and_alike_widen_the_intervals() -> None:
    votes = board(3000, voters=12)
    assert votes.voter is not None
    rng = np.random.default_rng(0)
    taste = rng.normal(0, 1.5, (12, 8))
    gap = taste[votes.voter, votes.first] - taste[votes.voter, votes.second]
    swayed = replace(votes, won=np.where(rng.random(3000) < 1 / (1 + np.exp(-gap)), 1.0, 0.0))
    over_people, over_votes = standing(swayed, count=300), standing(replace(swayed, voter=None), count=300)
    widths = [np.mean([bar.high - bar.low for bar in found.intervals if bar]) for found in (over_people, over_votes)]
    assert widths[0] > 2 * widths[1]
    assert (over_people.unit, over_votes.unit) == ("person", "vote")
    assert any("does not say who voted" in note for note in over_votes.notes)


def test_pools_that_never_met_have_no_interval_and_no_test() -> None:
    found = standing(separate_pools(), count=100)
    assert found.intervals == (None,) * 8
    assert found.told() == []
    assert any("unbounded" in note for note in found.notes)


def rates(people: int, *, apart: bool) -> Rates:
    """Three methods of error rates 0.1, 0.2 and 0.4."""
    rng = np.random.default_rng(0)
    person = np.arange(people) if apart else np.repeat(np.arange(people), 3)
    method = np.arange(len(person)) % 3
    value = np.array([0.1, 0.2, 0.4])[method] + rng.normal(0, 0.05, len(person))
    return Rates(("x", "y", "z"), person, method, value, "error rate")


def test_methods_judged_by_different_people_are_compared_by_welch() -> None:
    found = standing(rates(60, apart=True), count=200)
    table = rates(60, apart=True).table()
    columns = [column[~np.isnan(column)] for column in table.T]
    ps = [stats.ttest_ind(columns[a], columns[b], equal_var=False).pvalue for a, b in ((0, 1), (0, 2), (1, 2))]
    assert [pair.adjusted_p for pair in found.pairs] == pytest.approx(holm(ps))
    assert found.values == pytest.approx([column.mean() for column in columns])
    assert [pair.better for pair in found.pairs] == ["y", "z", "z"]


def test_methods_judged_by_the_same_people_are_compared_within_them() -> None:
    found = standing(rates(12, apart=False), count=200)
    table = rates(12, apart=False).table()
    for pair, (a, b) in zip(found.pairs, ((0, 1), (0, 2), (1, 2)), strict=True):
        gaps = (table[:, a] - table[:, b],)
        flips = stats.permutation_test(gaps, np.mean, permutation_type="samples", n_resamples=np.inf)
        assert pair.p_value == pytest.approx(flips.pvalue)
    assert found.people == 12


@pytest.mark.parametrize("people", [1, 4])
def test_few_people_are_not_tested(people: int) -> None:
    assert [pair.p_value for pair in standing(rates(people, apart=False), count=100).pairs] == [None] * 3


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, second = (standing(board(400), count=100, seed=3) for _ in range(2))
    assert (first.replicates == second.replicates).all()
    assert not (first.replicates == standing(board(400), count=100, seed=4).replicates).all()


def test_a_vote_counts_for_the_method_and_not_for_its_slot() -> None:
    votes = board(500)
    turned = Votes(METHODS, votes.second, votes.first, 1 - votes.won, votes.voter, votes.item)
    assert standing(turned, count=100).values == pytest.approx(standing(votes, count=100).values)
