"""Plain values of results. This module computes nothing and knows no files or tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

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

    def to_dict(self) -> dict[str, Any]:
        """The score as the JSON contract has it; warnings go to the document's own list."""
        document = asdict(self)
        del document["warnings"]
        return document
