"""Draws: the vectors that other languages must reproduce, and Williams squares by their properties."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_eval.study.making.draw import Drbg, williams


@pytest.mark.parametrize(
    ("label", "order"), [("trial-order", [0, 7, 2, 1, 6, 5, 3, 4]), ("form-0", [2, 5, 4, 7, 1, 0, 3, 6])]
)
def test_shuffle_gives_the_published_orders(label: str, order: list[int]) -> None:
    assert Drbg("7", label).shuffled(range(8)) == order


def test_first_word_of_a_label() -> None:
    assert Drbg("7", "x").u32() == 1064205727


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 1000), st.text(max_size=5))
def test_below_stays_below(bound: int, label: str) -> None:
    draw = Drbg("seed", label)
    assert all(0 <= draw.below(bound) < bound for _ in range(5))


def test_below_is_uniform() -> None:
    draw = Drbg("1", "uniform")
    counts = Counter(draw.below(6) for _ in range(6000))
    assert sum((counts[face] - 1000) ** 2 / 1000 for face in range(6)) < 20.5  # χ²(5), p = 0.001


@settings(deadline=None)
@given(st.lists(st.integers()))
def test_shuffle_keeps_every_value(values: list[int]) -> None:
    assert sorted(Drbg("7", "any").shuffled(values)) == sorted(values)


def test_williams_rows_of_three_and_four_are_the_published_ones() -> None:
    assert williams(3) == ((0, 1, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0), (0, 2, 1), (1, 0, 2))
    assert williams(4) == ((0, 1, 3, 2), (1, 2, 0, 3), (2, 3, 1, 0), (3, 0, 2, 1))


@pytest.mark.parametrize("k", range(1, 10))
def test_williams_balances_slots_and_neighbours(k: int) -> None:
    rows = williams(k)
    slots = Counter((value, slot) for row in rows for slot, value in enumerate(row))
    neighbours = Counter(pair for row in rows for pair in pairwise(row))
    assert set(slots.values()) == {len(rows) // k}
    assert len(slots) == k * k
    assert len(neighbours) == k * (k - 1)
    assert len(set(neighbours.values())) <= 1
