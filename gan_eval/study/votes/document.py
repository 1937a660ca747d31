"""The JSON document of votes from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gan_eval.study.votes.defects import Defect
from gan_eval.study.votes.standing import Standing

SCHEMA = "gan-eval-votes/1"


def to_dict(standing: Standing, found: Sequence[Defect]) -> dict[str, Any]:
    """Methods with values and intervals, pairs with p-values, and what is wrong with the votes."""
    return {
        "schema": SCHEMA,
        "measure": standing.measure,
        "unit": standing.unit,
        "people": standing.people,
        "answers": standing.answers,
        "methods": [
            {"name": name, "value": value, "interval": None if bar is None else asdict(bar)}
            for name, value, bar in zip(standing.methods, standing.values, standing.intervals, strict=True)
        ],
        "pairs": [asdict(pair) for pair in standing.pairs],
        "defects": [asdict(defect) for defect in found],
        "notes": list(standing.notes),
    }
