"""Metrics of methods from a file: a CSV with one row per method, or the JSON that `compare` prints.

Which way is better is known of the usual metrics by their names, and can be told of any other; a column of unknown
direction is left out and named.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gan_eval.errors import InputError, UnreadableError
from gan_eval.files import open_regular, read_json

Direction = Literal["lower", "higher"]

_METHOD = ("model", "method", "name")
_SET = ("dataset", "set", "data", "task")
#: Largest table that is read.
_MOST_BYTES = 50_000_000
#: Directions of metrics that others report: Fréchet and kernel distances (of any network), likelihood scores.
KNOWN: Mapping[str, Direction] = {
    **dict.fromkeys(("fd", "fd_inf", "fid", "fid_inf", "kd", "kid", "cmmd", "mmd", "lpips"), "lower"),
    **dict.fromkeys(
        ("is", "precision", "recall", "density", "coverage", "authpct", "fls", "vendi", "nrds", "clip_score"), "higher"
    ),
}


@dataclass(frozen=True, slots=True)
class MetricColumn:
    """One metric. set_name: which part of the table; values: method → number; better: which way."""

    metric: str
    set_name: str
    better: Direction
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class MetricTable:
    """Columns of all sets, and names of columns without a known direction."""

    columns: tuple[MetricColumn, ...]
    unknown: tuple[str, ...]

    @property
    def sets(self) -> tuple[str, ...]:
        """Names of the sets, in the order of the file."""
        return tuple(dict.fromkeys(column.set_name for column in self.columns))


def read_metrics(path: Path, *, lower: Iterable[str] = (), higher: Iterable[str] = ()) -> MetricTable:
    """Metrics of a file.

    Parameters
    ----------
    path : Path
        CSV, or JSON of `compare`.
    lower, higher : iterable of str
        Metrics of which lower (or higher) is better, for names that are not known.

    Raises
    ------
    InputError
        The file is neither, or no column has a known direction.
    """
    told: dict[str, Direction] = {**KNOWN, **dict.fromkeys(lower, "lower"), **dict.fromkeys(higher, "higher")}
    table = _from_json(path) if path.suffix.lower() == ".json" else _from_csv(path, told)
    if not table.columns:
        lost = f" (which way is better is not known of {', '.join(table.unknown)}: say it)" if table.unknown else ""
        raise InputError(f"{path}: no column is a metric{lost}")
    return table


def columns_of(scores: Iterable[tuple[str, Sequence[Any]]]) -> MetricTable:
    """The table of scores by method: (name, its `Score`s or their documents)."""
    values: dict[str, dict[str, float]] = {}
    better: dict[str, Direction] = {}
    for name, own in scores:
        for score in own:
            metric, direction, value = _field(score, "metric"), _field(score, "direction"), _field(score, "value")
            values.setdefault(metric, {})[name] = float(value)
            better[metric] = "lower" if direction == "lower" else "higher"
    return MetricTable(tuple(MetricColumn(m, "", better[m], own) for m, own in values.items()), ())


def _field(score: Any, name: str) -> Any:
    return score[name] if isinstance(score, Mapping) else getattr(score, name)


def _from_json(path: Path) -> MetricTable:
    document = read_json(path)
    try:
        return columns_of((str(model["name"]), model["scores"]) for model in document["models"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: not the JSON of a comparison (no {error})") from error


def _from_csv(path: Path, told: Mapping[str, Direction]) -> MetricTable:
    try:
        with open_regular(path) as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) > _MOST_BYTES:
        raise InputError(f"{path}: larger than {_MOST_BYTES} bytes: not a table of metrics")
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a CSV file ({error})") from error
    header = [name for name in (rows[0] if rows else {}) if name is not None]
    by_name = {name.strip().lower(): name for name in header}
    method = next((by_name[name] for name in _METHOD if name in by_name), None)
    if method is None:
        raise InputError(f"{path}: no column model, method or name (columns: {', '.join(header[:12])})")
    part = next((by_name[name] for name in _SET if name in by_name), None)
    columns: list[MetricColumn] = []
    unknown: list[str] = []
    for name in header:
        if name in (method, part):
            continue
        numbers = [(row[part] if part else "", row[method].strip(), _number(row[name])) for row in rows]
        if not any(value is not None for _, _, value in numbers):
            continue
        better = told.get(name.strip().lower())
        if better is None:
            unknown.append(name)
            continue
        for set_name in dict.fromkeys(where for where, _, _ in numbers):
            values = {who: value for where, who, value in numbers if where == set_name and value is not None}
            columns.append(MetricColumn(name, set_name, better, values))
    return MetricTable(tuple(columns), tuple(unknown))


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
