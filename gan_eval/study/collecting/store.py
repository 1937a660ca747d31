"""The server's store: one SQLite file, durable before anything is acknowledged.

Write-ahead log with `synchronous=FULL`: when `add` returns, the events survive the process being killed and the power
going off. Requests that wait for the disk at the same time share one transaction (group commit). `event_id` is unique,
so that an event which is sent again counts once, and the first one wins.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from gan_eval.errors import InputError, MismatchError, NotFoundError, UnreadableError
from gan_eval.strict_json import parse_json
from gan_eval.study.schema.events import Answer, Event, Start, dump_event, parse_event
from gan_eval.study.schema.manifest import Manifest, decode_manifest, encode_manifest

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    event_id TEXT PRIMARY KEY, session_id TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL,
    trial_id TEXT, received TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_of_session ON events (session_id, seq);
CREATE TABLE IF NOT EXISTS sessions (
    session_id TEXT PRIMARY KEY, form_id TEXT NOT NULL, signed INTEGER NOT NULL, opened TEXT NOT NULL,
    seen TEXT NOT NULL, ended TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS platform (
    session_id TEXT NOT NULL, parameter TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (session_id, parameter)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS completions (person TEXT PRIMARY KEY, session_id TEXT NOT NULL) WITHOUT ROWID;
"""
_SCHEMA = "study-store/1"


class Incoming(NamedTuple):
    """An event to store, the platform ids to keep apart from it, and whether its session's token was signed by us."""

    event: Event
    platform: Mapping[str, str] = {}
    signed: bool = False


class Added(NamedTuple):
    """Ids that are in the store now, whether new or not, and ids of sessions that had too many events already."""

    stored: tuple[str, ...]
    overfull: tuple[str, ...]


@dataclass(slots=True)
class _Ticket:
    """A request's events on their way into the store. done: they are on the disk, or `error` says why not."""

    incoming: Sequence[Incoming]
    received: str
    done: bool = False
    error: sqlite3.Error | None = None
    stored: list[str] = field(default_factory=list)
    overfull: list[str] = field(default_factory=list)


class Store:
    """Events of one study. Safe to use from several threads."""

    def __init__(self, path: Path, manifest: Manifest | None = None, *, most_per_session: int = 10_000) -> None:
        """Open or, given the manifest, create the file.

        Raises InputError where it is not a store, MismatchError where it holds another study's answers.
        """
        self.path = path
        self._most = most_per_session
        if manifest is None and not path.is_file():
            raise NotFoundError(f"{path}: no such file")
        with contextlib.ExitStack() as undo:
            try:
                self._writer = _connect(path)
                undo.callback(self._writer.close)  # what it has locked would make the next one wait
                self._writer.executescript(_TABLES if manifest is not None else "")
                self.manifest = self._own_manifest(manifest)
            except (sqlite3.Error, UnicodeDecodeError) as error:
                raise UnreadableError(f"{path}: not a store of study answers (another file, or damaged)") from error
            undo.pop_all()
        self._pending: list[_Ticket] = []
        self._pending_lock = threading.Lock()
        self._write_lock = threading.Lock()

    def close(self) -> None:
        """Write everything back into the one file and close it."""
        with self._write_lock:
            self._writer.close()

    def add(self, incoming: Sequence[Incoming], *, now: datetime) -> Added:
        """Store events durably; returns once they are on the disk."""
        ticket = _Ticket(incoming, _text(now))
        with self._pending_lock:
            self._pending.append(ticket)
        with self._write_lock:
            # Another request may have carried ours along while we waited for the lock.
            if not ticket.done:
                with self._pending_lock:
                    tickets, self._pending = self._pending, []
                self._commit(tickets)
        if ticket.error is not None:
            raise ticket.error
        return Added(tuple(ticket.stored), tuple(ticket.overfull))

    def open_session(self, session_id: str, forms: Sequence[str], *, now: datetime, abandoned_after_s: int) -> str:
        """Reserve the form used least, counting sessions that ended or were seen lately; the first in order wins."""
        since = _text(datetime.fromtimestamp(now.timestamp() - abandoned_after_s, UTC))
        with self._write_lock, self._transaction() as connection:
            known = connection.execute("SELECT form_id FROM sessions WHERE session_id = ?", (session_id,)).fetchone()
            if known is not None:
                return str(known[0])
            counted = dict(
                connection.execute(
                    "SELECT form_id, COUNT(*) FROM sessions WHERE ended IS NOT NULL OR seen >= ? GROUP BY form_id",
                    (since,),
                )
            )
            form = min(forms, key=lambda name: counted.get(name, 0))
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, 0, ?, ?, NULL)", (session_id, form, _text(now), _text(now))
            )
        return form

    def events(self) -> Iterator[Event]:
        """All events in the order of session and number."""
        with self._reading() as connection:
            for received, body in connection.execute("SELECT received, body FROM events ORDER BY session_id, seq"):
                yield _stored_event(body, received, str(self.path))

    def sessions(self) -> list[tuple[str, str, bool, str, str, str | None]]:
        """(session id, form, signed, opened, last seen, ended) of every session."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT session_id, form_id, signed, opened, seen, ended FROM sessions"
            ).fetchall()
        return [(str(a), str(b), bool(c), str(d), str(e), f) for a, b, c, d, e, f in rows]

    def platform_ids(self) -> list[tuple[str, str, str]]:
        """(session id, parameter, value) where the server was told to keep them."""
        with self._reading() as connection:
            return connection.execute("SELECT * FROM platform ORDER BY session_id, parameter").fetchall()

    def session_events(self, session_id: str) -> list[Event]:
        """Events of one session, in order."""
        with self._reading() as connection:
            query = "SELECT received, body FROM events WHERE session_id = ? ORDER BY seq"
            rows = connection.execute(query, (session_id,)).fetchall()
        return [_stored_event(body, received, str(self.path)) for received, body in rows]

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own; what is damaged in the file is an InputError."""
        try:
            with contextlib.closing(_connect(self.path)) as connection:
                yield connection
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise UnreadableError(
                f"{self.path}: the store is damaged (use a copy of it, or the participants' files)"
            ) from error

    def claim_completion(self, person: str, session_id: str) -> bool:
        """Whether this session is the one of that person which gets a completion code: the first that asks."""
        with self._write_lock, self._transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO completions VALUES (?, ?)", (person, session_id))
            query = "SELECT session_id FROM completions WHERE person = ?"
            return bool(connection.execute(query, (person,)).fetchone()[0] == session_id)

    def forget(self, session_id: str) -> int:
        """Delete a session for good, free pages included; returns the number of its events."""
        with self._write_lock:
            with self._transaction() as connection:
                count = connection.execute("DELETE FROM events WHERE session_id = ?", (session_id,)).rowcount
                connection.execute("DELETE FROM sessions WHERE session_id = ?", (session_id,))
                connection.execute("DELETE FROM platform WHERE session_id = ?", (session_id,))
            self._writer.execute("VACUUM")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    def _own_manifest(self, manifest: Manifest | None) -> Manifest:
        row = self._writer.execute("SELECT value FROM meta WHERE name = 'manifest'").fetchone()
        if row is None and manifest is not None:
            values = [("schema", _SCHEMA), ("manifest", json.dumps(encode_manifest(manifest)))]
            with self._transaction() as connection:
                connection.executemany("INSERT INTO meta VALUES (?, ?)", values)
            return manifest
        if row is None:
            raise InputError(f"{self.path}: the store holds no study")
        own = decode_manifest(parse_json(str(row[0]), where=str(self.path)), where=str(self.path))
        if manifest is not None and own.sha256 != manifest.sha256:
            raise MismatchError(
                f"{self.path}: holds answers to manifest {own.sha256}, the study is {manifest.sha256} "
                "(give another file; each study collects its own answers)"
            )
        return own

    def _commit(self, tickets: Sequence[_Ticket]) -> None:
        """One transaction for all tickets; each learns whether it is on the disk."""
        error: sqlite3.Error | None = None
        try:
            with self._transaction() as connection:
                for ticket in tickets:
                    self._insert(connection, ticket)
        except sqlite3.Error as fault:
            error = fault
        for ticket in tickets:
            ticket.done, ticket.error = True, error

    def _insert(self, connection: sqlite3.Connection, ticket: _Ticket) -> None:
        for event, platform, signed in ticket.incoming:
            query = "SELECT COUNT(*) FROM events WHERE session_id = ?"
            if connection.execute(query, (event.session_id,)).fetchone()[0] >= self._most:
                ticket.overfull.append(event.event_id)
                continue
            trial = event.payload.trial_id if isinstance(event.payload, Answer) else None
            connection.execute(
                "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
                (event.event_id, event.session_id, event.seq, event.type, trial, ticket.received, dump_event(event)),
            )
            _note_session(connection, event, ticket.received, signed)
            connection.executemany(
                "INSERT OR IGNORE INTO platform VALUES (?, ?, ?)",
                [(event.session_id, name, value) for name, value in platform.items()],
            )
            ticket.stored.append(event.event_id)

    def _transaction(self) -> _Transaction:
        return _Transaction(self._writer)


class _Transaction:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK on any error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._connection.execute("COMMIT")
        elif self._connection.in_transaction:
            # Where the disk is full, SQLite has rolled back by itself.
            self._connection.execute("ROLLBACK")


def _note_session(connection: sqlite3.Connection, event: Event, received: str, signed: bool) -> None:
    if isinstance(event.payload, Start):
        connection.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, NULL) "
            "ON CONFLICT DO UPDATE SET signed = MAX(signed, excluded.signed)",
            (event.session_id, event.payload.form_id, int(signed), received, received),
        )
    ended = received if event.type in ("finish", "withdraw") else None
    connection.execute(
        "UPDATE sessions SET seen = ?, ended = COALESCE(ended, ?) WHERE session_id = ?",
        (received, ended, event.session_id),
    )


def _stored_event(body: str, received: str, where: str) -> Event:
    document = parse_json(str(body), where=where)  # a damaged file may give something else than text
    return parse_event({**document, "recv_utc": received} if isinstance(document, dict) else document, where=where)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    with contextlib.ExitStack() as undo:
        undo.callback(connection.close)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        undo.pop_all()
    return connection


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
