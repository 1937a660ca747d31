from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_eval.discriminative.splitting import folds, membership
from gan_eval.errors import TooFewError

REAL = [f"r{i}" for i in range(10)]
A = [f"{i}" for i in range(12)]
B = [f"{i}" for i in range(5)]


def test_the_halves_change_places() -> None:
    one, two = folds(REAL, [A], [0])
    assert sorted([*one.learnt[0], *two.learnt[0]]) == list(range(10))
    assert (one.judged[0] == ~two.judged[0]).all()


def test_nothing_is_judged_whose_source_was_learnt_from() -> None:
    sets = [REAL[:6] + A[:4], A, B]
    for fold in folds(sets[0], sets[1:], [3]):
        seen = {one[place] for one, places in zip(sets, fold.learnt, strict=True) for place in places}
        judged = {one[place] for one, mask in zip(sets, fold.judged, strict=True) for place in np.flatnonzero(mask)}
        assert not seen & judged


def test_every_image_is_judged_once_at_least() -> None:
    judged = [fold.judged[1] for fold in folds(REAL, [A, B], [1])]
    assert (judged[0] | judged[1]).all()


def test_models_are_learnt_from_equally_whatever_their_size() -> None:
    for fold in folds(REAL, [A, B], [2]):
        assert len(fold.learnt[1]) == len(fold.learnt[2])


def test_what_is_learnt_from_shows_common_sources_first() -> None:
    for fold in folds(REAL, [A, B], [2]):
        assert {A[place] for place in fold.learnt[1]} == {B[place] for place in fold.learnt[2]}


def test_the_order_of_models_does_not_matter() -> None:
    for one, two in zip(folds(REAL, [A, B], [4]), folds(REAL, [B, A], [4]), strict=True):
        assert [list(one.learnt[i]) for i in (0, 1, 2)] == [list(two.learnt[i]) for i in (0, 2, 1)]


def test_another_seed_splits_otherwise() -> None:
    assert len({tuple(next(folds(REAL, [A], [seed])).learnt[0]) for seed in range(5)}) > 1


def test_a_rival_with_other_sources_does_not_move_a_model() -> None:
    alone, beside = (next(folds(REAL, rivals, [5])) for rivals in ([A], [A, [f"x{i}" for i in range(12)]]))
    assert (alone.judged[1] == beside.judged[1]).all()


@given(st.integers(4, 40), st.integers(0, 100))
def test_halves_are_halves(count: int, seed: int) -> None:
    real = [str(i) for i in range(count)]
    sizes = [len(fold.learnt[0]) for fold in folds(real, [real], [seed])]
    assert sorted(sizes) == [count // 2, count - count // 2]


def test_a_set_that_shows_one_source_cannot_be_halved() -> None:
    with pytest.raises(TooFewError, match="halved"):
        list(folds(REAL, [["same"] * 9, A], [0]))


def test_sources_are_grouped_by_the_sets_that_hold_them() -> None:
    assert membership([["b", "a"], ["a", "c"]]) == {(False, True): ["c"], (True, False): ["b"], (True, True): ["a"]}
