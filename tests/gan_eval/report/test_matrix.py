"""The square table of pairs: signs, outcomes and gaps."""

from __future__ import annotations

from gan_eval.report.matrix import MatrixPair, matrix
from gan_eval.report.table import Table


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_pair_stands_twice_with_opposite_signs_and_outcomes() -> None:
    square = matrix("t", ["a", "b"], [MatrixPair("a", "b", -1.26, 1, 0.0312, "better")], "c")
    [[own, upper], [lower, other]] = square.rows
    assert (own, other) == (None, None)
    assert upper is not None
    assert lower is not None
    assert (upper.outcome, lower.outcome) == ("better", "worse")
    assert (upper.difference, lower.difference) == ("−1.3", "+1.3")
    assert plain(upper.p) == plain(lower.p) == "p = 0.031"


def test_rows_follow_the_names_and_missing_pairs_stay_empty() -> None:
    square = matrix("t", ["c", "a", "b"], [MatrixPair("a", "b", 0.5, 2, None, "not told apart")], "c")
    assert [[cell is not None for cell in row] for row in square.rows] == [
        [False, False, False],
        [False, False, True],
        [False, True, False],
    ]
    cells = [cell for row in square.rows for cell in row if cell is not None]
    assert {cell.outcome for cell in cells} == {"not told apart"}
    assert {cell.p for cell in cells} == {""}


def test_one_model_has_an_empty_square() -> None:
    assert matrix("t", ["a"], [], "").rows == ((None,),)
    assert matrix("t", [], [], "").rows == ()


def test_columns_that_name_a_row_and_those_said_to_be_text_are_text() -> None:
    table = Table("", ("a", "b", "c", "d"), (), keys=2, text=frozenset({3}))
    assert [table.is_text(column) for column in range(4)] == [True, True, False, True]
