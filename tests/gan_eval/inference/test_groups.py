"""Groups: codes, sums, halves that share none, and the design effect."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_eval.inference.groups import by_group, codes, count_of, design_effect, halves_by_group

labels = st.lists(st.integers(0, 9), min_size=2, max_size=60)


@given(labels)
def test_codes_are_dense_and_tell_labels_apart(given_labels: list[int]) -> None:
    found = codes(given_labels)
    assert set(found) == set(range(len(set(given_labels))))
    assert [[a == b for b in given_labels] for a in given_labels] == (found[:, None] == found).tolist()


@given(labels, st.integers(0, 100))
def test_halves_share_no_group_and_leave_nothing_out(given_labels: list[int], seed: int) -> None:
    groups = codes(given_labels)
    first, second = halves_by_group(len(groups), groups, np.random.default_rng(seed))
    assert not set(groups[first]) & set(groups[second])
    assert sorted([*first, *second]) == list(range(len(groups)))


def test_sums_by_group() -> None:
    assert by_group(np.array([1.0, 2, 3]), np.array([1, 0, 1])).tolist() == [2, 4]
    assert by_group(np.array([1.0, 2, 3]), None).tolist() == [1, 2, 3]
    assert by_group(None, np.array([0, 1])) is None
    assert (count_of(3, None), count_of(3, np.array([1, 0, 1]))) == (3, 2)


def test_design_effect_of_copies_is_their_number() -> None:
    effect = np.random.default_rng(0).standard_normal(50)
    groups = np.repeat(np.arange(50), 4)
    assert design_effect((effect - effect.mean())[groups], groups) == pytest.approx(4)
