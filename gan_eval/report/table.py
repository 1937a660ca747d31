"""The table of reports and of the terminal: cells of text with headings, alignment and a note."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose cells are text for people.

    Parameters
    ----------
    title : str
        What it holds; may be empty.
    columns : tuple of str
        Headings.
    rows : tuple of tuples of str
        One cell per column.
    note : str
        What a reader needs to know of it, in one or two sentences; may be empty.
    keys : int
        How many leading columns name a row. They are text, and are repeated where a table has to be cut in two.
    text : frozenset of int
        Further columns that hold text instead of numbers, and are aligned to the left.
    bold : frozenset of (int, int)
        Row and column of cells that the tests allow to be set apart as the best.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    keys: int = 1
    text: frozenset[int] = frozenset()
    bold: frozenset[tuple[int, int]] = frozenset()

    def is_text(self, column: int) -> bool:
        """Whether that column, counted from 0, holds text."""
        return column < self.keys or column in self.text
