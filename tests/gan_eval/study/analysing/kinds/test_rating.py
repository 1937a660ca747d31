"""Ratings: mean opinion, strengths, and what degenerate answers leave."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.inference.ordinal import ordinal_strengths
from gan_eval.study.analysing.findings import AnalysisSettings
from gan_eval.study.analysing.kinds.rating import Ratings, rating
from gan_eval.study.analysing.kinds.table import kind_spec

QUICK = AnalysisSettings(resamples=200, arrangements=999)


def rows(table: list[list[list[int]]]) -> Ratings:
    """Person → method → points, as rows; one item."""
    flat = [(p, m, one) for p, own in enumerate(table) for m, points in enumerate(own) for one in points]
    person, source, points = np.array(flat).T
    return Ratings(("A", "B"), len(table), ("i",), person, np.zeros(len(flat), int), source, points)


def test_the_mean_opinion_is_the_mean_over_people() -> None:
    found = rating(rows([[[5], [1, 1]], [[1, 1, 1], [2]]]), QUICK)
    assert [method.measures[0].estimate.value for method in found.methods] == [3.0, 1.5]
    assert [method.measures[0].answers for method in found.methods] == [4, 3]


def test_the_strength_is_that_of_all_answers() -> None:
    table = [[[4, 5, 3], [2, 3, 3]] for _ in range(6)]
    found = rating(rows(table), QUICK)
    counts = np.array([[0, 0, 6, 6, 6], [0, 6, 12, 0, 0]], dtype=float)
    expected = ordinal_strengths(counts[None])[0]
    assert [method.measures[1].estimate.value for method in found.methods] == pytest.approx(expected)


def test_equal_ratings_are_no_difference() -> None:
    found = rating(rows([[[3], [3]] for _ in range(8)]), QUICK)
    assert found.tests[0].p_value == 1.0
    assert found.pairs[0].difference.value == 0.0
    assert all(method.measures[1].unbounded for method in found.methods)


@pytest.mark.parametrize("people", [6, 9])
def test_one_sided_people_are_tested_exactly(people: int) -> None:
    [pair] = rating(rows([[[5], [2]] for _ in range(people)]), QUICK).pairs
    assert pair.p_value == 2 / 2**people
    assert pair.difference.value == 3.0
    assert pair.difference.interval is not None
    assert pair.difference.interval.low < 3.0 < pair.difference.interval.high <= 4.0


def test_only_the_best_points_leave_a_strength_unbounded() -> None:
    found = rating(rows([[[5, 5], [2, 4]] for _ in range(8)]), QUICK)
    limits = [method.measures[1].unbounded for method in found.methods]
    assert [limit.side for limit in limits if limit] == ["above", "both"]
    assert found.methods[0].measures[1].estimate.interval is None


def test_a_person_who_answered_one_method_is_in_no_pair() -> None:
    found = rating(rows([[[4], []], *([[4], [3]] for _ in range(6))]), QUICK)
    assert found.pairs[0].difference.people == 6


def test_there_is_no_value_without_a_difference() -> None:
    assert np.isnan(rating(rows([[[4], [3]] for _ in range(5)]), QUICK).chance)
    assert kind_spec("rating").report.reference == ""
