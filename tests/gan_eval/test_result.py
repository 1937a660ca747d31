"""A score as text, number, JSON and HTML."""

from __future__ import annotations

import json

import pytest

from gan_eval.result import Interval, Score


def score(value: float = 48.636, *, half: float | None = 4.2, features: str = "inception") -> Score:
    interval = None if half is None else Interval(value - half, value + half, 0.95, "delta method")
    return Score("fid", value, "lower", 100, 90, features, interval, warnings=("a <b>note</b>",))


@pytest.mark.parametrize(
    ("half", "text"), [(4.2, "fid 48.6 [44.4, 52.8]"), (0.042, "fid 48.636 [48.594, 48.678]"), (None, "fid 48.636")]
)
def test_digits_follow_the_interval(half: float | None, text: str) -> None:
    assert str(score(half=half)) == text
    assert f"{score(half=half)}" == text


def test_repr_fits_on_a_line() -> None:
    assert repr(score()) == "<Score fid 48.6 [44.4, 52.8], 100 real and 90 fake images, inception>"


def test_a_score_is_formatted_as_its_number() -> None:
    assert f"{score():.2f}" == "48.64"
    assert f"{score():8.1e}" == " 4.9e+01"
    assert float(score()) == 48.636


def test_json_holds_the_warnings_and_all_digits() -> None:
    document = json.loads(score().to_json())
    assert (document["value"], document["warnings"]) == (48.636, ["a <b>note</b>"])
    with pytest.raises(ValueError, match="JSON"):
        score(float("nan"), half=None).to_json()


def test_html_is_escaped() -> None:
    page = score(features="<script>alert(1)</script>\x1b[31m")._repr_html_()
    assert "<script>" not in page
    assert "&lt;b&gt;note" in page
    assert "\x1b" not in page
