"""Numbers as words, and the paragraph for the paper."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan_eval.report.study.wording import paragraph, span, verdict, with_span
from gan_eval.result import Interval
from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.schema.trials import Kind
from tests.gan_eval.study.drawn import NAMES, analysis


def test_spans_carry_their_unit() -> None:
    interval = Interval(0.41, 0.554, 0.95, "t")
    assert span("share", interval) == "41.0 to 55.4\u00a0%"
    assert span("strength", interval) == "0.41 to 0.55"
    assert span("share", None) == "–"
    assert with_span("share", 0.48, interval) == "48.0\u00a0% [41.0,\u00a055.4]"
    assert with_span("strength", 0.48, interval) == "0.48 [0.41,\u00a00.55]"
    assert with_span("share", 0.48, None) == "48.0\u00a0%"


@pytest.mark.parametrize("kind", KINDS)
def test_paragraph_says_who_what_and_how_sure(kind: Kind) -> None:
    text = paragraph(analysis(kind, people=12, careless=0.1))
    assert text.startswith("[Simulated people.] 11 people took part (1 of 12 sessions excluded")
    assert all(name in text for name in NAMES)
    assert "95\u00a0% CI" in text
    assert "over people" in text
    assert "adjusted by Holm" in text
    assert analysis(kind).manifest.text.question in text


def test_paragraph_about_few_people_claims_nothing() -> None:
    text = paragraph(analysis("pairwise", people=3))
    assert "CI" not in text
    assert "p\u00a0=" not in text
    assert "describe these people only" in text


def test_no_difference_is_worded_as_not_shown() -> None:
    found = analysis("best-of-k", people=6)
    equal = tuple(replace(test, p_value=0.6) for test in found.findings.tests)
    text = paragraph(replace(found, findings=replace(found.findings, tests=equal)))
    assert "No difference between the methods was shown" in text


def test_a_single_method_is_read_against_one_half() -> None:
    found = analysis("two-alternative", methods=("CycleGAN",))
    assert "Over all fakes the fooling rate differs from 50\u00a0%" in paragraph(found)


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdict_names_the_best_method_the_test_and_the_pairs(kind: Kind) -> None:
    study = analysis(kind, people=24)
    first, reach = verdict(study)
    assert first.startswith(f"{NAMES[0]} has the highest ")
    assert study.spec.report.verdicts[0] in first
    assert "pairs of methods" in first
    assert reach.startswith("The people are simulated")


def test_the_verdict_of_three_people_tests_nothing() -> None:
    first, reach = verdict(analysis("pairwise", people=3))
    assert first.endswith("Nothing was tested.")
    assert "describe these people only" in reach


def test_methods_that_tie_share_the_verdict() -> None:
    study = analysis("best-of-k")
    methods = tuple(replace(study.findings.methods[0], name=name) for name in "ab")
    first, _ = verdict(replace(study, findings=replace(study.findings, methods=methods)))
    assert first.startswith("a and b have the same highest share of choices, ")


@pytest.mark.parametrize(("p_values", "words"), [((0.2, 0.3, 0.9), "none was"), ((0.001, 0.3, 0.9), "1 was")])
def test_the_verdict_counts_the_pairs_that_differ(p_values: tuple[float, ...], words: str) -> None:
    study = analysis("best-of-k")
    pairs = tuple(replace(pair, adjusted_p=p) for pair, p in zip(study.findings.pairs, p_values, strict=True))
    first, _ = verdict(replace(study, findings=replace(study.findings, pairs=pairs)))
    assert f"Of 3 pairs of methods, {words} shown to differ." in first


def test_the_verdict_of_a_single_method_claims_no_rank() -> None:
    first, _ = verdict(analysis("two-alternative", methods=("CycleGAN",)))
    assert first.startswith("CycleGAN was taken for real in ")
    assert "highest" not in first
