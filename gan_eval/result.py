"""Plain values of results. This module computes nothing and knows no files or tensors."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from gan_eval.digits import decimals
from gan_eval.printable import printable

Direction = Literal["lower", "higher"]

#: Called with (what is being done, done so far, total or None). Use cases report through it; only the CLI draws.
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval and the name of the method that made it."""

    low: float
    high: float
    level: float
    method: str


@dataclass(frozen=True, slots=True)
class Score:
    """One number about one set of images, with what is needed to read it.

    metric: identifier of the CLI contract (`fid`, `kid`, … with verified 2015 Inception weights; else `fd`, `kd`, …).
    value: the estimate. direction: which way is better. interval: None where none was asked for or none is honest.
    n_real, n_fake: images used (0 where a side is not involved). features: name of the feature network.
    details: further numbers of this metric, JSON-ready. warnings: sentences a reader of the number must know.
    """

    metric: str
    value: float
    direction: Direction
    n_real: int
    n_fake: int
    features: str
    interval: Interval | None = None
    unit: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        """The name, the value and the interval, with the digits that the interval leaves meaningful."""
        return f"{self.metric} {self._shown()}"

    def __repr__(self) -> str:
        sides = [f"{count} {side}" for side, count in (("real", self.n_real), ("fake", self.n_fake)) if count]
        return f"<Score {self}, {' and '.join(sides)} images, {self.features}>"

    def __format__(self, spec: str) -> str:
        """The value by a format of numbers (`f"{score:.2f}"`); without one, as `str`."""
        return format(self.value, spec) if spec else str(self)

    def _repr_html_(self) -> str:
        """What a notebook shows: one row of a table, then the warnings."""
        cells = (self.metric, self._shown(), f"{self.direction} is better", self.features)
        row = "".join(f"<td>{html.escape(printable(cell))}</td>" for cell in cells)
        notes = "".join(f"<li>{html.escape(printable(warning))}</li>" for warning in self.warnings)
        return f"<table><tr>{row}</tr></table>" + (f"<ul>{notes}</ul>" if notes else "")

    def _shown(self) -> str:
        if self.interval is None:
            return f"{self.value:.5g}"
        digits = decimals(self.interval.low, self.interval.high)
        return f"{self.value:.{digits}f} [{self.interval.low:.{digits}f}, {self.interval.high:.{digits}f}]"

    def to_json(self) -> str:
        """The score with its warnings as a JSON object; NaN and infinities are refused (ValueError)."""
        return json.dumps({**self.to_dict(), "warnings": list(self.warnings)}, allow_nan=False)

    def to_dict(self) -> dict[str, Any]:
        """The score as the JSON contract has it; warnings go to the document's own list."""
        document = asdict(self)
        del document["warnings"]
        return document
