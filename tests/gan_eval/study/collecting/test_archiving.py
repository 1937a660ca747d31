"""Answers to be published: nothing that tells who gave them, and the same numbers."""

from __future__ import annotations

import json
import secrets
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from gan_eval.study.analysing.analysis import analyse
from gan_eval.study.analysing.document import to_dict
from gan_eval.study.collecting.archiving import anonymous, write_archive
from gan_eval.study.schema.events import Comment, Event, Start, dump_event, parse_event, verify_event
from tests.gan_eval.study.drawn import QUICK, events, study

KIND = "pairwise"


def collected() -> list[Event]:
    """Answers as a server has them: with devices, times, a comment, and a person who began again."""
    made = []
    for event in events(KIND, people=8):
        event = replace(event, recv_utc="2026-11-22T00:30:11.123Z")
        if isinstance(event.payload, Start):
            start = replace(event.payload, user_agent="Mozilla/5.0 (X11)", language="de-AT", tz_offset_min=-60)
            event = replace(event, payload=replace(start, screen=(1366, 768), participant_id="p" + "0" * 20))
        if event.type == "finish":
            made.append(replace(event, type="comment", payload=Comment("I am Ada"), event_id=event.event_id[:-1] + "0"))
        made.append(event)
    return made


def test_nothing_tells_who_answered() -> None:
    text = "".join(dump_event(event) for event in anonymous(collected(), random=secrets.token_bytes))
    old = collected()
    for secret in ("Mozilla", "de-AT", "1366,768", "Ada", "2026-", "p" + "0" * 20, *(e.session_id for e in old)):
        assert secret not in text
    assert not {event.event_id for event in old} & {
        event.event_id for event in anonymous(old, random=secrets.token_bytes)
    }


def test_what_remains_is_a_sound_record() -> None:
    manifest, _ = study(KIND)
    for event in anonymous(collected(), random=secrets.token_bytes):
        again = parse_event(json.loads(dump_event(event)), where="archive")
        verify_event(again, manifest, where="archive")


@pytest.mark.parametrize("kind", ["pairwise", "real-fake", "rank-k"])
def test_the_analysis_gives_the_same_numbers(kind: str) -> None:
    manifest, key = study(kind)
    before = to_dict(analyse(events(kind, people=12, careless=0.2), manifest, key, settings=QUICK))
    kept = anonymous(events(kind, people=12, careless=0.2), random=secrets.token_bytes)
    after = to_dict(analyse(kept, manifest, key, settings=QUICK))
    same = [name for name in before if name not in ("excluded", "flags")]
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert [one["rule"] for one in after["excluded"]] == [one["rule"] for one in before["excluded"]]


def test_of_sessions_of_one_person_the_same_one_counts() -> None:
    manifest, key = study(KIND)
    before = analyse(collected(), manifest, key, settings=QUICK)
    after = analyse(anonymous(collected(), random=secrets.token_bytes), manifest, key, settings=QUICK)
    assert before.people == after.people == 1
    assert before.findings.methods == after.findings.methods


def test_the_archive_has_no_times(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", anonymous(collected(), random=secrets.token_bytes), {"README.txt": "x"})
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["answers/events.jsonl", "README.txt"]
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
