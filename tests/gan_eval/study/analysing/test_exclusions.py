"""Exclusions: each rule removes whom it names, the first rule broken counts, suspicion only flags."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from gan_eval.study.analysing.answers import Session, read_record
from gan_eval.study.analysing.exclusions import screen
from gan_eval.study.schema.events import parse_event
from gan_eval.study.schema.manifest import Rules
from tests.gan_eval.study.drawn import events, study
from tests.gan_eval.study.studies import answer, event, small_study, start

MANIFEST, KEY = small_study()
LENIENT = Rules(max_same_slot_share_p=0.0)


def session(
    *slots: int,
    person: str | None = None,
    consent: bool = True,
    rt_ms: int = 800,
    more: tuple[Any, ...] = (),
    **opening: Any,
) -> Session:
    """A session that chose these slots in the order of form f00."""
    name = str(uuid.uuid4())
    parts = [("start", start(participant_id=person, **opening))]
    parts += [("consent", {"agreed": True})] if consent else []
    parts += [("answer", answer(MANIFEST, place, slot, rt_ms=rt_ms)) for place, slot in enumerate(slots)]
    documents = [
        event(MANIFEST, kind, payload, seq=n, session_id=name) for n, (kind, payload) in enumerate([*parts, *more])
    ]
    [found] = read_record([parse_event(one, where="test") for one in documents], MANIFEST, KEY).sessions
    return found


def excluded(found: Session, rules: Rules = LENIENT) -> list[str]:
    return [one.rule for one in screen([found], rules).excluded]


def test_a_whole_session_stays() -> None:
    result = screen([session(0, 1, 0, 1)], LENIENT)
    assert (len(result.kept), result.excluded) == (1, ())
    assert all(step.remaining == 1 for step in result.steps)


@pytest.mark.parametrize(
    ("found", "rule"),
    [
        (session(), "no-answers"),
        (session(0, 1, consent=False), "no-answers"),
        (session(0, 1, 0, 1, more=(("withdraw", {"answers": 4}),)), "withdrawn"),
        (session(0, 1, 0), "incomplete"),
        (session(0, 1, 0, 1, rt_ms=200), "too-fast"),
    ],
)
def test_each_rule_names_its_sessions(found: Session, rule: str) -> None:
    assert excluded(found) == [rule]


def test_checks_not_followed() -> None:
    manifest, key = study("best-of-k")
    record = read_record(events("best-of-k", people=12, careless=0.5), manifest, key)
    result = screen(record.sessions, key.rules)
    assert {one.rule for one in result.excluded} <= {"checks", "too-fast"}
    assert 4 <= len(result.excluded) <= 6


def test_straight_lining_needs_enough_answers_to_be_told() -> None:
    same = session(0, 0, 0, 0)
    assert excluded(same, replace(LENIENT, max_same_slot_share_p=0.2)) == ["same-slot"]
    assert excluded(same, replace(LENIENT, max_same_slot_share_p=0.1)) == []


def test_only_the_first_session_of_a_person_stays() -> None:
    person = "p" + "a" * 20
    first, again = session(0, 1, 0, 1, person=person), session(1, 1, 0, 1, person=person)
    result = screen([first, again], LENIENT)
    assert [one.session_id for one in result.kept] == [first.session_id]
    assert [one.rule for one in result.excluded] == ["duplicate"]
    both = screen([first, again], replace(LENIENT, duplicate_participant="keep_all"))
    assert len(both.kept) == 2


def test_a_withdrawn_first_session_does_not_cost_the_second() -> None:
    person = "p" + "b" * 20
    gone = session(0, 1, 0, 1, person=person, more=(("withdraw", {"answers": 4}),))
    again = session(0, 1, 1, 1, person=person)
    assert [one.session_id for one in screen([gone, again], LENIENT).kept] == [again.session_id]


def test_those_who_withdrew_are_in_no_result_at_all() -> None:
    gone = session(0, 1, 0, 1, more=(("withdraw", {"answers": 4}),))
    assert screen([gone, session(0, 1, 0)], LENIENT).unruled[0].session_id != gone.session_id


def test_suspicion_is_flagged_and_stays() -> None:
    result = screen([session(0, 1, 0, 1, webdriver=True)], LENIENT)
    flags = [one.flag for one in result.flags]
    assert "the browser says that a program drives it" in flags
    assert "did not reach the last page" in flags
    assert len(result.kept) == 1


def test_remaining_counts_go_down_by_what_was_removed() -> None:
    manifest, key = study("best-of-k")
    record = read_record(events("best-of-k", people=12, careless=0.5), manifest, key)
    left = len(record.sessions)
    for step in screen(record.sessions, key.rules).steps:
        left -= step.removed
        assert step.remaining == left


@pytest.mark.parametrize("order", [(2, 4), (4, 2), (2, 4, 4), (0, 3, 4)])
def test_the_first_complete_session_of_a_person_counts(order: tuple[int, ...]) -> None:
    person = "p" + "c" * 20
    began = [session(*(0, 1, 0, 1)[:answers], person=person) for answers in order]
    result = screen(began, replace(LENIENT, min_answers_share=1.0))
    assert [one.session_id for one in result.kept] == [began[order.index(4)].session_id]


def test_of_a_person_without_a_complete_session_the_first_is_judged() -> None:
    person = "p" + "d" * 20
    result = screen([session(0, 1, person=person), session(0, person=person)], replace(LENIENT, min_answers_share=1.0))
    assert sorted(one.rule for one in result.excluded) == ["duplicate", "incomplete"]


def test_the_rule_of_earlier_studies_keeps_the_first_of_all() -> None:
    person = "p" + "e" * 20
    first, again = session(0, person=person), session(0, 1, 0, 1, person=person)
    old = replace(LENIENT, duplicate_participant="keep_first", min_answers_share=0.0)
    assert [one.session_id for one in screen([first, again], old).kept] == [first.session_id]
