"""Plans: more people beat more clicks, costs add up, nonsense is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gan_eval.errors import InputError
from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.making.planning import LEAST_PEOPLE, StudyPlan, Wanted, worked_out
from gan_eval.study.schema.trials import Kind

PAIR = Wanted("pairwise", methods=2, trials=20, effect=0.6)


def made(wanted: Wanted) -> StudyPlan:
    return worked_out(wanted, rng=np.random.default_rng(0))


def test_reference_power_of_twenty_people_and_twenty_trials() -> None:
    found = made(PAIR)
    assert found.advised == 21
    assert found.answers == 210
    assert found.simulated == pytest.approx(0.80, abs=0.03)


def test_correlation_costs_people() -> None:
    assert made(replace(PAIR, rho=0.2)).people > made(replace(PAIR, rho=0.0)).people


def test_more_people_beat_more_clicks() -> None:
    assert made(replace(PAIR, trials=60)).people * 60 > made(PAIR).people * 20


def test_cost_is_people_times_minutes_times_pay() -> None:
    found = made(replace(PAIR, hourly=12.0, seconds=6.0, overhead=3.0))
    assert found.minutes == pytest.approx(3 + 26 * 6 / 60)
    first = found.choices[0]
    assert first.cost == pytest.approx(first.people * found.minutes / 60 * 12)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_plan_with_rising_power(kind: Kind) -> None:
    effect = 0.6 if kind in ("pairwise", "rank-k") else 0.45
    found = made(Wanted(kind, methods=3, trials=36, effect=effect))
    powers = [choice.power for choice in found.choices]
    assert powers == sorted(powers)
    assert found.advised >= LEAST_PEOPLE
    assert found.pair_people is not None


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (replace(PAIR, effect=0.5), "is none"),
        (replace(PAIR, effect=0.4), "must be above"),
        (replace(PAIR, methods=1), "at least 2 methods"),
        (replace(PAIR, kind="real-fake", effect=0.4, methods=6, trials=10), "too few for 6 methods"),
        (replace(PAIR, kind="guess"), "no kind of study called 'guess'"),
    ],
)
def test_nonsense_is_refused(wanted: Wanted, message: str) -> None:
    with pytest.raises(InputError, match=message):
        made(wanted)
