"""Detects fakes that are copies of real images, which a score for realism would rate best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_eval.metrics.neighbours import nearest

Array = NDArray[np.float64]
Features = NDArray[np.float32]

#: A fake is a near copy when it is nearer to a real image than this share of what reals are to each other.
NEAR = 0.5
#: At most so many images of each set are looked at, spread evenly over it.
LIMIT = 5000


class Nearness(NamedTuple):
    """Distances of a model's images from the real images, in feature space.

    ratio: median distance from a fake to its nearest real, over the median distance from a real to its nearest other
    real; about 1 for further real images, above 1 for what is unlike them; None where all reals are one image.
    near_copies: share of the fakes that lie nearer to a real image than half of the latter median.
    """

    ratio: float | None
    near_copies: float


def nearness(real: Features, fakes: list[Features]) -> list[Nearness]:
    """`Nearness` of each model: real (N, D) with N ≥ 2, fakes (M, D) each, float32."""
    reals = _some(real)
    usual = float(np.median(_nearest(reals, reals, same=True)))
    made = []
    for fake in fakes:
        distances = _nearest(_some(fake), reals)
        # Reals that are all copies of one another have no usual distance; only an exact copy then counts.
        near = distances < NEAR * usual if usual > 0 else distances == 0
        ratio = float(np.median(distances)) / usual if usual > 0 else None
        made.append(Nearness(ratio, float(near.mean())))
    return made


def _some(rows: Features) -> Array:
    places = np.linspace(0, len(rows) - 1, min(len(rows), LIMIT)).round().astype(np.intp)
    return rows[places].astype(np.float64)


def _nearest(left: Array, right: Array, *, same: bool = False) -> Array:
    """(n,) distance from each row of `left` to the nearest row of `right`, itself not counted where they are one."""
    index, _ = nearest(right, left, same=same)
    # The difference itself, since |x|² + |y|² − 2 x·y leaves rounding where a copy has exactly 0.
    return np.asarray(np.linalg.norm(left - right[index], axis=1))
