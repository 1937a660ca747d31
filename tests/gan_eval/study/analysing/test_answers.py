"""Sessions from events: first answers count, conflicts and forgeries are told, tables hold what was answered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gan_eval.errors import InputError, MismatchError
from gan_eval.study.analysing.answers import Usable, read_record, table
from gan_eval.study.analysing.tables import BestOf, Doubles, Labels, Pairs
from gan_eval.study.schema.events import Answer, Event, LabelChoice, NoChoice, PictureChoice, TieChoice, parse_event
from tests.gan_eval.study.drawn import events, study
from tests.gan_eval.study.studies import answer, event, small_study, start

MANIFEST, KEY = small_study()


def small(*payloads: dict[str, object], kind: str = "answer") -> list[Event]:
    """Start, consent and these answers of one session."""
    documents = [event(MANIFEST, "start", start()), event(MANIFEST, "consent", {"agreed": True}, seq=1)]
    documents += [event(MANIFEST, kind, payload, seq=2 + n) for n, payload in enumerate(payloads)]
    return [parse_event(document, where="test") for document in documents]


def test_answers_are_unblinded() -> None:
    [session] = read_record(small(answer(MANIFEST, 0, 0), answer(MANIFEST, 1, 1)), MANIFEST, KEY).sessions
    assert [one.source for one in session.judgements] == ["m0", "m1"]
    assert [one.item for one in session.judgements] == ["item0", "item1"]
    assert (session.planned, session.consented, session.finished) == (4, True, False)


def test_first_answer_counts_and_the_second_is_a_conflict() -> None:
    [session] = read_record(small(answer(MANIFEST, 0, 0), answer(MANIFEST, 0, 1)), MANIFEST, KEY).sessions
    assert [one.source for one in session.judgements] == ["m0"]
    assert session.conflicts == 1


def test_an_event_that_contradicts_the_form_is_rejected_with_its_reason() -> None:
    forged = answer(MANIFEST, 0, 0)
    forged["index"] = 3
    record = read_record(small(forged, answer(MANIFEST, 1, 0)), MANIFEST, KEY)
    [rejected] = record.rejected
    assert "has no trial" in rejected.reason
    assert len(record.sessions[0].judgements) == 1


def test_another_export_is_refused() -> None:
    other = replace(MANIFEST, generator="another")
    with pytest.raises(MismatchError):
        read_record(small(answer(MANIFEST, 0)), other, KEY)
    with pytest.raises(InputError, match="nobody has answered"):
        read_record([], MANIFEST, KEY)


def test_the_platforms_pseudonym_is_the_person() -> None:
    record = read_record(events("pairwise", people=2), *study("pairwise"))
    assert all(session.person.startswith("p") for session in record.sessions)
    [alone] = read_record(small(answer(MANIFEST, 0)), MANIFEST, KEY).sessions
    assert alone.person == alone.session_id


def test_pairs_say_who_stood_left_and_who_won() -> None:
    rows = table(read_record(small(answer(MANIFEST, 0, 0), answer(MANIFEST, 1, 1)), MANIFEST, KEY).sessions, KEY)
    assert isinstance(rows, Pairs)
    assert rows.methods == ("first", "second")
    assert rows.won.tolist() == [1, 0]
    assert rows.a_left.tolist() == [True, True]


def test_ties_count_half_or_not_at_all_and_skips_never() -> None:
    tie = answer(MANIFEST, 0, choice={"tie": True})
    skip = answer(MANIFEST, 1, choice={"none": "skip"})
    sessions = read_record(small(tie, skip, answer(MANIFEST, 2, 0)), MANIFEST, KEY).sessions
    halves, dropped = (table(sessions, KEY, ties=ties) for ties in ("half", "drop"))
    assert isinstance(halves, Pairs)
    assert isinstance(dropped, Pairs)
    assert halves.won.tolist() == [0.5, 1]
    assert dropped.won.tolist() == [1]


def test_nothing_left_to_analyse_is_told() -> None:
    skip = answer(MANIFEST, 1, choice={"none": "timeout"})
    with pytest.raises(InputError, match="no answer is left"):
        table(read_record(small(skip), MANIFEST, KEY).sessions, KEY)


def test_first_trials_and_second_looks_can_be_left_out() -> None:
    payloads = [answer(MANIFEST, place, attempt=2 if place == 1 else 1) for place in range(4)]
    [session] = read_record(small(*payloads), MANIFEST, KEY).sessions
    assert [one.payload.index for one in Usable(2).of(session)] == [2, 3]
    assert [one.payload.index for one in Usable(0, once=True).of(session)] == [0, 2, 3]


@pytest.mark.parametrize(("kind", "form"), [("best-of-k", BestOf), ("real-fake", Labels), ("two-alternative", Doubles)])
def test_every_kind_has_its_table(kind: str, form: type) -> None:
    manifest, key = study(kind)  # type: ignore[arg-type]
    rows = table(read_record(events(kind, people=4), manifest, key).sessions, key)  # type: ignore[arg-type]
    assert isinstance(rows, form)
    assert rows.people == 4
    assert rows.person.max() == 3
    assert len(rows.person) == sum(_tells(one) for one in events(kind, people=4) if _is_main(one, key))  # type: ignore[arg-type]


def _is_main(one: Event, key: object) -> bool:
    return isinstance(one.payload, Answer) and one.type == "answer" and key.trials[one.payload.trial_id].role == "main"  # type: ignore[attr-defined]


def _tells(one: Event) -> bool:
    choice = one.payload.choice  # type: ignore[union-attr]
    return isinstance(choice, PictureChoice | LabelChoice | TieChoice) and not isinstance(choice, NoChoice)


def test_realism_tables_mark_real_pictures_and_fooled_people() -> None:
    manifest, key = study("real-fake")
    sessions = read_record(events("real-fake", people=4), manifest, key).sessions
    rows = table(sessions, key)
    assert isinstance(rows, Labels)
    judged = [one for session in sessions for one in session.of("main")]
    assert (rows.source == -1).sum() == sum(one.sources == ("real",) for one in judged)
    right = np.where(rows.source == -1, rows.said_real, ~rows.said_real)
    assert right.tolist() == [one.correct for one in judged]
