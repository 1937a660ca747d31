"""How people answered, whatever they answered: checks passed, straight-lining, consistency, slots, reaction times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def chance_of_at_least(hits: int, trials: int, options: int) -> float:
    """Probability that clicking at random gives `hits` or more right answers among `trials` with so many options."""
    return float(stats.binom.sf(hits - 1, trials, 1 / options))


def same_slot_p(most: int, trials: int, slots: int) -> float:
    """Bound on the probability that some slot is chosen `most` times or more when all slots are alike.

    The binomial tail times the number of slots (Bonferroni), at most 1.
    """
    return min(1.0, slots * chance_of_at_least(most, trials, slots))


@dataclass(frozen=True, slots=True)
class SlotBias:
    """Chi-square test that all slots are chosen equally often, with Cohen's effect size w (0.1 small, 0.3 medium)."""

    counts: tuple[int, ...]
    chi_square: float
    p_value: float
    w: float


def slot_bias(counts: ArrayLike) -> SlotBias:
    """Test of slot counts, answers taken as independent."""
    table = np.asarray(counts, dtype=np.int64)
    if table.sum() == 0:
        return SlotBias(tuple(map(int, table)), 0.0, 1.0, 0.0)
    test = stats.chisquare(table)
    statistic = float(test.statistic)
    return SlotBias(tuple(map(int, table)), statistic, float(test.pvalue), float(np.sqrt(statistic / table.sum())))


@dataclass(frozen=True, slots=True)
class ReactionTimes:
    """Quartiles in milliseconds over answers, and the fastest and slowest person's median."""

    median: float
    lower_quartile: float
    upper_quartile: float
    fastest_person: float
    slowest_person: float


def reaction_times(times_ms: ArrayLike, person: ArrayLike) -> ReactionTimes | None:
    """Describe reaction times (N,) with the person (N,) of each; None where there are none."""
    times, who = np.asarray(times_ms, dtype=np.float64), np.asarray(person)
    if not len(times):
        return None
    medians = [float(np.median(times[who == p])) for p in np.unique(who)]
    lower, median, upper = (float(q) for q in np.quantile(times, [0.25, 0.5, 0.75]))
    return ReactionTimes(median, lower, upper, min(medians), max(medians))
