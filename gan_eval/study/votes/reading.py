"""Reads CSV files of votes: arenas' `model_a, model_b, winner`, and numbers or counts per person and method.

Columns are found by their names, whatever the case. A voter and an item are read where there are such columns. A file
of counts has `fooled` and `fakes` (and `missed` and `reals`): how many fakes a person took for real, of how many, and
how many real pictures were taken for fakes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO

import numpy as np

from gan_eval.errors import InputError, UnreadableError
from gan_eval.files import open_regular
from gan_eval.study.votes.ballots import Rates, Votes

#: Names that a column goes by, the usual one first.
_FIRST = ("model_a", "method_a", "left")
_SECOND = ("model_b", "method_b", "right")
_WINNER = ("winner", "choice", "preference", "vote")
_VOTER = ("voter", "voter_id", "judge", "user", "user_id", "annotator", "participant", "participant_id", "person")
_ITEM = ("item", "item_id", "question_id", "prompt_id", "conversation_id", "prompt")
_METHOD = ("model", "method", "name")
_PERSON = ("person", "participant", "participant_id", "id", "voter", "voter_id")
#: Columns of a number per person, in the order in which they are looked for. `err_rt` is that of dgm-eval.
MEASURES = ("err_rt", "error_rate", "fooling_rate", "rate", "rating", "score", "value")
_COUNTS = ("fooled", "fakes")
_TITLES = {"err_rt": "error rate", "f_err_rt": "fooling rate", "error_rate": "error rate"}
#: What a winner may be called → how much of the vote the first method has.
_OUTCOMES: Mapping[str, float] = {
    **dict.fromkeys(("model_a", "method_a", "a", "left", "first", "1"), 1.0),
    **dict.fromkeys(("model_b", "method_b", "b", "right", "second", "2"), 0.0),
    **dict.fromkeys(("tie", "draw", "equal", "both_good", "tie (bothgood)"), 0.5),
}
_BOTH_BAD = ("both_bad", "bothbad", "tie (bothbad)", "neither")


def read_ballots(path: Path, *, measure: str | None = None) -> Votes | Rates:
    """Votes or rates of a CSV file.

    Parameters
    ----------
    path : Path
        The file, UTF-8, with a header.
    measure : str or None
        Column of the number per person and method; None for the first of the usual names.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or has a value that is none; the line is named.
    """
    with _rows(path) as (header, lines):
        if _place(header, _FIRST) is not None and measure is None:
            return _votes(path, header, lines)
        return _rates(path, header, lines, measure)


def is_ballots(path: Path) -> bool:
    """Whether a path is a CSV file, as read here, and not a folder or file of events."""
    return path.suffix.lower() == ".csv" and path.is_file()


@contextmanager
def _rows(path: Path) -> Iterator[tuple[list[str], Iterator[list[str]]]]:
    try:
        raw = open_regular(path)
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read: {error.strerror or error}") from error
    with raw:
        stream: IO[str] = TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        reader = csv.reader(stream)
        try:
            header = [name.strip().lower() for name in next(reader, [])]
            if not header:
                raise InputError(f"{path}: an empty file; wanted votes with a header")
            yield header, reader
        except UnicodeDecodeError as error:
            raise UnreadableError(f"{path}: not UTF-8 text") from error
        except csv.Error as error:
            raise InputError(f"{path}:{reader.line_num}: not CSV ({error})") from error


def _votes(path: Path, header: list[str], lines: Iterator[list[str]]) -> Votes:
    first, second = _wanted(path, header, _FIRST), _wanted(path, header, _SECOND)
    winner = _wanted(path, header, _WINNER)
    names: dict[str, int] = {}
    a, b, won = [], [], []
    columns = {"voter": _place(header, _VOTER), "item": _place(header, _ITEM)}
    numbers: dict[str, list[int]] = {name: [] for name, place in columns.items() if place is not None}
    known: dict[str, dict[str, int]] = {name: {} for name in numbers}
    bad = 0
    for number, line in enumerate(lines, start=2):
        if not line:
            continue
        try:
            left, right, outcome = line[first].strip(), line[second].strip(), line[winner].strip().lower()
            for name, into in numbers.items():
                text = line[columns[name] or 0]
                into.append(known[name].setdefault(text, len(known[name])))
        except IndexError:
            raise InputError(f"{path}:{number}: {len(line)} columns, the header has {len(header)}") from None
        bad += outcome in _BOTH_BAD
        share = 0.5 if outcome in _BOTH_BAD else _OUTCOMES.get(outcome)
        share = share if share is not None else _named_winner(outcome, left, right)
        if share is None or not left or not right or left == right:
            raise InputError(_why_not(f"{path}:{number}", left, right, line[winner]))
        a.append(names.setdefault(left, len(names)))
        b.append(names.setdefault(right, len(names)))
        won.append(share)
    if not won:
        raise InputError(f"{path}: no votes below the header")
    whose = {name: np.array(values, dtype=np.int64) for name, values in numbers.items()}
    outcome_of = np.array(won, dtype=np.float64)
    return Votes(tuple(names), np.array(a), np.array(b), outcome_of, whose.get("voter"), whose.get("item"), bad)


def _named_winner(outcome: str, left: str, right: str) -> float | None:
    """A winner that is given by the method's own name."""
    return {left.lower(): 1.0, right.lower(): 0.0}.get(outcome)


def _why_not(where: str, left: str, right: str, outcome: str) -> str:
    if not left or not right:
        return f"{where}: a vote between {left!r} and {right!r}: a method has no name"
    if left == right:
        return f"{where}: a vote of {left!r} against itself"
    return f"{where}: the winner is {outcome!r} (model_a, model_b, tie or both_bad; or a name of one of the two)"


def _rates(path: Path, header: list[str], lines: Iterator[list[str]], measure: str | None) -> Rates:
    method, person = _wanted(path, header, _METHOD), _wanted(path, header, _PERSON)
    wanted = None if measure is None else measure.lower()
    column = _wanted(path, header, (wanted,)) if wanted else _place(header, MEASURES)
    counts = None if column is not None else [_wanted(path, header, (name,)) for name in _COUNTS]
    errors = [header.index(name) for name in ("missed", "reals") if name in header]
    names: dict[str, int] = {}
    people: dict[str, int] = {}
    who, which, values = [], [], []
    for number, line in enumerate(lines, start=2):
        if not line:
            continue
        try:
            cells = [line[place] for place in ([column] if column is not None else [*(counts or ()), *errors])]
            value = _value([float(cell) for cell in cells])
            who.append(people.setdefault(line[person], len(people)))
            which.append(names.setdefault(line[method].strip(), len(names)))
        except (ValueError, IndexError, ZeroDivisionError):
            raise InputError(f"{path}:{number}: {','.join(line)[:80]!r} has no number where one is wanted") from None
        values.append(value)
    if not values:
        raise InputError(f"{path}: no rows below the header")
    told = "error rate" if len(errors) == 2 else "fooling rate"
    if column is not None:
        told = _TITLES.get(header[column], header[column])
    return Rates(tuple(names), np.array(who), np.array(which), np.array(values, dtype=np.float64), told)


def _value(cells: Sequence[float]) -> float:
    """A number as it is; of counts the share of fakes taken for real, or its mean with the errors on real pictures."""
    if not np.isfinite(cells).all():
        raise ValueError(cells)
    if len(cells) == 1:
        return cells[0]
    shares = [part / whole for part, whole in zip(cells[::2], cells[1::2], strict=True)]
    if not all(0 <= share <= 1 for share in shares):
        raise ValueError(cells)
    return sum(shares) / len(shares)


def _place(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _wanted(path: Path, header: Sequence[str], names: Sequence[str]) -> int:
    place = _place(header, names)
    if place is None:
        have = ", ".join(header[:12])
        raise InputError(f"{path}: no column {' or '.join(names[:3])} (columns: {have})")
    return place
