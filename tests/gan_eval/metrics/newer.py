"""Sets and sides that the tests of newer metrics share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_eval.inference.groups import Groups


@dataclass
class ArraySide:
    """A side of a metric made of an array."""

    vectors: Any
    label: str = "array"
    statistics: Any = None
    logits: Any = None
    groups: Groups | None = None

    @property
    def n(self) -> int:
        return len(self.vectors)


def published() -> tuple[np.ndarray, np.ndarray]:
    """The two sets that the published implementations were run on."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((200, 8)), rng.standard_normal((150, 8)) * 0.9 + 0.3
