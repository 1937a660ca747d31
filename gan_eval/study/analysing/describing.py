"""Describes how a study went: agreement between people, slots, consistency, checks and times."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gan_eval.inference.agreement import fleiss_kappa, krippendorff_alpha
from gan_eval.inference.conduct import (
    ReactionTimes,
    SlotBias,
    chance_of_at_least,
    reaction_times,
    slot_bias,
)
from gan_eval.inference.persons import FEW
from gan_eval.result import Interval
from gan_eval.study.analysing.answers import Judgement, Session, Usable


@dataclass(frozen=True, slots=True)
class Agreement:
    """Krippendorff's α (nominal) between people on the trials they share, jackknife interval over people.

    within_pairs: of pairwise studies disagreement is counted within each pair of methods, because people who answer
    at random on A against B and on C against D would else seem to agree. kappa: Fleiss' κ, where all trials were
    judged by as many people.
    """

    alpha: float | None
    interval: Interval | None
    kappa: float | None
    units: int
    people: int
    within_pairs: bool


@dataclass(frozen=True, slots=True)
class Passed:
    """Right answers among those given, and the chance of one by clicking at random (None: it differs)."""

    right: int
    shown: int
    p_chance: float | None = None


@dataclass(frozen=True, slots=True)
class Conduct:
    """answers: main trials by kind of answer. consistency: repeats answered as the first time."""

    answers: dict[str, int]
    slots: SlotBias | None
    times: ReactionTimes | None
    consistency: Passed | None
    instructed: Passed | None
    gold: Passed | None
    inputs: dict[str, int]
    minutes: float | None
    form_sources: dict[str, int]


def agreement(sessions: Sequence[Session], usable: Usable, *, level: float) -> Agreement | None:
    """Agreement on the chosen method, or the word said; None where nobody shares a trial with another."""
    strata = _ratings(sessions, usable)
    if not strata:
        return None
    people = len({session.person for session in sessions})
    alpha = _alpha(strata)
    units = sum(int(((table >= 0).sum(0) >= 2).sum()) for table in strata)
    if units == 0:
        return None
    counts = [_counts(table) for table in strata]
    raters = {int(n) for table in counts for n in table.sum(1)}
    kappa = None
    if len(strata) == 1 and len(raters) == 1 and raters != {1}:
        kappa = _number(fleiss_kappa(counts[0]))
    interval = None
    if alpha is not None and people >= FEW:
        without = [_alpha([np.delete(table, person, axis=0) for table in strata]) for person in range(people)]
        interval = _jackknife(alpha, [a for a in without if a is not None], level)
    return Agreement(alpha, interval, kappa, units, people, len(strata) > 1)


def conduct(sessions: Sequence[Session], usable: Usable) -> Conduct:
    """Counts over the main answers that enter, and over repeats and checks."""
    main = [one for session in sessions for one in usable.of(session)]
    slotted = [one for one in main if one.slot is not None]
    slots = None
    if slotted and len(slotted[0].sources) > 1:
        counts = Counter(one.slot for one in slotted)
        slots = slot_bias([counts[slot] for slot in range(len(slotted[0].sources))])
    timed = [(session.person, one.payload.rt_ms) for session in sessions for one in usable.of(session)]
    durations = [session.duration_ms for session in sessions if session.duration_ms is not None]
    return Conduct(
        answers=_tally(one.answer for one in main),
        slots=slots,
        times=reaction_times([ms for _, ms in timed], [who for who, _ in timed]),
        consistency=_consistency(sessions),
        instructed=_passed([one for session in sessions for one in session.of("imc")]),
        gold=_passed([one for session in sessions for one in session.of("gold")]),
        inputs=_tally(one.payload.input for one in main),
        minutes=statistics.median(durations) / 60_000 if durations else None,
        form_sources=_tally(session.start.form_source for session in sessions if session.start is not None),
    )


def _tally(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _passed(shown: Sequence[Judgement]) -> Passed | None:
    return Passed(sum(one.correct is True for one in shown), len(shown)) if shown else None


def _consistency(sessions: Sequence[Session]) -> Passed | None:
    """Repeats answered with the same method, or the same word, as the trial they repeat."""
    same, options = [], 2
    for session in sessions:
        first = {one.trial_id: one for one in session.judgements}
        for again in session.of("repeat"):
            before = first.get(again.repeat_of or "")
            if before is not None and before.judged and again.judged:
                same.append((before.answer, before.source) == (again.answer, again.source))
                options = max(2, len(again.sources))
    return Passed(sum(same), len(same), chance_of_at_least(sum(same), len(same), options)) if same else None


def _ratings(sessions: Sequence[Session], usable: Usable) -> list[NDArray[np.int64]]:
    """One table (P, U) of categories per set of sources that meet, −1 where a person did not judge the trial.

    Single pictures are one set: their categories are the words, and real pictures are trials like the others.
    """
    people = {person: n for n, person in enumerate(dict.fromkeys(session.person for session in sessions))}
    found: dict[tuple[str, ...], dict[str, list[tuple[int, str]]]] = {}
    for session in sessions:
        for one in usable.of(session):
            if one.judged:
                sources = tuple(sorted(one.sources)) if len(one.sources) > 1 else ()
                rating = one.source or one.answer
                found.setdefault(sources, {}).setdefault(one.trial_id, []).append((people[session.person], rating))
    tables = []
    for _, trials in sorted(found.items()):
        names = sorted({rating for ratings in trials.values() for _, rating in ratings})
        table = np.full((len(people), len(trials)), -1, dtype=np.int64)
        for unit, (_, ratings) in enumerate(sorted(trials.items())):
            for person, rating in ratings:
                table[person, unit] = names.index(rating)
        tables.append(table)
    return tables


def _counts(table: NDArray[np.int64]) -> NDArray[np.float64]:
    categories = max(1, int(table.max(initial=-1)) + 1)
    return np.asarray((table[:, :, None] == np.arange(categories)).sum(0), dtype=np.float64)


def _alpha(strata: Sequence[NDArray[np.int64]]) -> float | None:
    return _number(krippendorff_alpha(*(_counts(table) for table in strata)))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _jackknife(alpha: float, without: Sequence[float], level: float) -> Interval | None:
    people = len(without)
    if people < FEW:
        return None
    spread = np.asarray(without) - np.mean(without)
    half = float(stats.t.ppf((1 + level) / 2, people - 1) * np.sqrt((people - 1) / people * (spread**2).sum()))
    return Interval(alpha - half, min(1.0, alpha + half), level, "t over people (jackknife)")
