"""Results of an NRDS contest, for tables, plots and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gan_eval.frames import SCORE_COLUMNS, data_frame, score_row
from gan_eval.provenance import Provenance
from gan_eval.result import Interval, Score
from gan_eval.strict_json import document_sha256

#: A table name → curve, one number an epoch.
Curves = Mapping[str, tuple[float, ...]]

SCHEMA = "gan-eval/1"


@dataclass(frozen=True, slots=True)
class NrdsPair:
    """Model a against model b: positive where a is more realistic.

    difference: of their scores. p_value: two-sided, of no difference. adjusted_p: Holm's over all pairs.
    seeds_for_a: under how many seeds a's score was the higher.
    """

    a: str
    b: str
    metric: str
    difference: float
    interval: Interval
    p_value: float
    adjusted_p: float
    seeds_for_a: int

    @property
    def distinguishable(self) -> bool:
        """Whether the data tell the two apart at 5 %, all pairs considered."""
        return self.adjusted_p < 0.05


@dataclass(frozen=True, slots=True)
class SeedOutcome:
    """One seed: its number, scores and areas by model, epochs run by each discriminator, curves by set."""

    seed: int
    scores: Mapping[str, float]
    areas: Mapping[str, float]
    epochs: tuple[int, ...]
    curves: Curves


@dataclass(frozen=True, slots=True)
class NrdsResult:
    """Scores, best first, with what they were made from.

    protocol: its name and settings. curves: mean output by epoch for `real` and each model; held-out images alone in
    the robust protocol, all images in the published one. trained_curves: over the images learnt from (robust only).
    areas: under them; by epochs in the published protocol, divided by the length (mean height, 0–1) in the robust one.
    flags: what the protocol found out about itself. provenance: None for scores that were made from saved curves.
    """

    protocol: Mapping[str, Any]
    scores: tuple[Score, ...]
    pairs: tuple[NrdsPair, ...]
    curves: Curves
    trained_curves: Curves
    areas: Mapping[str, float]
    seeds: tuple[SeedOutcome, ...]
    flags: Mapping[str, Any]
    provenance: Provenance | None
    warnings: tuple[str, ...]

    def __getitem__(self, model: str) -> Score:
        """The score of one model."""
        for score in self.scores:
            if score.details["model"] == model:
                return score
        raise KeyError(model)

    def to_dataframe(self) -> Any:
        """The scores as a pandas DataFrame, one row for each model, best first.

        Raises InputError where pandas is not installed.
        """
        rows = [score_row(str(score.details["model"]), rank, score) for rank, score in enumerate(self.scores, 1)]
        return data_frame(rows, SCORE_COLUMNS)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of the command-line contract."""
        described = self.provenance.to_dict() if self.provenance else {}
        seconds = described.pop("seconds", {})
        curves = {name: list(curve) for name, curve in self.curves.items()}
        return {
            "schema": SCHEMA,
            "command": "nrds",
            "protocol": dict(self.protocol),
            "scores": [score.to_dict() for score in self.scores],
            "pairs": [asdict(pair) | {"distinguishable": pair.distinguishable} for pair in self.pairs],
            "curves": curves,
            "curves_sha256": document_sha256(curves),
            "trained_curves": {name: list(curve) for name, curve in self.trained_curves.items()},
            "areas": dict(self.areas),
            "seeds": [asdict(seed) for seed in self.seeds],
            "flags": dict(self.flags),
            **described,
            "warnings": list(self.warnings),
            "seconds": seconds,
        }
