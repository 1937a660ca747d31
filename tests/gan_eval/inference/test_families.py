"""Families of comparisons: agreement of p-values and intervals, what they hold at once, and rank sets."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gan_eval.inference.families import FamilyMember, RankSet, adjust, equivalent, rank_sets, smallest_detectable
from gan_eval.inference.intervals import holm


def member(value: float, error: float = 1.0, freedom: float = np.inf) -> FamilyMember:
    return FamilyMember(value, error, freedom, float(2 * stats.t.sf(abs(value) / error, freedom)))


@given(st.lists(st.tuples(st.floats(-6, 6), st.floats(0.1, 3), st.sampled_from([3.0, 10.0, np.inf])), min_size=1))
def test_an_interval_excludes_zero_exactly_where_the_adjusted_p_is_below_the_level(
    rows: list[tuple[float, float, float]],
) -> None:
    family = [member(*row) for row in rows]
    for one, found in zip(family, adjust(family), strict=True):
        inside = found.interval.low < 0 < found.interval.high
        assert inside == (found.p_value >= 0.05) or abs(found.p_value - 0.05) < 1e-9
        assert found.interval.low <= one.value <= found.interval.high


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=20))
def test_p_values_are_holms(values: list[float]) -> None:
    family = [member(value) for value in values]
    assert [found.p_value for found in adjust(family)] == holm([one.p_value for one in family])


def test_one_difference_has_the_plain_interval() -> None:
    (found,) = adjust([member(1.0)], method="normal")
    assert (found.interval.low, found.interval.high) == pytest.approx((1 - 1.959964, 1 + 1.959964), abs=1e-5)
    assert found.interval.method == "normal"


@pytest.mark.parametrize("truth", [(0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 3.0, 3.0), (0.0, 2.6, 5.2, 7.8)])
def test_all_intervals_hold_at_once(truth: tuple[float, ...]) -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(1000):
        scores = rng.standard_normal(4) + truth
        pairs = list(itertools.combinations(range(4), 2))
        found = adjust([member(scores[a] - scores[b], 2**0.5) for a, b in pairs])
        held += all(
            one.interval.low <= truth[a] - truth[b] <= one.interval.high
            for one, (a, b) in zip(found, pairs, strict=True)
        )
    assert held / 1000 >= 0.94


def test_rank_sets_of_an_order_fully_told() -> None:
    found = rank_sets("abc", [("a", "b"), ("a", "c"), ("b", "c")])
    assert found == {"a": RankSet(1, 1), "b": RankSet(2, 2), "c": RankSet(3, 3)}


def test_rank_sets_where_nothing_is_told() -> None:
    assert set(rank_sets("abc", []).values()) == {RankSet(1, 3)}
    assert str(RankSet(1, 3)) == "1–3"


def test_rank_sets_of_a_tie_at_the_top() -> None:
    found = rank_sets("abc", [("a", "c"), ("b", "c")])
    assert [str(found[name]) for name in "abc"] == ["1–2", "1–2", "3"]


def test_smallest_detectable_difference_has_the_power_promised() -> None:
    difference = smallest_detectable(1.0)
    assert stats.norm.sf(1.959964 - difference) == pytest.approx(0.8, abs=1e-4)


def test_equivalence_is_two_one_sided_tests() -> None:
    assert equivalent([member(0.2)], 2.0) == [True]  # 1.8 errors from the nearer bound, beyond 1.645
    assert equivalent([member(0.4)], 2.0) == [False]
    assert equivalent([member(-0.4)], 2.0) == [False]
    assert equivalent([member(3.0)], 2.0) == [False]
    assert equivalent([member(0.2), member(0.2)], 2.0) == [False, False]  # Holm's adjustment


def test_equivalence_without_an_error() -> None:
    assert equivalent([FamilyMember(0.0, 0.0, np.inf, 1.0), FamilyMember(3.0, 0.0, np.inf, 0.0)], 1.0) == [True, False]


def test_equivalence_is_seldom_claimed_at_the_margin() -> None:
    rng = np.random.default_rng(0)
    claimed = [equivalent([member(2 + rng.standard_normal())], 2.0)[0] for _ in range(2000)]
    assert 0.02 < np.mean(claimed) < 0.065
