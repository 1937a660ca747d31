from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_eval.errors import InputError
from gan_eval.picture_size import PictureSize, parse_size

SIDES = st.integers(1, 99_999)


@given(width=SIDES, height=SIDES, times=st.sampled_from("x×"))
def test_both_sides_are_read_in_their_order(width: int, height: int, times: str) -> None:
    assert parse_size(f"{width}{times}{height}") == PictureSize(width=width, height=height)


@given(SIDES)
def test_one_number_stands_for_both_sides(side: int) -> None:
    assert parse_size(str(side)) == (side, side)


@given(width=SIDES, height=SIDES)
def test_a_size_is_written_as_it_is_read(width: int, height: int) -> None:
    assert parse_size(str(PictureSize(width, height))) == (width, height)


WRONG = ["", "0", "0x5", "5x0", "x5", "5x", "-5", "5 x 5", "5x5x5", "100000", "5x100000", "٣", "1e3", "5.0", "256 256"]


@pytest.mark.parametrize("text", WRONG)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a size in pixels"):
        parse_size(text)
