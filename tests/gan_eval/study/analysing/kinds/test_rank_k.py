"""Rankings: shares, strengths, and what degenerate answers leave."""

from __future__ import annotations

import choix
import numpy as np
import pytest

from gan_eval.study.analysing.findings import AnalysisSettings
from gan_eval.study.analysing.kinds.rank_k import Rankings, rank_k

QUICK = AnalysisSettings(resamples=200, arrangements=999)


def rows(orders: list[list[list[int]]]) -> Rankings:
    """Person → their rankings, as rows; one item."""
    person = np.array([p for p, own in enumerate(orders) for _ in own])
    order = np.array([ranking for own in orders for ranking in own])
    names = tuple("ABCD"[: order.shape[1]])
    return Rankings(names, len(orders), ("i",), person, np.zeros(len(person), int), order)


def test_the_share_is_that_of_rivals_below() -> None:
    found = rank_k(rows([[[0, 1, 2]], [[0, 2, 1], [1, 0, 2]]]), QUICK)
    shares = [method.measures[0].estimate.value for method in found.methods]
    assert shares == pytest.approx([(1 + 0.75) / 2, (0.5 + 0.5) / 2, (0 + 0.25) / 2])
    ranks = [method.measures[3].estimate.value for method in found.methods]
    assert ranks == pytest.approx([3 - 2 * share for share in shares])
    assert [method.measures[2].estimate.value for method in found.methods] == pytest.approx([0.75, 0.25, 0.0])


def test_strengths_are_those_of_an_independent_implementation() -> None:
    rng = np.random.default_rng(0)
    orders = [
        [(-(np.array([0.5, 0, -0.5]) + rng.gumbel(size=3))).argsort().tolist() for _ in range(6)] for _ in range(9)
    ]
    found = rank_k(rows(orders), QUICK)
    theirs = choix.opt_rankings(3, [ranking for own in orders for ranking in own], alpha=0, tol=1e-12)
    strengths = [method.measures[1].estimate.value for method in found.methods]
    assert strengths == pytest.approx(theirs - theirs.mean(), abs=1e-5)


def test_one_order_by_all_is_tested_exactly_and_unbounded() -> None:
    found = rank_k(rows([[[0, 1, 2]]] * 6), QUICK)
    assert found.tests[0].p_value == pytest.approx(6 / 6**6)
    assert [pair.p_value for pair in found.pairs] == [2 / 2**6] * 3
    limits = [method.measures[1].unbounded for method in found.methods]
    assert [limit.side for limit in limits if limit] == ["above", "both", "below"]
    assert "never ranked below" in found.warnings[0]


def test_opposite_orders_are_no_difference() -> None:
    found = rank_k(rows([[[0, 1, 2]], [[2, 1, 0]]] * 4), QUICK)
    assert [method.measures[0].estimate.value for method in found.methods] == [0.5] * 3
    assert found.tests[0].p_value == 1.0


def test_few_people_are_only_described() -> None:
    found = rank_k(rows([[[0, 1, 2]]] * 3), QUICK)
    assert found.tests == ()
    assert all(measure.estimate.interval is None for method in found.methods for measure in method.measures)
