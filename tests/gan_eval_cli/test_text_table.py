from __future__ import annotations

import pytest
from gan_eval_cli.text_table import lines_of, wrapped
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gan_eval.report.table import Table

word = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30)
cell = st.lists(word, max_size=4).map(" ".join)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    columns = draw(st.lists(cell, min_size=1, max_size=6))
    rows = draw(st.lists(st.tuples(*[cell] * len(columns)), max_size=4))
    return Table(draw(cell), tuple(columns), tuple(rows), "", draw(st.integers(1, len(columns))))


@given(tables(), st.integers(20, 100))
def test_no_word_is_broken_and_none_is_lost(table: Table, width: int) -> None:
    shown = " ".join(lines_of(table, width)).split(" ")
    for text in (*(cell for row in table.rows for cell in row), table.title):
        assert set(filter(None, text.split(" "))) <= set(shown)


@given(tables(), st.integers(20, 100))
def test_lines_fit_unless_a_single_word_does_not(table: Table, width: int) -> None:
    words = [word for text in (table.title, *table.columns, *sum(table.rows, ())) for word in text.split(" ")]
    if max(map(cell_len, words)) < width // 3:
        assert max(map(cell_len, lines_of(table, width))) <= width


def test_numbers_stay_whole_and_the_names_are_repeated() -> None:
    columns = ("", "model", "FID", "KID × 100", "precision", "recall")
    rows = tuple((str(n), f"a model of number {n}", "48.6 [44.6, 53.0]", "1.2 [1.1, 1.3]", "0.5", "0.4") for n in "12")
    text = "\n".join(lines_of(Table("", columns, rows, keys=2), 50))
    assert text.count("48.6 [44.6, 53.0]") == 2
    assert text.count("model of") == 2 * 3  # three parts


def test_a_row_that_fits_nowhere_becomes_a_block() -> None:
    address = "https://example.org/" + "x" * 70
    lines = lines_of(Table("", ("name", "images", "from"), (("cats", "100", address),)), 80)
    assert lines == ["cats", "  images  100", f"  from    {address}"]


def test_names_cannot_act_on_the_terminal() -> None:
    text = "\n".join(lines_of(Table("\x1b]0;a\x07", ("\x1bm",), (("\u202eb\nc",),)), 80))
    assert not set("\x1b\x07\u202e") & set(text)
    assert len(text.splitlines()) == 5


def test_an_empty_table_says_so() -> None:
    assert lines_of(Table("Pairs", ("pair", "p"), ()), 80) == ["Pairs", "", "(empty)"]


@pytest.mark.parametrize("text", ["", "a", "ab\u00a0cd ef", "a\n\nb"])
def test_wrapping_loses_nothing(text: str) -> None:
    assert " ".join(wrapped(text, 4)).split() == text.split()
