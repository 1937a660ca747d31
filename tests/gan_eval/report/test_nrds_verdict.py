"""What the report of a contest says, on results made by hand: alone, tied, beaten, with and without tests."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest

from gan_eval.discriminative.outcome import NrdsPair, NrdsResult
from gan_eval.report.nrds import html, pair_table, score_table, title_of, verdict, winner
from gan_eval.result import Interval, Score

MODELS = ("first", "second", "third")


def scored(name: str, rank: int, value: float, **details: Any) -> Score:
    told = {"rank": rank, "model": name, "area": value, "real_p": 0.2, "distinguishable_from_real": False}
    of_real = {"of_real": value, "of_real_interval": Interval(value - 0.1, value + 0.1, 0.95, "t")}
    bar = Interval(value - 0.05, value + 0.05, 0.95, "b")
    details = {**told, **of_real, "nearest_real": 1.2, **details}
    return Score("nrds", value, "higher", 50, 50, "", bar, details=details)


def pair(a: str, b: str, difference: float, p: float) -> NrdsPair:
    bar = Interval(difference - 0.1, difference + 0.1, 0.95, "b")
    return NrdsPair(a, b, "nrds", difference, bar, p / 2, p, 4)


def result(pairs: tuple[NrdsPair, ...], *, models: tuple[str, ...] = MODELS, robust: bool = False) -> NrdsResult:
    scores = tuple(scored(name, rank, 0.6 - 0.15 * rank) for rank, name in enumerate(models, 1))
    protocol = {"name": "robust" if robust else "published", "label": "NRDS", "seeds": 5}
    curves = dict.fromkeys(("real", *models), (0.5, 0.4))
    return NrdsResult(protocol, scores, pairs, curves, {}, {}, (), {}, None, ())


def said(pairs: tuple[NrdsPair, ...], **named: Any) -> str:
    return verdict(result(pairs, **named))[0].replace("\u00a0", " ")


def test_without_tests_the_order_may_be_chance() -> None:
    text = said(())
    assert text.startswith("first (NRDS 0.4")
    assert "tests no pair, so the order may be chance" in text


def test_a_best_that_beats_nobody_is_not_told_apart_from_each() -> None:
    text = said((pair("first", "second", 0.1, 0.4), pair("third", "first", -0.2, 0.05)))
    assert text.endswith("has the highest score, but is not told apart from second and third.")


def test_one_rival_is_named_with_its_p() -> None:
    text = said((pair("second", "first", -0.1, 0.0312),), models=("first", "second"))
    assert "looks more realistic to the discriminator than second (p = 0.031, adjusted by Holm's method)." in text
    assert "largest" not in text


def test_several_beaten_give_the_largest_p() -> None:
    text = said((pair("first", "second", 0.1, 0.0312), pair("first", "third", 0.2, 0.001)))
    assert "than every other model (largest p = 0.031, adjusted by Holm's method)." in text


def test_who_is_beaten_and_who_is_not_stand_apart() -> None:
    text = said((pair("first", "second", 0.1, 0.3), pair("first", "third", 0.2, 0.001)))
    assert "than third (p = 0.001" in text
    assert text.endswith("; it is not told apart from second.")


def test_pairs_among_others_say_nothing_of_the_best() -> None:
    assert "third" not in said((pair("first", "second", 0.1, 0.3), pair("second", "third", 0.2, 0.001)))


@pytest.mark.parametrize(
    ("difference", "p", "name"), [(0.1, 0.049, "a"), (-0.1, 0.049, "b"), (0.1, 0.05, None), (0.0, 0.001, None)]
)
def test_the_winner_is_the_side_that_the_test_shows(difference: float, p: float, name: str | None) -> None:
    assert winner(pair("a", "b", difference, p)) == name


def test_a_pair_is_told_in_words_from_either_side() -> None:
    rows = pair_table(result((pair("a", "b", -0.2, 0.001), pair("a", "c", 0.01, 0.9)))).rows
    assert [row[-1] for row in rows] == ["b is more realistic", "not told apart"]
    assert rows[0][2].startswith("−")
    assert rows[1][2].startswith("+")


def test_a_contest_without_error_bars_has_neither_bracket_nor_p() -> None:
    table = score_table(result(()))
    assert table.columns == ("", "model", "NRDS", "area")
    assert [row[:2] for row in table.rows] == [("1", "first"), ("2", "second"), ("3", "third")]
    assert title_of(result(())) == "NRDS"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>', "a & b", "{{ 7 * 7 }}"])
def test_no_name_is_markup_on_the_page(name: str) -> None:
    page = html(result((pair(name, "second", 0.1, 0.001),), models=(name, "second")), command=f"nrds {name}=x")
    assert name not in page or name == "{{ 7 * 7 }}"
    assert escape(name) in page.replace("&#34;", "&quot;")
