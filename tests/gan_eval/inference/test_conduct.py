"""Conduct: chances of random clicking, slots, times."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.inference.conduct import chance_of_at_least, reaction_times, same_slot_p, slot_bias
from gan_eval.study.analysing.kinds.shares import binomial_p


@pytest.mark.parametrize(
    ("hits", "trials", "options", "p"),
    [
        (4, 4, 2, 0.0625),
        (5, 6, 2, 0.1094),
        (3, 4, 3, 0.1111),
        (4, 4, 3, 0.0123),
        (5, 6, 3, 0.0178),
        (9, 12, 3, 0.0039),
    ],
)
def test_random_clicking_reference(hits: int, trials: int, options: int, p: float) -> None:
    assert chance_of_at_least(hits, trials, options) == pytest.approx(p, abs=5e-5)


@pytest.mark.parametrize(("most", "slots"), [(14, 3), (17, 2)])
def test_straight_lining_reference(most: int, slots: int) -> None:
    assert same_slot_p(most, 20, slots) == pytest.approx(0.0026, abs=5e-5)


def test_even_choices_are_no_straight_line() -> None:
    assert same_slot_p(7, 20, 3) == 1


def test_slot_bias_reference() -> None:
    found = slot_bias([41, 33, 16])
    assert (found.chi_square, found.p_value, found.w) == pytest.approx((10.8667, 0.0044, 0.3475), abs=5e-5)


def test_left_side_reference() -> None:
    assert binomial_p(118, 82) == pytest.approx(0.0131, abs=5e-5)


def test_no_choices_are_no_bias() -> None:
    assert slot_bias([0, 0]).p_value == 1


def test_reaction_times_by_person() -> None:
    found = reaction_times([100, 200, 300, 1000], np.array(["a", "a", "a", "b"]))
    assert found is not None
    assert (found.median, found.fastest_person, found.slowest_person) == (250, 200, 1000)
    assert reaction_times([], []) is None
