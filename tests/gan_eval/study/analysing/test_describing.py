"""How a study went: agreement, consistency, slots and counts."""

from __future__ import annotations

import pytest

from gan_eval.study.analysing.answers import Usable, read_record
from gan_eval.study.analysing.describing import agreement, conduct
from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.schema.events import parse_event
from gan_eval.study.schema.trials import Kind
from tests.gan_eval.study.drawn import events, study
from tests.gan_eval.study.studies import answer, event, small_study, start

MANIFEST, KEY = small_study()


def people(*choices: tuple[int, ...]) -> tuple:  # type: ignore[type-arg]
    """Sessions that chose these slots."""
    found = []
    for number, slots in enumerate(choices):
        name = f"6f0c2f6e-0000-4000-8000-{number:012d}"
        payloads = [("start", start()), ("consent", {"agreed": True})]
        payloads += [("answer", answer(MANIFEST, place, slot)) for place, slot in enumerate(slots)]
        found += [
            parse_event(event(MANIFEST, kind, payload, seq=n, session_id=name), where="test")
            for n, (kind, payload) in enumerate(payloads)
        ]
    return read_record(found, MANIFEST, KEY).sessions


def test_people_who_always_agree_have_alpha_one() -> None:
    found = agreement(people(*[(0, 1, 0, 1)] * 6), Usable(), level=0.95)
    assert found is not None
    assert (found.alpha, found.kappa, found.units, found.people) == (1, 1, 4, 6)
    assert found.interval is not None
    assert found.interval.high == 1


def test_people_who_all_choose_one_method_leave_nothing_to_agree_on() -> None:
    found = agreement(people((0, 0, 0, 0), (0, 0, 0, 0)), Usable(), level=0.95)
    assert found is not None
    assert found.alpha is None


def test_one_person_agrees_with_nobody() -> None:
    assert agreement(people((0, 1, 0, 1)), Usable(), level=0.95) is None


@pytest.mark.parametrize("kind", KINDS)
def test_made_up_people_agree_by_chance_except_on_what_is_real(kind: Kind) -> None:
    manifest, key = study(kind)
    sessions = read_record(events(kind), manifest, key).sessions
    found = agreement(sessions, Usable(), level=0.95)
    assert found is not None
    assert found.alpha is not None
    # Real pictures, and methods of other quality, are agreed on where single pictures are judged.
    if kind in ("real-fake", "rating"):
        assert found.alpha > 0.05
    else:
        assert found.alpha == pytest.approx(0, abs=0.05)


def test_conduct_counts_the_main_answers() -> None:
    found = conduct(people((0, 1, 0, 0), (0, 1, 1, 0)), Usable())
    assert found.answers == {"picture": 8}
    assert found.slots is not None
    assert found.slots.counts == (5, 3)
    assert found.inputs == {"key": 8}
    assert found.consistency is None


def test_checks_and_repeats_are_counted() -> None:
    manifest, key = study("best-of-k")
    found = conduct(read_record(events("best-of-k"), manifest, key).sessions, Usable())
    assert found.instructed is not None
    assert (found.instructed.right, found.instructed.shown) == (66, 66)
    assert found.gold is not None
    assert (found.gold.right, found.gold.shown) == (22, 22)
    assert found.consistency is not None
    assert found.consistency.shown == 66
    assert 20 < found.consistency.right < 60
