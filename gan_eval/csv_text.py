"""Rows as CSV that a spreadsheet opens as data, never as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

#: First characters that make spreadsheets read a cell as a formula, their full-width forms among them.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns and rows as CSV (RFC 4180 quoting, line ends \\n) in which no name acts as a formula.

    Parameters
    ----------
    columns : sequence of str
        The header.
    rows : iterable of sequences
        Cells; None is an empty one. Text that begins like a formula gets an apostrophe in front; numbers do not.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_guarded(cell) for cell in columns])
    writer.writerows([_guarded(cell) for cell in row] for row in rows)
    return text.getvalue()


def _guarded(cell: object) -> object:
    """The cell, with an apostrophe in front of text that a spreadsheet would calculate."""
    if not isinstance(cell, str):
        return cell
    clean = cell.replace("\0", "\N{REPLACEMENT CHARACTER}")
    clean = clean.replace("\r\n", "\n").replace("\r", "\n")  # which Python's writer would leave without quotes
    return f"'{clean}" if clean.lstrip(" \u00a0").startswith(_FORMULA) else clean
