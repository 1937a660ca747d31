"""A study's answers as they may be published: everything that the analysis needs, and nothing that tells who answered.

Left out are user agents, languages, time zones, screens, every clock time, tokens, platform ids and free comments.
Sessions, people and events get new random ids that nothing connects with the old ones; sessions keep their order, which
decides which one of a person counts. The analysis of what remains gives the same numbers.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gan_eval.files import atomic_file
from gan_eval.study.collecting.simulate import USER_AGENT
from gan_eval.study.schema.events import Event, Start, dump_event

#: Time stamp of every file in an archive: the earliest that the format knows, since times are left out.
_NO_TIME = (1980, 1, 1, 0, 0, 0)

Random = Callable[[int], bytes]


def anonymous(events: Sequence[Event], *, random: Random) -> list[Event]:
    """The same answers without what could tell who gave them.

    Parameters
    ----------
    events : sequence of Event
        Of one study.
    random : callable
        Gives so many random bytes, such as `secrets.token_bytes`: whoever could repeat them could undo the new ids.

    Returns
    -------
    list of Event
        In the order of sessions and of events within them.
    """
    by_session: dict[str, list[Event]] = {}
    for event in events:
        by_session.setdefault(event.session_id, []).append(event)
    order = sorted(by_session, key=lambda name: (_began(by_session[name]), name))
    fresh = sorted(_uuid4(random) for _ in order)
    people: dict[str, str] = {}
    kept = []
    for old, new in zip(order, fresh, strict=True):
        for event in sorted(by_session[old], key=lambda one: (one.seq, one.event_id)):
            if event.type == "comment":
                continue
            payload = event.payload
            if isinstance(payload, Start):
                payload = _without_device(payload, people, random)
            kept.append(
                replace(event, session_id=new, event_id=_uuid4(random), t_utc=None, recv_utc=None, payload=payload)
            )
    return kept


def write_archive(destination: Path, events: Sequence[Event], documents: Mapping[str, str]) -> None:
    """Write a zip of the events and further files (name → text), whole or not at all (InputError)."""
    lines = "".join(dump_event(event) + "\n" for event in events)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"answers/events.jsonl": lines, **documents}.items():
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), text, zipfile.ZIP_DEFLATED)
    with atomic_file(destination) as temporary:
        temporary.write_bytes(buffer.getvalue())


def _began(events: Sequence[Event]) -> str:
    """When a session began, as the analysis orders them."""
    ordered = sorted(events, key=lambda one: (one.seq, one.event_id))
    opening = next((event for event in ordered if isinstance(event.payload, Start)), ordered[0])
    return opening.recv_utc or opening.t_utc or "unknown"


def _without_device(start: Start, people: dict[str, str], random: Random) -> Start:
    """The start of a session without its device; made-up people stay known as such."""
    person = start.participant_id
    if person is not None:
        person = people.setdefault(person, "p" + random(10).hex())
    return replace(
        start,
        platform={},
        participant_id=person,
        user_agent=start.user_agent if start.user_agent == USER_AGENT else "removed",
        language="removed",
        screen=(0, 0),
        dpr=1.0,
        touch_points=0,
        color_gamut="removed",
        tz_offset_min=0,
        token=None,
    )


def _uuid4(random: Random) -> str:
    return str(uuid.UUID(bytes=random(16), version=4))
