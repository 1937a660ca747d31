"""Every pair of models as a square table: row against column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gan_eval.digits import number, p_equals

Outcome = Literal["better", "worse", "not told apart"]
_OPPOSITE: dict[Outcome, Outcome] = {"better": "worse", "worse": "better", "not told apart": "not told apart"}


@dataclass(frozen=True, slots=True)
class MatrixPair:
    """Models a and b: a's value less b's, Holm's p-value (None where nothing was tested), and how a came out."""

    a: str
    b: str
    difference: float
    digits: int
    adjusted_p: float | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """What stands where a row and a column cross."""

    outcome: Outcome
    difference: str
    p: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Names in order, and for each row a cell per column: None on the diagonal and where a pair is missing."""

    title: str
    names: tuple[str, ...]
    rows: tuple[tuple[MatrixCell | None, ...], ...]
    caption: str


def matrix(title: str, names: Sequence[str], pairs: Iterable[MatrixPair], caption: str) -> Matrix:
    """The square table of `pairs` with rows and columns in the order of `names`."""
    cells: dict[tuple[str, str], MatrixCell] = {}
    for pair in pairs:
        p = "" if pair.adjusted_p is None else p_equals(pair.adjusted_p)
        for a, b, sign in ((pair.a, pair.b, 1), (pair.b, pair.a, -1)):
            outcome = pair.outcome if sign == 1 else _OPPOSITE[pair.outcome]
            cells[a, b] = MatrixCell(outcome, number(sign * pair.difference, pair.digits, sign=True), p)
    rows = tuple(tuple(cells.get((row, column)) for column in names) for row in names)
    return Matrix(title, tuple(names), rows, caption)
