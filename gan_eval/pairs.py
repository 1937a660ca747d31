"""Is one model nearer to the real images than another? A test for every pair, by each metric that has one.

The models share the real set, so their distances err together, and the interval of a difference is narrower than two
separate intervals suggest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gan_eval.feature_set import FeatureSet
from gan_eval.inference.intervals import holm
from gan_eval.metrics.table import MetricRow
from gan_eval.result import Interval


@dataclass(frozen=True, slots=True)
class Pair:
    """Model a less model b: negative where a is nearer to the real images.

    p_value: two-sided, of no difference. adjusted_p: Holm's over all pairs of the metric.
    """

    a: str
    b: str
    metric: str
    difference: float
    interval: Interval
    p_value: float
    adjusted_p: float


def pairs_of(row: MetricRow, real: FeatureSet, fakes: Mapping[str, FeatureSet], *, name: str, seed: int) -> list[Pair]:
    """Every pair of `fakes` by a metric's distance to `real`; none where a set is too small for a test.

    name: what the metric's number is called with this network.
    """
    differences = row.differences(real, fakes, seed=seed)
    pairs = [Pair(a, b, name, d.value, d.interval, d.p_value, d.p_value) for (a, b), d in differences.items()]
    adjusted: Sequence[float] = holm([pair.p_value for pair in pairs])
    return [replace(pair, adjusted_p=p) for pair, p in zip(pairs, adjusted, strict=True)]
