from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_eval.csv_text import csv_text


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@A1", "\tx", "\rx", "\n=1", "＝1", "  =1", "\u00a0@x"])
def test_formulas_are_text(cell: str) -> None:
    [header, row] = read(csv_text([cell], [[cell]]))
    shown = cell.replace("\r", "\n")
    assert (header, row) == ([f"'{shown}"], [f"'{shown}"])


def test_numbers_stay_numbers() -> None:
    assert csv_text(["a", "b", "c"], [[-1.5, 3, None]]) == "a,b,c\n-1.5,3,\n"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=3))
def test_cells_come_back(cells: list[str]) -> None:
    [row] = read(csv_text(cells, []))
    cells = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
    assert [cell.removeprefix("'") for cell in row] == [
        cell.replace("\0", "\N{REPLACEMENT CHARACTER}").removeprefix("'") for cell in cells
    ]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("a\r\nb", '"a\nb"'),
        ("a\rb", '"a\nb"'),
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
        ('say "x", y', '"say ""x"", y"'),
        ("a=1", "a=1"),
        ("Zed", "Zed"),
        ("", '""'),
    ],
)
def test_a_cell_is_written_so(cell: str, written: str) -> None:
    assert csv_text(["c"], [[cell]]) == f"c\n{written}\n"
