"""Tables of text: every row as wide as its header, every method there, the unit said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan_eval.report.study import tables
from gan_eval.report.study.tables import (
    all_tables,
    item_table,
    method_table,
    pair_table,
    robustness_table,
    win_table,
)
from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.schema.trials import Kind
from tests.gan_eval.study.drawn import NAMES, analysis


@pytest.mark.parametrize("people", [3, 9, 22])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_as_wide_as_their_header(kind: Kind, people: int) -> None:
    for table in all_tables(analysis(kind, people=people)):
        assert {len(row) for row in table.rows} == {len(table.columns)}, table.title


@pytest.mark.parametrize("kind", KINDS)
def test_methods_are_ranked_and_their_unit_is_said(kind: Kind) -> None:
    table = method_table(analysis(kind, people=24))
    assert [row[0] for row in table.rows] == list(NAMES)
    assert "Unit: person, n = 24" in table.note
    assert "bootstrap over people" in table.note


def test_tests_that_take_answers_as_independent_are_marked() -> None:
    table = tables.test_table(analysis("best-of-k"))
    assert table is not None
    units = {row[0]: row[table.columns.index("unit")] for row in table.rows}
    assert units["equal shares (chi-square)"] == "answer*"
    assert units["equal shares (labels permuted within people) (primary)"] == "person"
    assert "* takes every answer as independent" in table.note


def test_results_without_exclusions_stand_beside_those_with() -> None:
    assert {row[-1] for row in robustness_table(analysis("best-of-k")).rows} == {"same"}
    without = [row[-1] for row in robustness_table(analysis("best-of-k", people=12, careless=0.25)).rows]
    assert all(cell.endswith("\u00a0%") for cell in without)


def test_only_pairwise_studies_have_wins() -> None:
    assert win_table(analysis("pairwise")) is not None
    assert win_table(analysis("best-of-k")) is None


def test_a_pair_is_judged_by_its_adjusted_p_value() -> None:
    study = analysis("best-of-k")
    pairs = tuple(replace(pair, adjusted_p=p) for pair, p in zip(study.findings.pairs, (0.001, 0.2, None), strict=True))
    table = pair_table(replace(study, findings=replace(study.findings, pairs=pairs)))
    assert table is not None
    assert [row[-1] for row in table.rows] == [
        "NICE-GAN was preferred to U-GAT-IT",
        "not shown to differ",
        "not tested",
    ]


def test_values_carry_their_interval_where_there_is_one() -> None:
    assert method_table(analysis("best-of-k", people=22)).columns[1] == "share of choices [95\u00a0% CI]"
    table = method_table(analysis("best-of-k", people=3))
    assert table.columns[1] == "share of choices"
    assert not any("[" in cell for row in table.rows for cell in row)


def test_every_item_has_the_share_of_every_method() -> None:
    table = item_table(analysis("best-of-k"))
    assert len(table.rows) == 18
    assert table.columns == ("item", *(method.name for method in analysis("best-of-k").findings.methods))
