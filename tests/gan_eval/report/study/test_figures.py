"""Figures of a study: every method with its numbers, every person a dot, and captions of what is drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan_eval.report.study.figures import pairs_figure, shares_figure, strengths_figure, times_figure
from gan_eval.report.study.tables import ranked
from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.schema.trials import Kind
from tests.gan_eval.study.drawn import NAMES, analysis


@pytest.mark.parametrize("kind", KINDS)
def test_methods_stand_in_the_order_of_their_measure_with_its_interval(kind: Kind) -> None:
    rows = [row for row, _ in shares_figure(analysis(kind)).rows]
    assert [row.label for row in rows] == [method.name for method in ranked(analysis(kind))]
    for row in rows:
        assert row.interval is not None
        low, high = row.interval.low, row.interval.high
        in_points = f"{row.value:.2f} [{low:.2f},\u00a0{high:.2f}]"
        in_per_cent = f"{100 * row.value:.1f}\u00a0% [{100 * low:.1f},\u00a0{100 * high:.1f}]"
        assert row.note == (in_points if kind == "rating" else in_per_cent)


@pytest.mark.parametrize("people", [3, 22])
def test_every_person_is_a_dot(people: int) -> None:
    for row, svg in shares_figure(analysis("best-of-k", people=people)).rows:
        assert len(row.dots) == people
        assert svg.count('class="person"') == people


def test_the_caption_names_only_what_is_drawn() -> None:
    assert "Thick line" in shares_figure(analysis("best-of-k", people=22)).caption
    assert "line:" not in shares_figure(analysis("best-of-k", people=3)).caption
    pairs = pairs_figure(analysis("best-of-k", people=3))
    assert pairs is not None
    assert "Lines" not in pairs.caption


def test_differences_are_in_points_with_their_sign() -> None:
    pairs = pairs_figure(analysis("pairwise"))
    assert pairs is not None
    assert pairs.title == "Differences in percentage points"
    notes = {row.label: row.note for row, _ in pairs.rows}
    assert notes[f"{NAMES[0]} − {NAMES[2]}"].startswith("+")


@pytest.mark.parametrize(("kind", "title"), [("best-of-k", "Strength"), ("real-fake", "d′")])
def test_the_unbounded_measure_has_a_figure_of_its_own(kind: Kind, title: str) -> None:
    figure = strengths_figure(analysis(kind))
    assert figure is not None
    assert figure.title == title
    assert len(figure.rows) == len(NAMES)


def test_reaction_times_count_the_main_answers() -> None:
    figure = times_figure(analysis("best-of-k"))
    assert figure is not None
    assert figure.caption.startswith(f"{analysis('best-of-k').answers} main answers; line: median, ")


@pytest.mark.parametrize("name", ["$x^2", r"\frac{", "<script>alert(1)</script>", "方法", "a" * 200, "&amp;"])
def test_names_are_drawn_as_they_are(name: str) -> None:
    study = analysis("best-of-k", people=6)
    methods = (replace(study.findings.methods[0], name=name), *study.findings.methods[1:])
    figure = shares_figure(replace(study, findings=replace(study.findings, methods=methods)))
    assert name in [row.label for row, _ in figure.rows]
    assert not any("<script" in svg for _, svg in figure.rows)


def test_the_reference_that_was_measured_is_a_band() -> None:
    figure = shares_figure(analysis("real-fake"))
    reference = analysis("real-fake").findings.reference
    assert reference is not None
    assert all('class="zone"' in svg for _, svg in figure.rows)
    assert f"Dashed: {100 * reference.estimate.value:.1f}\u00a0%, the rate at which the same people" in figure.caption
    assert not any('class="zone"' in svg for _, svg in shares_figure(analysis("two-alternative")).rows)
