"""The HTML report: self-contained, deterministic, and hostile text stays text."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from gan_eval.report.study.page import mixed_model, render
from gan_eval.study.analysing.analysis import Analysis
from gan_eval.study.analysing.answers import Rejected
from gan_eval.study.analysing.exclusions import Excluded
from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.schema.trials import Kind
from tests.gan_eval.study.drawn import analysis

HOSTILE = "</style></script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}"


class Outline(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("kind", "people"), [("best-of-k", 1), ("pairwise", 3), ("real-fake", 8), ("two-alternative", 22)]
)
def test_page_is_balanced_and_asks_for_nothing(kind: Kind, people: int) -> None:
    page = Outline(render(analysis(kind, people=people)))
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert all(not name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")


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
    outline = Outline(page)
    assert outline.open == []
    assert not {"img", "script"} & {tag for tag, _ in outline.tags}
    assert "<img" not in page
    assert outline.text.count(HOSTILE) >= 6


def test_every_section_is_there() -> None:
    text = Outline(render(analysis("pairwise", people=12, careless=0.1))).text
    for title in ("For the paper", "What was found", "Comparisons", "Wins", "Exclusions", "How it went"):
        assert title in text
    assert analysis("pairwise").manifest.key_commitment in text


@pytest.mark.parametrize("kind", KINDS)
def test_mixed_model_names_columns_of_the_csv(kind: Kind) -> None:
    code = mixed_model(analysis(kind))
    assert "participant_id" in code
    assert "glmer" in code
