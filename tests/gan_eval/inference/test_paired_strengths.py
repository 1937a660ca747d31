"""Bradley–Terry strengths of many tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_eval.inference.choice import bradley_terry_many
from gan_eval.inference.paired_strengths import paired_strengths

WINS = np.array([[0, 13, 15, 17], [7, 0, 12, 14], [5, 8, 0, 11], [3, 6, 9, 0]], dtype=float)


def test_reference_values() -> None:
    assert paired_strengths(WINS[None])[0] == pytest.approx([0.8454, 0.1569, -0.3314, -0.6710], abs=5e-5)


def test_two_methods_have_the_log_odds() -> None:
    assert paired_strengths(np.array([[[0, 30], [10, 0]]], dtype=float))[0] == pytest.approx(
        [np.log(3) / 2, -np.log(3) / 2]
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=12, max_size=12))
def test_it_is_the_choice_model_of_pairs(counts: list[int]) -> None:
    table = np.zeros((4, 4))
    table[~np.eye(4, dtype=bool)] = counts
    assert paired_strengths(table[None]) == pytest.approx(bradley_terry_many(table[None]), abs=1e-6)
