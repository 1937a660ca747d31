"""How far a Fréchet distance can be trusted: an interval for its expectation at the sample's size."""

from __future__ import annotations

import numpy as np

from gan_eval.metrics.frechet import distance
from gan_eval.metrics.intervals import normal
from gan_eval.metrics.moments import statistics
from gan_eval.metrics.rows import Rows
from gan_eval.result import Interval

METHOD = "for the expectation at this number of images, not at infinity: normal, complementary half samples"


def interval(real: Rows, fake: Rows, *, level: float = 0.95, seed: int = 0, halves: int = 32) -> Interval:
    """Interval of the expectation of the Fréchet distance at n = len(real), m = len(fake)."""
    rng = np.random.default_rng(seed)
    pairs = np.array([_halves(real, fake, rng) for _ in range(halves)])
    odd = ((pairs[:, 0] - pairs[:, 1]) / 2) @ ((pairs[:, 0] - pairs[:, 1]) / 2) / halves
    even = ((pairs[:, 0] + pairs[:, 1]) / 2).var(ddof=1)
    value = distance(statistics(np.asarray(real)), statistics(np.asarray(fake)))
    return normal(value, float(np.sqrt(max(odd - even, odd / 2))), method=METHOD, level=level)


def _halves(real: Rows, fake: Rows, rng: np.random.Generator) -> tuple[float, float]:
    i, j = rng.permutation(real.shape[0]), rng.permutation(fake.shape[0])
    n, m = len(i) // 2, len(j) // 2
    return (
        distance(statistics(real[i[:n]]), statistics(fake[j[:m]])),
        distance(statistics(real[i[n:]]), statistics(fake[j[m:]])),
    )
