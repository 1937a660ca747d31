"""The store: every event once, the first one wins, nothing acknowledged before it is on the disk."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gan_eval.errors import InputError, MismatchError
from gan_eval.study.collecting.store import Incoming, Store
from gan_eval.study.schema.events import Event, parse_event
from tests.gan_eval.study.studies import SESSION, answer, event, small_study, start

MANIFEST, _ = small_study()
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def parsed(kind: str, payload: dict[str, Any], **changes: Any) -> Event:
    return parse_event(event(MANIFEST, kind, payload) | changes, where="x")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "answers.db", MANIFEST, most_per_session=50)


def test_events_come_back_with_the_time_of_receipt(store: Store) -> None:
    events = [parsed("answer", answer(MANIFEST, n), seq=n) for n in (1, 0)]
    added = store.add([Incoming(it) for it in events], now=NOW)
    assert added.stored == tuple(it.event_id for it in events)
    assert [(it.seq, it.recv_utc) for it in store.events()] == [(n, "2026-11-22T12:00:00.000000Z") for n in (0, 1)]


@pytest.mark.parametrize("place", [b'{"event_id"', b"answer"])
def test_a_damaged_store_is_named(store: Store, place: bytes) -> None:
    store.add([Incoming(parsed("answer", answer(MANIFEST, 0)))], now=NOW)
    store.close()
    data = store.path.read_bytes()
    store.path.write_bytes(data.replace(place, b"\xff" * len(place)))
    with pytest.raises(InputError, match=r"answers\.db"):
        list(Store(store.path).events())


def test_what_is_sent_again_counts_once_and_the_first_wins(store: Store) -> None:
    first = parsed("comment", {"text": "first"})
    second = parsed("comment", {"text": "second"}, event_id=first.event_id)
    for it in (first, second, first):
        assert store.add([Incoming(it)], now=NOW).stored == (first.event_id,)
    assert [it.payload.text for it in store.events()] == ["first"]  # type: ignore[union-attr]


def test_a_session_cannot_fill_the_disk(store: Store) -> None:
    events = [parsed("comment", {"text": "x"}, seq=n) for n in range(60)]
    added = store.add([Incoming(it) for it in events], now=NOW)
    assert (len(added.stored), len(added.overfull)) == (50, 10)


def test_many_threads_store_everything_once(store: Store) -> None:
    def send(number: int) -> None:
        session = f"00000000-0000-4000-8000-{number:012d}"
        for seq in range(20):
            store.add([Incoming(parsed("comment", {"text": "x"}, session_id=session, seq=seq))], now=NOW)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(store.events())) == 160


def test_acknowledged_events_are_seen_by_another_connection(store: Store, tmp_path: Path) -> None:
    store.add([Incoming(parsed("comment", {"text": "x"}))], now=NOW)
    other = sqlite3.connect(tmp_path / "answers.db")
    assert other.execute("SELECT COUNT(*) FROM events").fetchone() == (1,)
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


def test_answers_to_another_export_do_not_go_in(tmp_path: Path) -> None:
    from dataclasses import replace

    Store(tmp_path / "answers.db", MANIFEST).close()
    with pytest.raises(MismatchError, match=MANIFEST.sha256):
        Store(tmp_path / "answers.db", replace(MANIFEST, lang="de"))


@pytest.mark.parametrize("content", [b"no database at all", b""])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "answers.db").write_bytes(content)
    with pytest.raises(InputError, match="store"):
        Store(tmp_path / "answers.db")


def test_the_least_used_form_is_given_next(store: Store) -> None:
    ids = [f"00000000-0000-4000-8000-{n:012d}" for n in range(5)]
    given = [store.open_session(name, ["f00", "f01"], now=NOW, abandoned_after_s=3600) for name in ids[:3]]
    assert given == ["f00", "f01", "f00"]
    assert store.open_session(ids[0], ["f00", "f01"], now=NOW, abandoned_after_s=3600) == "f00"
    later = NOW + timedelta(hours=2)
    assert store.open_session(ids[3], ["f00", "f01"], now=later, abandoned_after_s=3600) == "f00"


def test_finished_sessions_keep_their_form(store: Store) -> None:
    store.add(
        [Incoming(parsed("start", start())), Incoming(parsed("finish", {"answers": 4, "duration_ms": 9}))], now=NOW
    )
    assert [one.type for one in store.session_events(SESSION)] == ["start", "finish"]
    later = NOW + timedelta(days=2)
    assert (
        store.open_session("00000000-0000-4000-8000-000000000009", ["f00", "f01"], now=later, abandoned_after_s=60)
        == "f01"
    )


def test_forgetting_leaves_no_trace_in_the_file(store: Store, tmp_path: Path) -> None:
    store.add([Incoming(parsed("start", start()), {"PROLIFIC_PID": "abcdef"})], now=NOW)
    assert store.platform_ids() == [(SESSION, "PROLIFIC_PID", "abcdef")]
    assert store.forget(SESSION) == 1
    store.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert SESSION.encode() not in content
    assert b"abcdef" not in content


@pytest.mark.parametrize("body", ["{", "[]", '{"a": NaN}', "[" * 100_000])
def test_a_damaged_event_in_a_store_is_one_line(body: str, store: Store, tmp_path: Path) -> None:
    store.add([Incoming(parsed("comment", {"text": "x"}))], now=NOW)
    with sqlite3.connect(tmp_path / "answers.db") as connection:
        connection.execute("UPDATE events SET body = ?", (body,))
    connection.close()
    for read in (lambda: list(store.events()), lambda: store.session_events(SESSION)):
        with pytest.raises(InputError, match=r"answers\.db: [^\n]+$"):
            read()
