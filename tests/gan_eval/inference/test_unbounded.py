"""Bounds of measures that the answers leave infinite."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from gan_eval.inference.proportions import clopper_pearson
from gan_eval.inference.unbounded import (
    ShareRange,
    Unbounded,
    criterion_limit,
    pair_sensitivity_limit,
    sensitivity_limit,
    strength_limits,
    unanimous_share,
)


@pytest.mark.parametrize("people", [5, 8, 24])
def test_the_share_is_clopper_and_pearsons_one_sided_bound(people: int) -> None:
    assert unanimous_share(people, level=0.95) == pytest.approx(clopper_pearson(people, people, level=0.9).low)


def test_the_bound_holds_for_the_share_that_makes_unanimity_just_so_likely() -> None:
    # With this share of people on one side, all of them are on it with probability 1 − level.
    assert unanimous_share(12, level=0.95) ** 12 == pytest.approx(0.05)


def unanimous(people: int, k: int) -> np.ndarray:
    """Every person chooses the first of k methods in 3 trials against each, the others share alike."""
    table = np.ones((k, k)) - np.eye(k)
    table[0, 1:], table[1:, 0] = 3, 0
    return np.tile(table, (people, 1, 1))


def test_two_methods_have_half_the_log_odds_each_way() -> None:
    first, second = strength_limits(unanimous(24, 2), level=0.95)
    bound = special.logit(unanimous_share(24, level=0.95)) / 2
    assert (first, second) == (Unbounded("above", pytest.approx(bound)), Unbounded("below", pytest.approx(-bound)))


def test_methods_that_both_won_and_lost_have_no_bound() -> None:
    first, second, third = strength_limits(unanimous(24, 3), level=0.95)
    assert first is not None
    assert first.side == "above"
    assert second == third == Unbounded("both")


@pytest.mark.parametrize("people", [1, 4])
def test_few_people_bound_nothing(people: int) -> None:
    assert strength_limits(unanimous(people, 2), level=0.95)[0] == Unbounded("above")


def test_a_method_without_an_answer_has_no_limit() -> None:
    tables = unanimous(9, 3)
    tables[:, 2] = tables[:, :, 2] = 0
    first, second, third = strength_limits(tables, level=0.95)
    assert (first, second, third) == (Unbounded("above"), Unbounded("below"), None)


def test_the_bound_of_strength_is_exceeded_where_the_method_never_lost(rng: np.random.Generator) -> None:
    """Of studies in which the method never lost, of a true strength just at the bound, at most one in twenty exists."""
    people, k = 10, 2
    bound = strength_limits(unanimous(people, k), level=0.95)[0]
    assert bound is not None
    assert bound.bound is not None
    share = special.expit(2 * bound.bound)
    # The worst case: every person always answers alike, and so many people are on the method's side.
    never_lost = (rng.random((20_000, people)) < share).all(1).mean()
    assert never_lost == pytest.approx(0.05, abs=0.006)


def test_pairs_told_without_an_error_bound_d_prime_from_below() -> None:
    found = pair_sensitivity_limit(40, 40, 10, level=0.95)
    assert found == Unbounded("above", pytest.approx(np.sqrt(2) * special.ndtri(0.05 ** (1 / 10))))
    assert pair_sensitivity_limit(0, 40, 10, level=0.95) == Unbounded("below", pytest.approx(-found.bound))
    assert pair_sensitivity_limit(39, 40, 10, level=0.95) is None
    assert pair_sensitivity_limit(0, 0, 10, level=0.95) is None


ALL, NONE, SOME = ShareRange(1.0, 0.8, 1.0), ShareRange(0.0, 0.0, 0.2), ShareRange(0.5, 0.4, 0.6)


@pytest.mark.parametrize(
    ("hits", "alarms", "sensitivity", "criterion"),
    [
        (ALL, NONE, "above", "both"),
        (ALL, SOME, "above", "below"),
        (SOME, NONE, "above", "above"),
        (NONE, ALL, "below", "both"),
        (SOME, ALL, "below", "below"),
        (ALL, ALL, "both", "below"),
        (NONE, NONE, "both", "above"),
    ],
)
def test_sides_of_sensitivity_and_criterion(
    hits: ShareRange, alarms: ShareRange, sensitivity: str, criterion: str
) -> None:
    d_prime, c = sensitivity_limit(hits, alarms), criterion_limit(hits, alarms)
    assert d_prime is not None
    assert c is not None
    assert (d_prime.side, c.side) == (sensitivity, criterion)


def test_the_bound_of_sensitivity_takes_the_near_end_of_both_shares() -> None:
    found = sensitivity_limit(ALL, SOME)
    assert found == Unbounded("above", pytest.approx(special.ndtri(0.8) - special.ndtri(0.6)))
    found = criterion_limit(ALL, SOME)
    assert found == Unbounded("below", pytest.approx(-(special.ndtri(0.8) + special.ndtri(0.4)) / 2))


def test_finite_shares_have_no_limit() -> None:
    assert sensitivity_limit(SOME, SOME) is None
    assert criterion_limit(SOME, SOME) is None
