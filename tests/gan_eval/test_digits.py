from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_eval.digits import bounds, decimals, level_of, number, p_equals, p_value, percent


@pytest.mark.parametrize(
    ("low", "high", "digits"),
    [(44.6, 53.0, 1), (0.001, 0.00146, 5), (48.21, 49.05, 2), (-300, 500, 0), (0, 0, 3), (-math.inf, 1, 3)],
)
def test_digits_follow_the_intervals_width(low: float, high: float, digits: int) -> None:
    assert decimals(low, high) == digits


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_rounding_hides_at_most_a_tenth_of_the_half_width(middle: float, half: float) -> None:
    digits = decimals(middle - half, middle + half)
    assert 0.5 * 10**-digits <= max(half / 10, 0.5) * (1 + 1e-6)


@pytest.mark.parametrize(
    ("value", "text"),
    [(-1.234, "−1.23"), (-0.001, "0.00"), (2.0, "2.00"), (None, "–"), (math.nan, "–"), (-math.inf, "−∞")],
)
def test_number(value: float | None, text: str) -> None:
    assert number(value) == text


def test_differences_carry_their_sign() -> None:
    assert [number(value, 1, sign=True) for value in (1.0, -1.0, 0.01)] == ["+1.0", "−1.0", "0.0"]


@pytest.mark.parametrize(("share", "text"), [(0.4825, "48.2 %"), (0.0, "0.0 %"), (1.0, "100.0 %"), (None, "–")])
def test_percent(share: float | None, text: str) -> None:
    assert percent(share) == text.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0312, "0.031"), (0.0004, "<\u00a00.001"), (0.5, "0.50"), (None, "–"), (1.0, "1.00"), (0.0997, "0.10")],
)
def test_p_value(p: float | None, text: str) -> None:
    assert p_value(p) == text


def test_p_values_in_a_sentence() -> None:
    assert [p_equals(p).replace("\u00a0", " ") for p in (0.2, 0.0)] == ["p = 0.20", "p < 0.001"]


def test_intervals_in_words() -> None:
    assert level_of(0.95).replace("\u00a0", " ") == "95 % CI"
    assert bounds(-1.0, 2.0, 1) == "−1.0 to 2.0"
