"""Estimates and intervals with the person as the unit.

A statistic is a function of weights on people, (B, P) → (B, q): weights of one give the estimate, a zero leaves a
person out, and counts from a resample give the bootstrap. Hence one function serves the estimate, the jackknife, the
bootstrap and the leave-one-person-out range of anything from a share to Bradley–Terry strengths.

How many people allow what: below FEW none of it, only description; below SOME the jackknife-t interval; from there on
the bootstrap, with the t interval beside it. Plain percentiles of the bootstrap are too narrow for few people (of 24
people 92 % instead of 95 %), because a resample's spread lacks the factor P/(P − 1) and the normal tail is not
Student's; Hesterberg (2015, The American Statistician 69, p. 371) takes percentiles further out by just that much.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gan_eval.inference.proportions import clopper_pearson
from gan_eval.inference.resampling import crossed_draws, draws
from gan_eval.result import Interval

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]

#: Fewer people than this give no inference; fewer than SOME no bootstrap to rely on.
FEW, SOME = 5, 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number about the people asked, with its uncertainty about people in general.

    interval: the one to quote (None with too few people); t and bootstrap: both, for comparison; the bootstrap is
    also given where people are too few to quote it. without_one: (lowest, highest) when one person is left out.
    """

    value: float
    people: int
    interval: Interval | None = None
    t: Interval | None = None
    bootstrap: Interval | None = None
    without_one: tuple[float, float] | None = None


def person_mean(table: Floats) -> Statistic:
    """The statistic "mean over people" of each column of (P, q); NaN marks a person who has no value there."""
    known = ~np.isnan(table)
    values, present = np.where(known, table, 0.0), known.astype(np.float64)

    def statistic(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights @ values) / (weights @ present), dtype=np.float64)

    return statistic


def resamples(people: int, count: int, rng: np.random.Generator) -> Floats:
    """Weights (B, P) of bootstrap resamples of people: all P^P if these are no more than `count`, else random ones."""
    if people**people <= count:
        picks = np.array(list(itertools.product(range(people), repeat=people)))
        return np.asarray((picks[:, :, None] == np.arange(people)).sum(1), dtype=np.float64)
    return draws(people, count, rng)


def estimate(
    statistic: Statistic,
    people: int,
    *,
    weights: Floats,
    level: float = 0.95,
    bounds: tuple[float, float] | None = None,
    replicates: Floats | None = None,
) -> list[Estimate]:
    """Estimates of a statistic's q numbers.

    weights: (B, P) from `resamples`, shared by all statistics of a study. replicates: statistic(weights), where the
    caller needs it too and it is dear. bounds: the values' range, for shares and
    their differences: intervals stay within, and where all people agree exactly, which would give an interval of
    width zero, it is the exact binomial one with each person as one observation.
    """
    values = statistic(np.ones((1, people)))[0]
    if people < 2:
        return [Estimate(float(value), people) for value in values]
    without = statistic(1 - np.eye(people))
    ts = _jackknife_t(values, without, level, bounds)
    replicates = statistic(weights) if replicates is None else replicates
    bootstraps = [_bootstrap(column, people, level) for column in replicates.T]
    found = []
    for number, value in enumerate(values):
        t, bootstrap = ts[number], bootstraps[number]
        if t is not None and bounds is not None and t.high - t.low < 1e-9:
            t = bootstrap = _all_alike(float(value), people, level, bounds)
        quoted = None if people < FEW else t if people < SOME else bootstrap
        column = without[:, number]
        column = column[np.isfinite(column)]
        extremes = (float(column.min()), float(column.max())) if len(column) else None
        found.append(Estimate(float(value), people, quoted, t, bootstrap, extremes))
    return found


def mean_estimates(
    table: Floats, *, weights: Floats, level: float = 0.95, bounds: tuple[float, float] | None = None
) -> list[Estimate]:
    """Estimates of the mean over people of each column of (P, q), with the people who have a value there.

    Whoever has none counts neither in the mean nor as one of the people: a column that three of twenty people have
    gets no interval, although twenty took part. The other arguments are those of `estimate`.
    """
    found = []
    for column in table.T:
        known = ~np.isnan(column)
        own, people = column[known][:, None], int(known.sum())
        if people == 0:
            found.append(Estimate(float("nan"), 0))
            continue
        found += estimate(person_mean(own), people, weights=weights[:, known], level=level, bounds=bounds)
    return found


def _jackknife_t(
    values: Floats, without: Floats, level: float, bounds: tuple[float, float] | None
) -> list[Interval | None]:
    """value ± t(P−1)·SE from leave-one-person-out; for a mean over people this is Student's t interval."""
    people = len(without)
    with np.errstate(invalid="ignore"):
        se = np.sqrt((people - 1) / people * ((without - without.mean(0)) ** 2).sum(0))
    half = float(stats.t.ppf((1 + level) / 2, people - 1)) * se
    low, high = values - half, values + half
    if bounds is not None:
        low, high = np.maximum(low, bounds[0]), np.minimum(high, bounds[1])
    method = f"t over people (jackknife, {people - 1} degrees of freedom)"
    pairs = zip(low, high, strict=True)
    return [Interval(float(a), float(b), level, method) if np.isfinite(a + b) else None for a, b in pairs]


def percentiles(column: Floats, level: float) -> tuple[float, float] | None:
    """Equal-tailed percentiles (inverted distribution function) of replicates; NaN are left out; None if infinite."""
    column = column[~np.isnan(column)]
    if not len(column):
        return None
    tail = (1 - level) / 2
    low, high = np.quantile(column, [tail, 1 - tail], method="inverted_cdf")
    return (float(low), float(high)) if np.isfinite(low + high) else None


def expanded_level(level: float, people: int) -> float:
    """Level whose percentiles cover `level` with so many people (Hesterberg 2015)."""
    reach = np.sqrt(people / (people - 1)) * stats.t.ppf((1 + level) / 2, people - 1)
    return float(1 - 2 * stats.norm.sf(reach))


def _bootstrap(column: Floats, people: int, level: float) -> Interval | None:
    found = percentiles(column, expanded_level(level, people))
    if found is None:
        return None
    return Interval(*found, level, f"bootstrap over people (expanded percentiles, {len(column)} resamples)")


def _all_alike(value: float, people: int, level: float, bounds: tuple[float, float]) -> Interval:
    low, high = bounds
    # Not rounded: half of the people at either end must give an interval that is symmetric.
    exact = clopper_pearson(min(max((value - low) / (high - low), 0.0), 1.0) * people, people, level=level)
    method = f"exact binomial over {people} people, who all gave the same share"
    return Interval(low + exact.low * (high - low), low + exact.high * (high - low), level, method)


@dataclass(frozen=True, slots=True)
class Dependence:
    """How alike one person's answers are. rho: intra-person correlation; design_effect: factor that it puts on the
    variance of a share of `answers` answers per person."""

    rho: float
    design_effect: float
    answers: float


def dependence(hits: Floats, shown: Floats) -> Dependence | None:
    """Estimate ρ from per-person counts (P, C) of cells that are alike within: a method, or a pair of methods.

    By moments: the variance of the shares over people against p(1 − p)/n, both summed over the cells. Below zero it is
    set to zero. None for fewer than FEW people, or fewer than two answers per person and cell.
    """
    people = len(hits)
    used = (shown > 0).all(0) & (hits.sum(0) > 0) & (hits.sum(0) < shown.sum(0))
    if people < FEW or not used.any():
        return None
    part, whole = hits[:, used], shown[:, used]
    mean = part.sum(0) / whole.sum(0)
    over_people = float((part / whole).var(0, ddof=1).sum())
    independent = float((mean * (1 - mean) * (1 / whole).mean(0)).sum())
    answers = float(whole.mean())
    if answers < 2:
        return None
    effect = max(1.0, over_people / independent)
    return Dependence((effect - 1) / (answers - 1), effect, answers)


def people_and_items(
    table: Floats, ratio: Callable[[Floats], Floats], *, count: int, rng: np.random.Generator, level: float = 0.95
) -> list[Interval | None]:
    """Intervals that generalise to other people *and* other items: both are resampled (Owen 2007).

    table: (P, I, q) sums of each person's answers on each item. ratio: (B, q) weighted sums → (B, m) numbers.
    The interval over people alone speaks of these items only. This one is conservative.
    """
    people, items, width = table.shape
    sums = []
    for drawn in crossed_draws(people, [items], count, rng):
        of_items = (drawn.first @ table.reshape(people, items * width)).reshape(-1, items, width)
        sums.append(np.einsum("bi,biq->bq", drawn.second, of_items))
    replicates = ratio(np.concatenate(sums))
    found = [percentiles(column, level) for column in replicates.T]
    method = f"bootstrap over people and items (percentiles, {count} resamples)"
    return [None if it is None else Interval(*it, level, method) for it in found]
