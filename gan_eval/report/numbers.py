"""Scores as text: the same names and digits in tables and on pages."""

from __future__ import annotations

from gan_eval.result import Score

_TITLES = {
    "fid": "FID",
    "kid": "KID",
    "is": "Inception score",
    "fd": "Fréchet distance",
    "kd": "kernel distance",
    "score_is": "class score",
}
_DIGITS = {"fid": 2, "fd": 3, "kid": 5, "kd": 5}


def title_of(metric: str) -> str:
    """What a metric identifier is called in a table."""
    return _TITLES.get(metric, metric)


def value_of(score: Score, *, scale: int = 1) -> str:
    """The value with the digits that its metric is read with, times `scale` (1 or 100)."""
    return _number(score, score.value, scale)


def interval_of(score: Score, *, scale: int = 1) -> str:
    """The interval as "low to high", or the empty string."""
    if score.interval is None:
        return ""
    return f"{_number(score, score.interval.low, scale)} to {_number(score, score.interval.high, scale)}"


def p_value_of(p: float) -> str:
    """A p-value with the digits that it is read with."""
    return f"{p:.3g}" if p >= 1e-4 else "< 0.0001"


def _number(score: Score, value: float, scale: int) -> str:
    digits = _DIGITS.get(score.metric, 3) - (2 if scale == 100 else 0)
    return f"{value * scale:.{digits}f}"
