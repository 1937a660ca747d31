"""The published figures of `data/`, as rows, as one figure, as a Markdown table."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data"


def rows(name: str) -> list[dict[str, str]]:
    """Rows of `data/NAME.csv`, each a mapping of column → text as it is published."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def row(name: str, key: str) -> dict[str, str]:
    """The one row whose first columns equal the parts of `key`, which are set apart by slashes.

    Raises LookupError where no row, or more than one, has that key.
    """
    parts = key.split("/")
    matches = [found for found in rows(name) if list(found.values())[: len(parts)] == parts]
    if len(matches) != 1:
        raise LookupError(f"data/{name}.csv: {len(matches)} rows begin with {key!r}, not one")
    return matches[0]


def figure(name: str, key: str, column: str) -> str:
    """One published figure, with the digits that the source prints."""
    return row(name, key)[column]


def table(name: str, columns: Sequence[str] = ()) -> str:
    """`data/NAME.csv` as a Markdown table of these columns (all of them but `source` where none are named)."""
    found = rows(name)
    shown = list(columns) or [column for column in found[0] if column != "source"]
    lines = [shown, ["---"] * len(shown), *([line[column].replace("->", " → ") for column in shown] for line in found)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def pivot(name: str, index: str, across: str, columns: Sequence[str], labels: Sequence[str] = ()) -> str:
    """`data/NAME.csv` with one line for each value of `across` and one column for each value of `index`.

    A cell holds the figures of `columns`, set apart by slashes; `labels` picks values of `index`, by default all.
    """
    found = rows(name)
    tasks = list(labels) or list(dict.fromkeys(line[index] for line in found))
    cells = {(line[across], line[index]): " / ".join(line[column] for column in columns) for line in found}
    head = [["", *(task.replace("->", " → ") for task in tasks)], ["---"] * (len(tasks) + 1)]
    lines = [
        [method, *(cells.get((method, task), "–") for task in tasks)]
        for method in dict.fromkeys(line[across] for line in found)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in [*head, *lines])
