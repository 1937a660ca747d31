"""How large a study must be for what it is to show, and what it costs.

The effect is a share: in a preference study how often the better method is chosen (the others share the rest alike),
in a realism study the fooling rate that is to be told from one half. Power is that of the t test over people, with
intra-person correlation ρ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gan_eval.errors import InputError
from gan_eval.inference.power import (
    answers_needed,
    design_effect,
    difference_sd,
    people_needed,
    person_power,
    share_sd,
    simulated_power,
)
from gan_eval.study.schema.trials import Kind

#: Advised floor: with fewer people an interval is about those people.
LEAST_PEOPLE = 20
#: A session longer than this loses people.
LONGEST_MINUTES = 15.0
_SIMULATIONS = 4000
_EITHER_SIDE = (0.5, 0.75, 1.0, 1.5, 2.0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is planned. trials: main trials per person. effect: share of the better method, or the fooling rate.

    seconds: per trial. overhead: minutes of consent, instructions, practice and checks. hourly: pay, in any currency.
    """

    kind: Kind
    methods: int
    trials: int
    effect: float
    rho: float = 0.05
    power: float = 0.8
    alpha: float = 0.05
    seconds: float = 6.0
    overhead: float = 3.0
    hourly: float | None = None


@dataclass(frozen=True, slots=True)
class SampleSize:
    """One number of people: power of the main test and of each comparison after Holm's strictest step; cost."""

    people: int
    power: float
    pair_power: float | None
    cost: float | None


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """people: for the main test; pair_people: for every comparison of two methods (None: there is nothing to compare).

    cell_trials: answers of one person per method or pair. answers: what independent answers would do (exact
    binomial, per method or pair; None for a best-of-k study of more than two). simulated: the planned power by
    simulation of beta-binomial people (None where the test is not of one share against one half).
    """

    wanted: Wanted
    null: float
    cell_trials: int
    design_effect: float
    people: int
    pair_people: int | None
    answers: int | None
    minutes: float
    choices: tuple[SampleSize, ...]
    simulated: float | None
    notes: tuple[str, ...]

    @property
    def advised(self) -> int:
        """People to ask: enough for all tests, and LEAST_PEOPLE at least."""
        return max(self.people, self.pair_people or 0, LEAST_PEOPLE)


def plan(wanted: Wanted, *, rng: np.random.Generator) -> StudyPlan:
    """Work out a study. Raises InputError for an effect that is none, or trials too few to share out."""
    null = 1 / wanted.methods if wanted.kind == "best-of-k" else 0.5
    _refuse(wanted, null)
    cell = _cell_trials(wanted)
    mean, sd = wanted.effect - null, share_sd(wanted.effect, cell, wanted.rho)
    people = people_needed(mean, sd, power=wanted.power, alpha=wanted.alpha)
    pair = _pair(wanted, cell)
    pair_people = None if pair is None else people_needed(*pair[:2], power=wanted.power, alpha=pair[2])
    minutes = wanted.overhead + _shown(wanted) * wanted.seconds / 60
    advised = max(people, pair_people or 0, LEAST_PEOPLE)
    one_share = null == 0.5
    return StudyPlan(
        wanted=wanted,
        null=null,
        cell_trials=cell,
        design_effect=design_effect(cell, wanted.rho),
        people=people,
        pair_people=pair_people,
        answers=answers_needed(wanted.effect, power=wanted.power, alpha=wanted.alpha) if one_share else None,
        minutes=minutes,
        choices=tuple(
            SampleSize(
                count,
                person_power(mean, sd, count, alpha=wanted.alpha),
                None if pair is None else person_power(pair[0], pair[1], count, alpha=pair[2]),
                None if wanted.hourly is None else count * minutes / 60 * wanted.hourly,
            )
            for count in sorted({max(3, round(advised * factor)) for factor in _EITHER_SIDE})
        ),
        simulated=simulated_power(
            wanted.effect, advised, cell, wanted.rho, runs=_SIMULATIONS, rng=rng, alpha=wanted.alpha
        )
        if one_share
        else None,
        notes=tuple(_notes(wanted, people, minutes, cell)),
    )


def _refuse(wanted: Wanted, null: float) -> None:
    least = 2 if wanted.kind in ("best-of-k", "pairwise") else 1
    if wanted.methods < least:
        raise InputError(f"a {wanted.kind} study needs at least {least} methods, not {wanted.methods}")
    if not 0 < wanted.effect < 1 or abs(wanted.effect - null) < 0.005:
        raise InputError(f"an effect of {wanted.effect:g} is none: with no difference the share is {null:.3g}")
    if wanted.kind in ("best-of-k", "pairwise") and wanted.effect < null:
        raise InputError(f"the better method's share must be above {null:.3g}, not {wanted.effect:g}")
    if _cell_trials(wanted) < 1:
        raise InputError(f"{wanted.trials} trials per person are too few for {wanted.methods} methods")


def _cell_trials(wanted: Wanted) -> int:
    """Answers of one person that speak of one method (realism), one pair (pairwise), or all methods (best of k)."""
    cells = {
        "best-of-k": 1,
        "pairwise": wanted.methods * (wanted.methods - 1) // 2,
        "real-fake": 2 * wanted.methods,
        "two-alternative": wanted.methods,
    }[wanted.kind]
    return wanted.trials // cells


def _pair(wanted: Wanted, cell: int) -> tuple[float, float, float] | None:
    """Mean, sd and α of the comparison of two methods; α divided by their number, as in Holm's first step.

    Best of k: the best against another. Pairwise: the two methods of a pair, the main test once more. Realism: the
    fooling rate against one that lies as far on the other side of one half is rarely what is asked, so none.
    """
    count = wanted.methods * (wanted.methods - 1) // 2
    if wanted.kind == "best-of-k":
        other = (1 - wanted.effect) / (wanted.methods - 1)
        sd = difference_sd(wanted.effect, other, cell, wanted.rho)
        return wanted.effect - other, sd, wanted.alpha / count
    if wanted.kind == "pairwise" and count > 1:
        return wanted.effect - 0.5, share_sd(wanted.effect, cell, wanted.rho), wanted.alpha / count
    return None


def _shown(wanted: Wanted) -> int:
    """Trials on the screen: the main ones, three repeats and three checks."""
    return wanted.trials + 6


def _notes(wanted: Wanted, people: int, minutes: float, cell: int) -> list[str]:
    notes = []
    if people < LEAST_PEOPLE:
        notes.append(f"{people} people would do for this effect, but {LEAST_PEOPLE} are the least to speak of people")
    if minutes > LONGEST_MINUTES:
        notes.append(f"{minutes:.0f} minutes are long: fewer trials and more people give more (see the design effect)")
    if cell < 8:
        notes.append(f"only {cell} answers per person and cell: the permutation tests will be conservative")
    notes.append(f"rho = {wanted.rho:g} is an assumption; the report of a pilot estimates it")
    return notes
