"""The HTML report: self-contained, deterministic, and hostile text stays text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan_eval.report.study.methods import mixed_model
from gan_eval.report.study.page import render
from gan_eval.report.study.wording import verdict
from gan_eval.study.analysing.analysis import Analysis
from gan_eval.study.analysing.answers import Rejected
from gan_eval.study.analysing.exclusions import Excluded
from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.schema.trials import Kind
from tests.gan_eval.report.pages import check_page, text_of
from tests.gan_eval.study.drawn import analysis

HOSTILE = "</style></script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}"


@pytest.mark.parametrize(
    ("kind", "people"), [("best-of-k", 1), ("pairwise", 3), ("real-fake", 8), ("two-alternative", 22)]
)
def test_page_is_valid_and_asks_for_nothing(kind: Kind, people: int) -> None:
    check_page(render(analysis(kind, people=people)))


def test_same_analysis_same_bytes() -> None:
    assert render(analysis("pairwise")) == render(analysis("pairwise"))


def _poisoned(found: Analysis) -> Analysis:
    """The same study, where everything that somebody else may have written is hostile."""
    methods = tuple(replace(method, name=HOSTILE + method.name) for method in found.findings.methods)
    pairs = tuple(replace(pair, a=HOSTILE, b=HOSTILE) for pair in found.findings.pairs)
    kept = (replace(found.screening.kept[0], comments=(HOSTILE,)), *found.screening.kept[1:])
    text = replace(found.manifest.text, title=HOSTILE, question=HOSTILE)
    return replace(
        found,
        manifest=replace(found.manifest, text=text, study_id=HOSTILE),
        findings=replace(found.findings, methods=methods, pairs=pairs, items={HOSTILE: (0.1, 0.2, 0.7)}),
        screening=replace(found.screening, kept=kept, excluded=(Excluded(HOSTILE, "x", HOSTILE),)),
        record=replace(found.record, rejected=(Rejected(HOSTILE, "x", HOSTILE),)),
        warnings=(HOSTILE,),
    )


@pytest.mark.parametrize("kind", ["pairwise", "real-fake"])
def test_hostile_text_stays_text(kind: Kind) -> None:
    page = render(_poisoned(analysis(kind, people=6)))
    check_page(page)
    assert text_of(page).count(HOSTILE) >= 6


def test_every_section_is_there() -> None:
    text = text_of(render(analysis("pairwise", people=12, careless=0.1), command="gan-eval study analyse a.jsonl"))
    for title in ("For the paper", "What was found", "Comparisons", "Wins", "Exclusions", "Answers and times"):
        assert title in text
    assert analysis("pairwise").manifest.key_commitment in text
    assert "gan-eval study analyse a.jsonl" in text


def test_the_verdict_stands_before_every_number() -> None:
    text = text_of(render(analysis("best-of-k")))
    assert text.index(verdict(analysis("best-of-k"))[0].replace("\u00a0", " ")) < text.index("Share of choices")


def test_lists_of_sessions_are_whole_and_counted() -> None:
    study = analysis("best-of-k", people=12, careless=0.25)
    text = text_of(render(study))
    assert f"{len(study.screening.excluded)} sessions excluded, one by one" in text
    assert all(f"{session.session_id} {session.reason}" in text for session in study.screening.excluded)
    assert "Each method on 18 items" in text


@pytest.mark.parametrize("kind", KINDS)
def test_mixed_model_names_columns_of_the_csv(kind: Kind) -> None:
    code = mixed_model(analysis(kind))
    assert "participant_id" in code
    assert ("ordinal::clmm(" if kind == "rating" else "lme4::glmer(") in code
