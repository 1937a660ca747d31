"""Scores from saved curves, of this program or of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_eval.discriminative.outcome import SCHEMA, NrdsResult
from gan_eval.discriminative.robust import REAL
from gan_eval.errors import InputError, UnreadableError
from gan_eval.files import read_bytes
from gan_eval.metrics import nrds as metric
from gan_eval.result import Score
from gan_eval.strict_json import document_sha256, parse_json


def read_curves(path: Path) -> dict[str, list[float]]:
    """Curves of a JSON file: what `gan-eval nrds --json` printed, or an object of name → list of numbers.

    Raises InputError for anything else, and for an output of ours whose curves are not those that were printed.
    """
    data = read_bytes(path)
    try:
        document = parse_json(data, where=str(path))
    except InputError as error:
        raise InputError(f"{error} (wanted the JSON of an nrds result)") from error
    curves = document.get("curves", document) if isinstance(document, dict) else None
    if not isinstance(curves, dict) or not curves or not all(map(_is_curve, curves.values())):
        raise InputError(f"{path}: holds no curves (wanted name → list of numbers, or the JSON of an nrds result)")
    if curves is not document and document.get("schema", SCHEMA) != SCHEMA:
        raise InputError(
            f"{path}: its schema is {ascii(document['schema'])[:60]}, this program reads {SCHEMA} (update gan-eval)"
        )
    if curves is not document and not _is_as_printed(document, curves):
        raise UnreadableError(
            f"{path}: damaged: its curves are not those that nrds printed (run nrds again, or give the curves alone)"
        )
    return {str(name): list(map(float, curve)) for name, curve in curves.items()}


#: Fields of which a damaged output of `nrds --json` has some still.
_OURS = frozenset(("schema", "command", "protocol", "scores", "areas", "curves_sha256"))
#: All fields of an output before it had a hash.
_OLDER = _OURS - {"curves_sha256"} | {"pairs", "curves", "trained_curves", "seeds", "flags"}
_OLDER |= {"features", "inputs", "versions", "warnings", "seconds"}


def _is_as_printed(document: Mapping[str, Any], curves: Mapping[str, Any]) -> bool:
    """Whether the curves have the hash beside them; an older output has none, nor has another program's."""
    if "curves_sha256" in document:
        return bool(document["curves_sha256"] == document_sha256(curves))
    return _OURS.isdisjoint(document) or document.keys() <= _OLDER


def _is_curve(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in value)


def from_curves(curves: Mapping[str, Sequence[float]]) -> NrdsResult:
    """Scores from curves alone, by the published formula: name → mean output after each epoch.

    A curve called `real` gets an area and takes no part in the scores. Raises InputError for curves of different
    lengths or without any area, TooFewError for a single epoch or model.
    """
    areas = metric.areas(curves)
    competing = {name: area for name, area in areas.items() if name != REAL}
    epochs = len(next(iter(curves.values())))
    near_zero = metric.near_zero(list(competing.values()), epochs)
    scores = metric.relative_scores(competing, epochs=None)
    order = sorted(scores, key=lambda name: -scores[name])
    return NrdsResult(
        protocol={"name": "curves", "epochs": epochs, "area": "trapezoids of one epoch"},
        scores=tuple(
            Score("nrds", scores[name], "higher", 0, 0, "", details={"model": name, "rank": rank, "area": areas[name]})
            for rank, name in enumerate(order, 1)
        ),
        pairs=(),
        curves={name: tuple(map(float, curve)) for name, curve in curves.items()},
        trained_curves={},
        areas=areas,
        seeds=(),
        flags={"near_zero": near_zero},
        provenance=None,
        warnings=(metric.NEAR_ZERO_MESSAGE,) if near_zero else (),
    )
