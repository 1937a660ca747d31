"""Collects answers from participants' downloads, JSONL files and the server's store, and removes a person's.

Events are merged by id, so that order, repeats and overlaps do not matter, and collecting again adds only what is new.
Each event is checked against the study; what does not belong is left out with a reason, never repaired.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gan_eval.csv_text import csv_text
from gan_eval.errors import InputError, MismatchError, NotFoundError
from gan_eval.files import open_regular, read_text, write_text
from gan_eval.strict_json import parse_json
from gan_eval.study.collecting.participants import pseudonymised
from gan_eval.study.collecting.store import Store
from gan_eval.study.making.folder import Exported, read_study
from gan_eval.study.schema.events import (
    EVENTS_FILE,
    Event,
    Start,
    merge,
    one_manifest,
    parse_event,
    read_events,
    verify_event,
    write_events,
)
from gan_eval.study.schema.manifest import private_file

FORGOTTEN_FILE = "forgotten.txt"
PLATFORM_FILE = "platform_ids.csv"
_SQLITE = b"SQLite format 3\0"
_ENDINGS = frozenset((".jsonl", ".json", ".ndjson", ".txt", ".db", ".sqlite"))


class Collected(NamedTuple):
    """What a folder of answers holds now. events, sessions: all of them; finished: sessions that reached the last page.

    new: events that were not there before; rejected: "place: reason" of what was left out; forgotten: events of
    sessions that were taken out earlier and stay out.
    """

    events: int
    new: int
    sessions: int
    finished: int
    rejected: Sequence[str]
    forgotten: int

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of the command-line contract."""
        return {"schema": "gan-eval-study-collect/1", **self._asdict()}


class _Found(NamedTuple):
    """An event, or the reason why there is none, and the platform ids that came with it."""

    event: Event | None
    reason: str = ""
    platform: Mapping[str, str] = {}


def merge_sources(sources: Sequence[Path], out: Path, *, study: Path | None, keep_platform_ids: bool) -> Collected:
    """Merge `sources` into the folder `out` (its `events.jsonl`).

    study: the exported study's folder; with it every event is checked against manifest and forms, and platform ids
    become pseudonyms. Raises InputError where nothing sound is found, MismatchError where studies are mixed.
    """
    exported = None if study is None else read_study(study)
    before = read_events(out / EVENTS_FILE) if (out / EVENTS_FILE).is_file() else []
    gone = _forgotten(out)
    arrived: list[Event] = []
    rejected: list[str] = []
    platform: dict[tuple[str, str], str] = {}
    dropped = 0
    for source in sources:
        for found in _source(source, exported):
            if found.event is None:
                rejected.append(found.reason)
            elif _digest(found.event.session_id) in gone:
                dropped += 1
            else:
                arrived.append(found.event)
                platform |= {(found.event.session_id, name): value for name, value in found.platform.items()}
    events = merge([*before, *arrived])
    if not events and not dropped:
        reason = rejected[0] if rejected else "the sources hold no events"
        raise InputError(f"nothing to collect: {reason} (give participants' .jsonl files, or the server's answers.db)")
    one_manifest(events)
    out.mkdir(parents=True, exist_ok=True)
    write_events(out / EVENTS_FILE, events)
    if keep_platform_ids and platform:
        _write_platform(out / PLATFORM_FILE, platform)
    sessions = {event.session_id for event in events}
    finished = {event.session_id for event in events if event.type == "finish"}
    return Collected(len(events), len(events) - len(before), len(sessions), len(finished), rejected, dropped)


def forget(responses: Path, session: str) -> int:
    """Removes a session for good from a folder of answers or a server's store. Returns the number of its events.

    session: its id or the beginning of it, at least 8 characters. A hash of the id is kept in the folder, so that
    collecting again does not bring it back. Raises InputError where no session, or more than one, is meant.
    """
    if responses.is_file() and _is_store(responses):
        store = Store(responses)
        try:
            return store.forget(_meant(session, (name for name, *_ in store.sessions()), responses))
        finally:
            store.close()
    if not responses.is_dir():
        raise NotFoundError(f"{responses}: no such folder of answers (as `study collect` makes one)")
    files = {path: read_events(path) for path in sorted(responses.glob("*.jsonl"))}
    name = _meant(session, (event.session_id for events in files.values() for event in events), responses)
    # First the note, then the deletion: an interruption in between must not let the session come back.
    write_text(responses / FORGOTTEN_FILE, "".join(f"{it}\n" for it in sorted(_forgotten(responses) | {_digest(name)})))
    for path, events in files.items():
        write_events(path, [event for event in events if event.session_id != name])
    _forget_platform(responses / PLATFORM_FILE, name)
    return sum(event.session_id == name for event in merge(event for events in files.values() for event in events))


def _source(path: Path, study: Exported | None) -> Iterator[_Found]:
    """Events of a folder, a store or a file."""
    if path.is_dir():
        inside = sorted(it for it in path.rglob("*") if it.is_file() and it.suffix.lower() in _ENDINGS)
        for each in inside:
            yield from _source(each, study)
        return
    if not path.is_file():
        raise NotFoundError(f"{path}: no such file or folder")
    if _is_store(path):
        yield from _stored(path, study)
        return
    for where, document in _documents(path):
        yield document if isinstance(document, _Found) else _event(document, where, study)


def _stored(path: Path, study: Exported | None) -> Iterator[_Found]:
    store = Store(path, None if study is None else study.manifest)
    try:
        kept: dict[str, dict[str, str]] = {}
        for session, name, value in store.platform_ids():
            kept.setdefault(session, {})[name] = value
        for event in store.events():
            own = kept.get(event.session_id, {}) if isinstance(event.payload, Start) else {}
            yield _Found(event, platform=own)
    finally:
        store.close()


def _documents(path: Path) -> Iterator[tuple[str, Any]]:
    """(place, parsed JSON or what is wrong) for each event of a file: JSON lines, a list, or {"events": […]}."""
    try:
        text = read_text(path, encoding="utf-8-sig")
    except InputError as error:
        yield str(path), _Found(None, str(error))
        return
    if path.suffix.lower() == ".json":
        try:
            whole = parse_json(text, where=str(path))
        except InputError:
            whole = None
        listed = whole.get("events") if isinstance(whole, dict) else whole
        if isinstance(listed, list):
            yield from ((f"{path}[{number}]", document) for number, document in enumerate(listed))
            return
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            yield where, parse_json(line, where=where)
        except InputError as error:
            yield where, _Found(None, str(error))


def _event(document: Any, where: str, study: Exported | None) -> _Found:
    """A sound event that belongs to the study, without platform ids; or the reason why not."""
    try:
        event = parse_event(document, where=where)
        if study is not None:
            verify_event(event, study.manifest, where=where)
            return _Found(*_apart(event, study))
    except (InputError, MismatchError) as error:
        return _Found(None, str(error))
    if isinstance(event.payload, Start) and event.payload.platform:
        raise InputError(f"{where}: holds platform ids (pass study=DIR, so that they can be replaced by pseudonyms)")
    return _Found(event)


def _apart(event: Event, study: Exported) -> tuple[Event, str, Mapping[str, str]]:
    result = pseudonymised(event, study.manifest, study.key)
    return result.event, "", result.platform


def _is_store(path: Path) -> bool:
    with open_regular(path) as stream:
        return stream.read(len(_SQLITE)) == _SQLITE


def _digest(session_id: str) -> str:
    return hashlib.sha256(session_id.encode("utf-8")).hexdigest()


def _forgotten(folder: Path) -> set[str]:
    path = folder / FORGOTTEN_FILE
    return set(read_text(path).split()) if path.is_file() else set()


def _meant(session: str, sessions: Iterable[str], place: Path) -> str:
    known = sorted(set(sessions))
    matching = [name for name in known if name == session or (len(session) >= 8 and name.startswith(session))]
    if len(matching) != 1:
        raise InputError(
            f"{place}: {len(matching) or 'no'} session{'s' if len(matching) > 1 else ''} {session!r} "
            f"among {len(known)} (give the whole session id)"
        )
    return matching[0]


def _write_platform(path: Path, platform: Mapping[tuple[str, str], str]) -> None:
    """Readable by its owner alone; cells that a spreadsheet would take for a formula are quoted."""
    _save_platform(path, {**_platform_rows(path), **platform})


def _forget_platform(path: Path, session: str) -> None:
    if path.is_file():
        _save_platform(path, {key: value for key, value in _platform_rows(path).items() if key[0] != session})


def _platform_rows(path: Path) -> dict[tuple[str, str], str]:
    if not path.is_file():
        return {}
    try:
        rows = list(csv.reader(io.StringIO(read_text(path), newline="")))[1:]
        return {(session, name): value for session, name, value in rows}
    except (ValueError, csv.Error) as error:
        raise InputError(f"{path}: not the table that was written here (repair it, or move it away)") from error


def _save_platform(path: Path, rows: Mapping[tuple[str, str], str]) -> None:
    text = csv_text(("session_id", "parameter", "value"), [(*key, value) for key, value in sorted(rows.items())])
    with private_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
