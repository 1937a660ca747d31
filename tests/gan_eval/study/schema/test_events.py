"""Events: strict validation, consistency with the study, merging by event id."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from gan_eval.errors import InputError, MismatchError
from gan_eval.study.schema.events import (
    Answer,
    PictureChoice,
    dump_event,
    merge,
    one_manifest,
    parse_event,
    read_events,
    verify_event,
    write_events,
)
from tests.gan_eval.study.studies import answer, event, ident, small_study, start

MANIFEST, KEY = small_study()


def test_answer_is_typed() -> None:
    parsed = parse_event(event(MANIFEST, "answer", answer(MANIFEST, 0, 1)), where="x")
    assert isinstance(parsed.payload, Answer)
    assert parsed.payload.choice == PictureChoice(1, parsed.payload.shown[1])
    verify_event(parsed, MANIFEST, where="x")


def test_line_gives_the_event_back() -> None:
    parsed = parse_event(event(MANIFEST, "start", start()), where="x")
    assert parse_event(json.loads(dump_event(parsed)), where="x") == parsed


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (answer(MANIFEST, 0, choice={"slot": 1, "image_id": ident("i", 0)}), "the choice is"),
        (answer(MANIFEST, 0, choice={"slot": 5, "image_id": ident("i", 0)}), "the choice is"),
        (answer(MANIFEST, 0, choice={"label": "real"}), "do not go with"),
        (answer(MANIFEST, 0, choice={"tie": False}), "tie: wanted true"),
        (answer(MANIFEST, 0, choice={"none": "lazy"}), "none: wanted"),
        (answer(MANIFEST, 0, rt_ms=float("nan")), "rt_ms: wanted an integer"),
        (answer(MANIFEST, 0, rt_ms=-1), "rt_ms: wanted a number from 0"),
        (answer(MANIFEST, 0, dpr=float("nan")), "dpr: wanted a number"),
        (answer(MANIFEST, 0, trial_id="../../etc/passwd"), "trial_id: wanted a text like"),
        (answer(MANIFEST, 0, method="m0"), "unknown field 'method'"),
        (answer(MANIFEST, 0, shown=[ident("i", 0), ident("i", 0)]), "shown twice"),
    ],
)
def test_contradictory_answer_is_refused(payload: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_event(event(MANIFEST, "answer", payload), where="x")


@pytest.mark.parametrize(
    "changes",
    [
        {"session_id": "../../etc/passwd"},
        {"event_id": "1"},
        {"type": "reset"},
        {"type": ["answer"]},
        {"seq": True},
        {"t_utc": "yesterday"},
        {"schema": "study-event/2"},
        {"payload": []},
        {"payload": {}},
    ],
)
def test_bad_envelope_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        parse_event(event(MANIFEST, "answer", answer(MANIFEST, 0)) | changes, where="x")


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (answer(MANIFEST, 0, form_id="f77"), "no form f77"),
        (answer(MANIFEST, 0, index=1), "has no trial"),
        (answer(MANIFEST, 0, index=400), "has no trial"),
        (answer(MANIFEST, 0, trial_id=ident("t", 500)), "has no trial"),
        (answer(MANIFEST, 0, form_id="f01", index=3), "the form puts"),
    ],
)
def test_answer_outside_the_study_is_refused(payload: dict[str, Any], message: str) -> None:
    parsed = parse_event(event(MANIFEST, "answer", payload), where="x")
    with pytest.raises(InputError, match=message):
        verify_event(parsed, MANIFEST, where="x")


def test_answer_to_another_export_names_both_hashes() -> None:
    parsed = parse_event(event(MANIFEST, "start", start(), manifest_sha256="0" * 64), where="x")
    with pytest.raises(MismatchError, match=f"{'0' * 64}.*{MANIFEST.sha256}"):
        verify_event(parsed, MANIFEST, where="x")


def test_order_and_repeats_of_arrival_do_not_matter() -> None:
    events = [parse_event(event(MANIFEST, "answer", answer(MANIFEST, n), seq=n), where="x") for n in range(4)]
    shuffled = [*events, *events]
    random.Random(0).shuffle(shuffled)
    assert merge(shuffled) == events


def test_first_of_two_events_with_one_id_wins() -> None:
    first = event(MANIFEST, "comment", {"text": "first"})
    second = first | {"payload": {"text": "second"}}
    assert [e.payload.text for e in merge(parse_event(d, where="x") for d in (first, second))] == ["first"]


def test_jsonl_files_of_a_folder_merge(tmp_path: Path) -> None:
    events = [parse_event(event(MANIFEST, "answer", answer(MANIFEST, n), seq=n), where="x") for n in range(4)]
    write_events(tmp_path / "a.jsonl", events[:3])
    write_events(tmp_path / "b.jsonl", events[1:])
    assert read_events(tmp_path) == events
    assert one_manifest(events) == MANIFEST.sha256


def test_bad_line_is_named(tmp_path: Path) -> None:
    good = json.dumps(event(MANIFEST, "start", start()))
    (tmp_path / "a.jsonl").write_text(good + '\n{"rt": NaN}\n')
    with pytest.raises(InputError, match=r"a.jsonl:2: not valid JSON \(NaN"):
        read_events(tmp_path)


def test_two_exports_do_not_mix() -> None:
    one = parse_event(event(MANIFEST, "start", start()), where="x")
    other = parse_event(event(MANIFEST, "start", start(), manifest_sha256="0" * 64), where="x")
    with pytest.raises(MismatchError):
        one_manifest([one, other])
