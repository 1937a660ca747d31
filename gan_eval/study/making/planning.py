"""Plans the size of a study for the effect that it has to show, and its cost.

The effect is a share: in a preference study how often the better method is chosen (the others are alike), in a realism
study the fooling rate that is to be told from the reference, one half. The tests planned are those of the analysis:
each kind's `PlanSpec` gives the one that `analyse` marks as primary and those that it adjusts by Holm. Power is that of
the t or F test over people, with correlation ρ of one person's answers to the same methods.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gan_eval.errors import InputError
from gan_eval.inference.power import answers_needed, design_effect, groups_power, people_needed, simulated_power
from gan_eval.study.analysing.kinds.spec import PlannedTest
from gan_eval.study.analysing.kinds.table import kind_spec
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
    """How large a study must be, how long it takes and what it costs.

    people: for the main test; pair_people: for each further test after Holm (None: there are none). null: value of the
    effect if there is no difference. minutes: of one person. choices: power and cost of other numbers of people.
    main_test, pair_test: their names. cell_trials: answers of one person per method or pair. answers: what independent
    answers would do (exact binomial; None where the main test is not of one share against one half). simulated: the
    planned power by simulation of beta-binomial people (None likewise).
    """

    wanted: Wanted
    null: float
    main_test: str
    pair_test: str | None
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

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of the command-line contract."""
        return {"schema": "gan-eval-study-plan/1", "advised_people": self.advised} | asdict(self)


def worked_out(wanted: Wanted, *, rng: np.random.Generator) -> StudyPlan:
    """Work out a study. Raises InputError for an effect that is none, or trials too few to share out."""
    spec = kind_spec(wanted.kind).plan
    null = spec.chance(wanted.methods)
    _refuse(wanted, null)
    cell = spec.cell(wanted.methods, wanted.trials)
    design = (wanted.effect, wanted.methods, wanted.trials, wanted.rho)
    main, further = spec.primary(*design), spec.others(*design)
    people = _people(main, wanted)
    pair_people = None if further is None else _people(further, wanted)
    minutes = wanted.overhead + _shown(wanted) * wanted.seconds / 60
    advised = max(people, pair_people or 0, LEAST_PEOPLE)
    return StudyPlan(
        wanted=wanted,
        null=null,
        main_test=main.name,
        pair_test=None if further is None else further.name,
        cell_trials=cell,
        design_effect=design_effect(cell, wanted.rho),
        people=people,
        pair_people=pair_people,
        answers=answers_needed(wanted.effect, power=wanted.power, alpha=wanted.alpha) if main.at_half else None,
        minutes=minutes,
        choices=_choices(wanted, main, further, advised, minutes),
        simulated=_simulated(wanted, advised, cell, rng) if main.at_half else None,
        notes=tuple(_notes(wanted, people, minutes, cell)),
    )


def _simulated(wanted: Wanted, people: int, cell: int, rng: np.random.Generator) -> float:
    return simulated_power(wanted.effect, people, cell, wanted.rho, runs=_SIMULATIONS, rng=rng, alpha=wanted.alpha)


def _people(test: PlannedTest, wanted: Wanted) -> int:
    """Fewest people for the planned power, counting those whom the test does not see."""
    alpha = wanted.alpha / test.family
    seen = people_needed(abs(test.mean), test.sd, power=wanted.power, alpha=alpha, groups=test.groups)
    return math.ceil(seen / test.seen)


def _power(test: PlannedTest, people: int, wanted: Wanted) -> float:
    seen = max(2, round(people * test.seen))
    return groups_power(abs(test.mean), test.sd, test.groups, seen, alpha=wanted.alpha / test.family)


def _choices(
    wanted: Wanted, main: PlannedTest, further: PlannedTest | None, advised: int, minutes: float
) -> tuple[SampleSize, ...]:
    return tuple(
        SampleSize(
            count,
            _power(main, count, wanted),
            None if further is None else _power(further, count, wanted),
            None if wanted.hourly is None else count * minutes / 60 * wanted.hourly,
        )
        for count in sorted({max(3, round(advised * factor)) for factor in _EITHER_SIDE})
    )


def _refuse(wanted: Wanted, null: float) -> None:
    spec = kind_spec(wanted.kind)
    least, plan = spec.trial.least_methods, spec.plan
    if wanted.methods < least:
        raise InputError(f"a {wanted.kind} study needs at least {least} methods, not {wanted.methods}")
    if not plan.least < wanted.effect < plan.most or abs(wanted.effect - null) < 0.005:
        raise InputError(f"an effect of {wanted.effect:g} is none: with no difference the {plan.effect} is {null:.3g}")
    if plan.upward and wanted.effect < null:
        raise InputError(f"the {plan.effect} must be above {null:.3g}, not {wanted.effect:g}")
    if plan.cell(wanted.methods, wanted.trials) < 1:
        raise InputError(f"{wanted.trials} trials per person are too few for {wanted.methods} methods")


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
