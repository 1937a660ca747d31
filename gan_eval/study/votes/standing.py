"""Where people put the methods: a value for each, resamples of the people, and which pairs they tell apart.

One value for all sources, so that metrics can be held against any of them. Of votes the value is the Bradley–Terry
strength, of rates the mean over people. Where a file does not say who voted, votes are taken as independent, and the
result says that what people differ in is not covered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gan_eval.inference.choice import components
from gan_eval.inference.intervals import holm
from gan_eval.inference.paired_strengths import paired_strengths
from gan_eval.inference.permutation import sign_flip
from gan_eval.inference.persons import FEW, person_mean, resamples
from gan_eval.result import Interval
from gan_eval.study.votes.ballots import Rates, Votes

Floats = NDArray[np.float64]

#: Resamples at a time: a table (k, k) each.
_TABLES = 2_000_000
#: Rows that all resamples may weigh together, which bounds the time that a large board takes; and fewest resamples.
_ROWS, _FEWEST = 400_000_000, 300


@dataclass(frozen=True, slots=True)
class ToldPair:
    """Two methods as people see them. better: the one that the test shows to be better, None where it shows neither."""

    a: str
    b: str
    p_value: float | None
    adjusted_p: float | None
    better: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What people think of k methods; more is better.

    Parameters
    ----------
    measure : str
        What the values are.
    methods : tuple of str
        Names.
    values : tuple of float
        One per method.
    intervals : tuple of Interval or None
        Over people (or votes).
    replicates : array (B, k)
        Values of resamples of the people (or votes).
    pairs : tuple of ToldPair
        Every two methods.
    unit : str
        What is taken as independent.
    people : int or None
        How many; None where the file does not tell.
    answers : int
        Votes or rows.
    notes : tuple of str
        What must be known of the numbers.
    """

    measure: str
    methods: tuple[str, ...]
    values: tuple[float, ...]
    intervals: tuple[Interval | None, ...]
    replicates: Floats
    pairs: tuple[ToldPair, ...]
    unit: Literal["person", "vote"]
    people: int | None
    answers: int
    notes: tuple[str, ...]

    def told(self) -> list[ToldPair]:
        """The pairs that people tell apart."""
        return [pair for pair in self.pairs if pair.better is not None]


def standing(ballots: Votes | Rates, *, count: int = 2000, seed: int = 0, level: float = 0.95) -> Standing:
    """The standing of the methods by votes or rates.

    Parameters
    ----------
    ballots : Votes or Rates
        What people said.
    count : int
        Resamples.
    seed : int
        Of the resamples.
    level : float
        Of intervals; pairs are tested at 1 − level after Holm's adjustment.
    """
    rng = np.random.default_rng(seed)
    if isinstance(ballots, Votes):
        return _of_votes(ballots, count, rng, level)
    return _of_rates(ballots, count, rng, level)


def _of_rates(rates: Rates, count: int, rng: np.random.Generator, level: float) -> Standing:
    table = rates.table()
    known = ~np.isnan(table)
    values = person_mean(table)(np.ones((1, len(table))))[0]
    apart = bool((known.sum(1) == 1).all())
    if apart:
        replicates = _resampled_groups([column[~np.isnan(column)] for column in table.T], count, rng)
    else:
        replicates = person_mean(table)(resamples(len(table), count, rng))
    few = [name for name, n in zip(rates.methods, known.sum(0), strict=True) if n < FEW]
    notes = [f"fewer than {FEW} people judged {', '.join(few)}: no test of it"] if few else []
    notes.append(
        "every person judged one method, so pairs are compared between people (Welch’s t-test)"
        if apart
        else "pairs are compared within people (sign flips)"
    )

    def p_of(a: int, b: int) -> float | None:
        return _welch(table[:, a], table[:, b]) if apart else _flips(table[:, a] - table[:, b], rng)

    return Standing(
        measure=rates.measure,
        methods=rates.methods,
        values=tuple(float(value) for value in values),
        intervals=_intervals(replicates, level, _over("person", len(replicates))),
        replicates=replicates,
        pairs=_told(rates.methods, values, p_of, level),
        unit="person",
        people=rates.people,
        answers=len(rates.value),
        notes=tuple(notes),
    )


def _of_votes(votes: Votes, count: int, rng: np.random.Generator, level: float) -> Standing:
    wins = votes.wins()
    values = paired_strengths(wins[None])[0]
    replicates = _resampled_votes(votes, count, rng)
    unit: Literal["person", "vote"] = "vote" if votes.voter is None else "person"
    units = len(votes) if votes.voters is None else votes.voters
    spread = replicates - values

    def p_of(a: int, b: int) -> float | None:
        if units < FEW:
            return None
        sd = float(np.sqrt(((spread[:, a] - spread[:, b]) ** 2).mean()))
        return float(2 * stats.t.sf(abs(values[a] - values[b]) / sd, units - 1)) if sd > 0 else None

    bounded = len(components(wins)) == 1
    return Standing(
        measure="Bradley–Terry strength",
        methods=votes.methods,
        values=tuple(float(value) for value in values),
        intervals=_intervals(replicates, level, _over(unit, len(replicates)))
        if bounded
        else (None,) * len(votes.methods),
        replicates=replicates,
        pairs=_told(votes.methods, values, p_of if bounded else lambda a, b: None, level),
        unit=unit,
        people=votes.voters,
        answers=len(votes),
        notes=tuple(_notes(votes, wins, bounded)),
    )


def _over(unit: str, count: int) -> str:
    return f"bootstrap over {'people' if unit == 'person' else 'votes'} (percentiles, {count} resamples)"


def _notes(votes: Votes, wins: Floats, bounded: bool) -> list[str]:
    notes = []
    if votes.voter is None:
        notes.append(
            "the file does not say who voted: votes are taken as independent, so that intervals and tests say nothing "
            "of other people and are too narrow where some people voted often"
        )
    if votes.item is None:
        notes.append("the file does not say on which item a vote was: nothing can be said of other items")
    ties = int((votes.won == 0.5).sum())
    if ties:
        bad = f", {votes.both_bad} of them “both bad”" if votes.both_bad else ""
        notes.append(f"{ties} of {len(votes)} votes are for neither{bad}; each counts half for both")
    if not bounded:
        groups = [" and ".join(votes.methods[m] for m in group) for group in components(wins)]
        notes.append(
            f"strengths are unbounded ({'; '.join(groups[:6])} never lost to or never met the others): those given "
            "have half a win added each way, and pairs are not tested"
        )
    return notes


def _resampled_votes(votes: Votes, count: int, rng: np.random.Generator) -> Floats:
    """Strengths (count, k) of resamples: of people where they are known, else of votes."""
    k = len(votes.methods)
    rows, weights_of = _cells(votes)
    count = min(count, max(_FEWEST, _ROWS // len(rows)))
    size = max(1, min(count, _TABLES // (k * k)))
    parts = []
    for start in range(0, count, size):
        number = min(size, count - start)
        tables = np.zeros((number, k, k))
        for place in range(number):
            tables[place] = rows.wins(weights_of(rng))
        parts.append(paired_strengths(tables))
    return np.concatenate(parts)


def _cells(votes: Votes) -> tuple[Votes, Callable[[np.random.Generator], Floats]]:
    """Equal votes (of one person) taken together, and how to draw weights of a resample for them."""
    k = len(votes.methods)
    code = (votes.first * k + votes.second) * 3 + np.rint(2 * votes.won).astype(np.int64)
    voters = votes.voters
    if votes.voter is not None and voters is not None:
        code = code + votes.voter * (3 * k * k)
    _, place, counts = np.unique(code, return_index=True, return_counts=True)
    voter = None if votes.voter is None else votes.voter[place]
    rows = Votes(votes.methods, votes.first[place], votes.second[place], votes.won[place], voter, None)
    if voter is None or voters is None:
        share, total = counts / counts.sum(), int(counts.sum())
        return rows, lambda rng: rng.multinomial(total, share).astype(np.float64)
    even = np.full(voters, 1 / voters)
    return rows, lambda rng: counts * rng.multinomial(voters, even).astype(np.float64)[voter]


def _resampled_groups(groups: Sequence[Floats], count: int, rng: np.random.Generator) -> Floats:
    """Means (count, k) of resamples within each group of people."""
    columns = [group[rng.integers(0, len(group), (count, len(group)))].mean(1) for group in groups]
    return np.stack(columns, axis=1)


def _welch(a: Floats, b: Floats) -> float | None:
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    if min(len(a), len(b)) < FEW or np.ptp(a) + np.ptp(b) == 0:
        return None
    return float(stats.ttest_ind(a, b, equal_var=False).pvalue)


def _flips(differences: Floats, rng: np.random.Generator) -> float | None:
    known = differences[~np.isnan(differences)]
    return sign_flip(known, rng=rng, arrangements=9999).p_value if len(known) >= FEW else None


def _told(
    methods: Sequence[str], values: Floats, p_of: Callable[[int, int], float | None], level: float
) -> tuple[ToldPair, ...]:
    """Every two methods, with p-values adjusted by Holm's method."""
    pairs = list(combinations(range(len(methods)), 2))
    ps = [p_of(a, b) for a, b in pairs]
    adjusted = iter(holm([p for p in ps if p is not None])) if any(p is not None for p in ps) else iter(())
    told = []
    for (a, b), p in zip(pairs, ps, strict=True):
        after = None if p is None else next(adjusted)
        better = None
        if after is not None and after < 1 - level and values[a] != values[b]:
            better = methods[a] if values[a] > values[b] else methods[b]
        told.append(ToldPair(methods[a], methods[b], p, after, better))
    return tuple(told)


def _intervals(replicates: Floats, level: float, method: str) -> tuple[Interval | None, ...]:
    tail = (1 - level) / 2
    ends = np.quantile(replicates, [tail, 1 - tail], axis=0)
    return tuple(Interval(float(low), float(high), level, method) for low, high in ends.T)
