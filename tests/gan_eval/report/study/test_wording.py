"""Numbers as words, and the paragraph for the paper."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan_eval.report.study.wording import joined, number, p_value, paragraph, percent, span
from gan_eval.result import Interval
from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.schema.trials import Kind
from tests.gan_eval.study.drawn import NAMES, analysis


@pytest.mark.parametrize(
    ("value", "text"), [(0.4825, "48.2%"), (0.0, "0.0%"), (1.0, "100.0%"), (None, "–"), (float("nan"), "–")]
)
def test_percent(value: float | None, text: str) -> None:
    assert percent(value) == text


@pytest.mark.parametrize(("value", "text"), [(-1.234, "−1.23"), (-0.001, "0.00"), (2.0, "2.00"), (None, "–")])
def test_number(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("p", "text"), [(0.0312, "0.031"), (0.0004, "<\u00a00.001"), (0.5, "0.50"), (None, "–"), (1.0, "1.00")]
)
def test_p_value(p: float | None, text: str) -> None:
    assert p_value(p) == text


def test_spans_carry_their_unit() -> None:
    interval = Interval(0.41, 0.554, 0.95, "t")
    assert span("share", interval) == "41.0 to 55.4%"
    assert span("strength", interval) == "0.41 to 0.55"
    assert span("share", None) == "–"


def test_joined() -> None:
    assert [joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


@pytest.mark.parametrize("kind", KINDS)
def test_paragraph_says_who_what_and_how_sure(kind: Kind) -> None:
    text = paragraph(analysis(kind, people=12, careless=0.1))
    assert text.startswith("[Simulated people.] 11 people took part (1 of 12 sessions excluded")
    assert all(name in text for name in NAMES)
    assert "95% CI" in text
    assert "over people" in text
    assert "adjusted by Holm" in text
    assert analysis(kind).manifest.text.question in text


def test_paragraph_about_few_people_claims_nothing() -> None:
    text = paragraph(analysis("pairwise", people=3))
    assert "CI" not in text
    assert "p =" not in text
    assert "describe these people only" in text


def test_no_difference_is_worded_as_not_shown() -> None:
    found = analysis("best-of-k", people=6)
    equal = tuple(replace(test, p_value=0.6) for test in found.findings.tests)
    text = paragraph(replace(found, findings=replace(found.findings, tests=equal)))
    assert "No difference between the methods was shown" in text


def test_a_single_method_is_read_against_one_half() -> None:
    found = analysis("two-alternative", methods=("CycleGAN",))
    assert "Over all fakes the fooling rate differs from 50%" in paragraph(found)
