"""Axes of figures: round ticks, and the position of a value."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gan_eval.digits import number, percent


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark: where it stands, in per cent of the axis, and what is written there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear or logarithmic axis from `low` to `high`, with its ticks."""

    low: float
    high: float
    ticks: tuple[Tick, ...]
    log: bool = False

    def at(self, value: float) -> float:
        """Place of a value in per cent of the length, cut off at the ends."""
        return _place(value, self.low, self.high, self.log)


def axis(values: Iterable[float], *, shares: bool = False, about: int = 6) -> Axis:
    """An axis over all finite `values` with a margin and about so many ticks.

    Parameters
    ----------
    values : iterable of float
        All that will be drawn; values that are not finite are left out.
    shares : bool
        Whether the values are shares, whose axis stays within 0 … 1 and is labelled in per cent.
    about : int
        Ticks wanted, roughly.
    """
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    margin = 0.06 * ((high - low) or abs(high) or 1)
    low, high = low - margin, high + margin
    if shares:
        low, high = max(-0.02, low), min(1.02, high)
    step = _round_step((high - low) / about)
    first, last = math.ceil(low / step), math.floor(high / step)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    marks = [count * step for count in range(first, last + 1)]
    labels = [percent(mark, max(0, digits - 2)) if shares else number(mark, digits) for mark in marks]
    ticks = (Tick(_place(mark, low, high), label) for mark, label in zip(marks, labels, strict=True))
    return Axis(low, high, tuple(ticks))


def log_axis(values: Iterable[float]) -> Axis:
    """A logarithmic axis over positive `values`, with ticks at 1, 2 and 5 times powers of ten."""
    positive = [value for value in values if value > 0 and math.isfinite(value)] or [1.0]
    low, high = min(positive) * 0.95, max(positive) * 1.05
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    marks = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    ticks = (Tick(_place(mark, low, high, log=True), f"{mark:g}") for mark in marks if low <= mark <= high)
    return Axis(low, high, tuple(ticks), log=True)


def _round_step(rough: float) -> float:
    """1, 2 or 5 times a power of ten, not below `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))


def _place(value: float, low: float, high: float, log: bool = False) -> float:
    if log:
        value, low, high = (math.log(max(end, 1e-300)) for end in (value, low, high))
    return round(min(100.0, max(0.0, 100 * (value - low) / ((high - low) or 1))), 2)
