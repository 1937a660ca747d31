from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_eval.report.axis import axis, log_axis
from gan_eval.report.figures import Curve, ForestRow, curves, forest, histogram
from gan_eval.report.matrix import MatrixPair, matrix
from gan_eval.result import Interval

numbers = st.floats(-1e9, 1e9)


@given(st.lists(numbers, min_size=1, max_size=9))
def test_an_axis_holds_every_value_and_has_ticks(values: list[float]) -> None:
    line = axis(values)
    assert line.low <= min(values) <= max(values) <= line.high
    assert 1 <= len(line.ticks) <= 14
    assert all(0 <= tick.at <= 100 for tick in line.ticks)
    assert len({tick.label for tick in line.ticks}) == len(line.ticks)


def test_shares_stay_within_their_range_and_are_in_per_cent() -> None:
    line = axis([0.0, 1.0], shares=True)
    assert line.low >= -0.03
    assert line.high <= 1.03
    assert line.ticks[0].label == "0\u00a0%"


@pytest.mark.parametrize("values", [[], [math.nan], [0.0], [-5.0], [math.inf, 1.0]])
def test_axes_of_little_or_nothing(values: list[float]) -> None:
    assert axis(values).ticks
    assert log_axis(values).high > log_axis(values).low


@pytest.mark.parametrize("label", ["$x^2", "<script>", '" onload="x', "方法", "a" * 300, "&amp;"])
def test_any_name_is_text(label: str) -> None:
    plot = forest("FID", [ForestRow(label, 1.0, Interval(0.5, 1.5, 0.95, "t"), "1.0")], "caption")
    [(_, svg)] = plot.rows
    assert ElementTree.fromstring(svg).get("aria-label") == f"{label}: 1.0"


def test_values_that_are_not_finite_are_not_drawn() -> None:
    rows = [ForestRow("a", math.nan, None, "–"), ForestRow("b", 1.0, Interval(-math.inf, 2, 0.95, "t"), "1.0")]
    [(_, first), (_, second)] = forest("d′", rows, "", reference=0.0).rows
    assert "dot" not in first
    assert ("dot" in second, "bar" in second) == (True, False)


def test_people_are_drawn_one_by_one() -> None:
    [(_, svg)] = forest("share", [ForestRow("a", 0.5, None, "", dots=(0.1, 0.5, 0.9))], "", shares=True).rows
    assert svg.count('class="person"') == 3


@given(st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=5), min_size=1, max_size=20))
def test_charts_are_well_formed_for_any_curves(lines: list[list[float]]) -> None:
    drawn = [Curve(str(n), tuple(ys), (tuple(ys), tuple(ys)), strong=n == 0) for n, ys in enumerate(lines)]
    chart = curves("output", drawn, "epoch", "caption", reference=0.5)
    assert ElementTree.fromstring(chart.svg).get("role") == "img"
    assert len(chart.legend) == len(lines)


@given(st.lists(st.floats(0.001, 1e5), min_size=1, max_size=50))
def test_histograms_lose_nothing(values: list[float]) -> None:
    chart = histogram("times", values, "seconds", "", middle=values[0])
    heights = [float(bar.get("height", 0)) for bar in ElementTree.fromstring(chart.svg) if bar.tag == "rect"]
    assert max(heights) == 95
    assert len(heights) <= min(32, len(values))


def test_a_matrix_reads_alike_from_both_sides() -> None:
    table = matrix("pairs", ["a", "b", "c"], [MatrixPair("a", "b", -2.0, 1, 0.01, "better")], "")
    assert table.rows[0][1] is not None
    assert (table.rows[0][1].outcome, table.rows[0][1].difference) == ("better", "−2.0")
    assert table.rows[1][0] is not None
    assert (table.rows[1][0].outcome, table.rows[1][0].difference) == ("worse", "+2.0")
    assert table.rows[0][0] is table.rows[0][2] is None
