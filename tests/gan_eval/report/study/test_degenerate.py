"""Answers of every degenerate shape: the paragraph stands, and says no more than was answered."""

from __future__ import annotations

import re

import pytest

from gan_eval.report.study.page import render
from gan_eval.report.study.wording import paragraph
from gan_eval.study.schema.events import TieChoice
from tests.gan_eval.study.answering import Chooser, answered


def always(method: str) -> Chooser:
    """Choose this method where it stands, else the first slot."""
    return lambda asked: asked.slot(asked.sources.index(method) if method in asked.sources else 0)


def without(method: str) -> Chooser:
    """No answer wherever this method stands."""
    return lambda asked: None if method in asked.sources else asked.slot(asked.answer.index % 2)


@pytest.mark.parametrize("people", [1, 2, 5, 22])
@pytest.mark.parametrize("primary", ["share", "strength"])
def test_ties_alone(people: int, primary: str) -> None:
    found = answered("pairwise", lambda asked: TieChoice(True), people=people, primary=primary)
    assert "differ (p" not in paragraph(found)
    assert "preferred" not in paragraph(found)
    assert render(found)


@pytest.mark.parametrize("method", ["m0", "m1", "m2"])
@pytest.mark.parametrize("kind", ["best-of-k", "pairwise"])
def test_strength_of_a_method_that_never_lost_is_called_unbounded(kind: str, method: str) -> None:
    found = answered(kind, always(method), primary="strength")
    assert "unbounded" in paragraph(found)
    assert "strength of" not in paragraph(found)
    assert all(one.measures[0].estimate.interval is None for one in found.findings.methods if kind == "pairwise")


@pytest.mark.parametrize("method", ["m0", "m1", "m2"])
def test_a_method_without_an_answer_is_named_as_such(method: str) -> None:
    found = answered("pairwise", without(method), people=8)
    name = found.key.methods[method].name
    assert f"no answer was given on {name}" in paragraph(found)
    assert f"{name} was chosen in" not in paragraph(found)
    assert "won every comparison" not in " ".join(found.warnings)
    assert "–" not in re.sub(r"\w–\w", "", paragraph(found))


@pytest.mark.parametrize("people", [5, 6, 22])
def test_intervals_of_unanimous_people_are_symmetric(people: int) -> None:
    found = answered("best-of-k", always("m0"), people=people)
    [equal] = [pair for pair in found.findings.pairs if pair.difference.value == 0]
    assert equal.difference.interval is not None
    assert equal.difference.interval.low == pytest.approx(-equal.difference.interval.high)


def test_what_no_outcome_could_show_is_said_to_be_so() -> None:
    assert "no outcome could have shown" in paragraph(answered("best-of-k", always("m0"), people=5))
    assert "no outcome could have shown" not in paragraph(answered("best-of-k", always("m0"), people=22))
