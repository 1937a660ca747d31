"""Plots: well-formed, deterministic, in the page's colours, safe with any name."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from gan_eval.report.study.plots import Plot, pairs_plot, shares_plot, strengths_plot, times_plot
from gan_eval.study.analysing.analysis import Analysis
from gan_eval.study.schema.trials import Kind
from tests.gan_eval.study.drawn import NAMES, analysis


def drawn(found: Analysis) -> list[Plot]:
    plots = [shares_plot(found), strengths_plot(found), pairs_plot(found), times_plot(found)]
    return [plot for plot in plots if plot is not None]


@pytest.mark.parametrize(
    ("kind", "people"), [("best-of-k", 22), ("pairwise", 3), ("real-fake", 22), ("two-alternative", 3)]
)
def test_every_plot_is_well_formed_svg(kind: Kind, people: int) -> None:
    for plot in drawn(analysis(kind, people=people)):
        ElementTree.fromstring(plot.svg)
        assert plot.caption
        assert plot.description


def test_ids_are_unique_in_the_page() -> None:
    ids = [name for plot in drawn(analysis("pairwise")) for name in re.findall(r'\bid="([^"]+)"', plot.svg)]
    assert len(ids) == len(set(ids))


def test_same_analysis_same_bytes() -> None:
    assert drawn(analysis("pairwise")) == drawn(analysis("pairwise"))


def test_colours_are_the_pages() -> None:
    for plot in drawn(analysis("best-of-k")):
        assert set(re.findall(r"#[0-9a-f]{6}\b", plot.svg)) <= {"#ffffff", "#000000"}
        assert "currentColor" in plot.svg


def test_every_method_is_labelled_with_its_numbers() -> None:
    plot = shares_plot(analysis("best-of-k"))
    assert all(name in plot.svg for name in NAMES)
    assert plot.svg.count("%") >= len(NAMES)


@pytest.mark.parametrize("name", ["$x^2", r"\frac{", "<script>alert(1)</script>", "方法", "a" * 200, "&amp;", "_^{}"])
def test_hostile_names_are_drawn_as_they_are(name: str) -> None:
    found = analysis("best-of-k", people=6)
    methods = (replace(found.findings.methods[0], name=name), *found.findings.methods[1:])
    plot = shares_plot(replace(found, findings=replace(found.findings, methods=methods)))
    assert "<script" not in plot.svg
    text = "".join(element.text or "" for element in ElementTree.fromstring(plot.svg).iter() if element.text)
    assert (name if len(name) <= 31 else name[:30]) in text
