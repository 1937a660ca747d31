"""What published percentages of preference imply: totals of votes that give them, and what so many votes can show."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import norm

from docs.make import published
from gan_eval.digits import number, p_value
from gan_eval.inference.intervals import holm, wilson
from gan_eval.inference.power import design_effect

#: Half of the last digit that is printed, and what rounding of floats may add.
_HALF = 0.05 + 1e-9


def by_task(name: str) -> dict[str, dict[str, float]]:
    """Task → method → per cent, of a file of `data/`."""
    tasks: dict[str, dict[str, float]] = {}
    for row in published.rows(name):
        tasks.setdefault(row["task"], {})[row["method"]] = float(row["percent"])
    return tasks


def counts_of(percents: Sequence[float], total: int) -> tuple[int, ...] | None:
    """Whole votes that add up to `total` and give these percentages to one decimal; None where there are none."""
    near = [math.floor(total * percent / 100) + step for percent in percents for step in (0, 1)]
    choices = [
        [count for count in near[2 * place : 2 * place + 2] if abs(100 * count / total - percent) <= _HALF]
        for place, percent in enumerate(percents)
    ]
    return next((counts for counts in itertools.product(*choices) if sum(counts) == total), None)


def totals(name: str, most: int = 1000) -> list[int]:
    """Totals up to `most` that give the percentages of every task."""
    tasks = [list(task.values()) for task in by_task(name).values()]
    return [n for n in range(1, most + 1) if all(counts_of(task, n) is not None for task in tasks)]


def implied_totals(name: str) -> str:
    """The totals as a list in a sentence: the smallest ones."""
    found = totals(name)
    return ", ".join(map(str, found[:4]))


def table(name: str, method: str, people: str, rho: str) -> str:
    """A Markdown table: votes for a method, its share with intervals, and whether it leads the next one.

    people, rho: over how many people the votes are spread, and how alike one person's are, for the wider interval.
    """
    total = totals(name)[0]
    effect = design_effect(total // int(people), float(rho))
    tasks = by_task(name)
    leads = [_lead(task, method, total / effect) for task in tasks.values()]
    adjusted = holm([p for _, p in leads])
    spans = f"95 % if votes were independent | 95 % with {people} people"
    heading = f"| task | votes of {total} | share, % | {spans} | ahead of the next, points | p (Holm) |"
    lines = [heading, "|---|---|---|---|---|---|---|"]
    for (task, percents), (lead, _), p in zip(tasks.items(), leads, adjusted, strict=True):
        counts = dict(zip(percents, counts_of(list(percents.values()), total) or (), strict=True))
        share = counts[method] / total
        bars = [wilson(share * n, n) for n in (total, total / effect)]
        inside = " | ".join(f"{number(100 * bar.low, 1)} to {number(100 * bar.high, 1)}" for bar in bars)
        shown = f"{number(100 * lead, 1, sign=True)} | {p_value(p)}"
        lines.append(f"| {task.replace('->', ' → ')} | {counts[method]} | {percents[method]} | {inside} | {shown} |")
    return "\n".join(lines)


def _lead(percents: dict[str, float], method: str, votes: float) -> tuple[float, float]:
    """How far the method is ahead of the best other one, and the two-sided p-value of that with so many votes."""
    own = percents[method] / 100
    other = max(value for name, value in percents.items() if name != method) / 100
    # Two shares of one multinomial.
    deviation = np.sqrt((own + other - (own - other) ** 2) / votes)
    return own - other, float(2 * norm.sf(abs(own - other) / deviation))
