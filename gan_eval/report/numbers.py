"""Scores as text: the same names and digits in tables, on pages and in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from gan_eval.digits import bounds, decimals, level_of, number
from gan_eval.metrics.table import NumberRow, number_rows
from gan_eval.result import Interval, Score

_NRDS = NumberRow("nrds", "NRDS", 3, "higher")


def row_of(metric: str) -> NumberRow:
    """The row of a metric identifier; one made from its name where no table has it."""
    if metric == _NRDS.name:
        return _NRDS
    return number_rows().get(metric) or NumberRow(metric, metric.replace("_", " "), 3, "lower")


def title_of(metric: str, scale: int = 1) -> str:
    """What a metric identifier is called for people, with the factor that its numbers are shown with."""
    title = row_of(metric).title
    return title if scale == 1 else f"{title} × {scale}"


def scales_of(metric: str) -> tuple[int, ...]:
    """Factors that a metric's number is shown with: 1, and 100 as well where papers print it so."""
    factor = row_of(metric).also_times
    return (1,) if factor == 1 else (1, factor)


def decimals_of(score: Score, scale: int = 1) -> int:
    """Decimals by the width of the score's interval, or by its metric where it has none."""
    if score.interval is not None:
        return interval_decimals(score.interval, scale)
    return max(0, row_of(score.metric).digits - round(math.log10(scale)))


def interval_decimals(interval: Interval, scale: int = 1) -> int:
    """Decimals by an interval's width."""
    return decimals(scale * interval.low, scale * interval.high)


def value_of(score: Score, *, scale: int = 1) -> str:
    """The value times `scale` (1 or 100), with the digits that its interval leaves meaningful."""
    return number(scale * score.value, decimals_of(score, scale))


def interval_of(score: Score, *, scale: int = 1) -> str:
    """The interval as "44.6 to 53.0", or the empty string."""
    if score.interval is None:
        return ""
    low, high = scale * score.interval.low, scale * score.interval.high
    return bounds(low, high, decimals_of(score, scale))


def with_interval(score: Score, *, scale: int = 1) -> str:
    """The value and its interval as "48.6 [44.6, 53.0]", which does not break inside the brackets."""
    shown = interval_of(score, scale=scale)
    value = value_of(score, scale=scale)
    inside = shown.replace(" to ", ",\u00a0")
    return f"{value} [{inside}]" if shown else value


def heading_of(scores: Sequence[Score], scale: int = 1) -> str:
    """The heading of a column of such cells: "FID [95 % CI]", or "FID" where none has an interval."""
    title = title_of(scores[0].metric, scale)
    level = next((score.interval.level for score in scores if score.interval), None)
    return title if level is None else f"{title} [{level_of(level)}]"


def conditions_of(features: Mapping[str, Any]) -> str:
    """Network, precision and preprocessing in a few words."""
    return f"{features['name']} ({features['precision']}), {features['like']} preprocessing"
