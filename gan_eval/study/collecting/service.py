"""Handles requests, without their HTTP: sessions, events, counts and the end of a session.

Nothing here tells which method wins: a researcher who watches must not be tempted to stop when it looks good.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TypeGuard

from gan_eval.errors import InputError, MismatchError
from gan_eval.study.collecting.participants import pseudonymised
from gan_eval.study.collecting.store import Incoming, Store
from gan_eval.study.making.folder import Exported
from gan_eval.study.making.webpage import Page, render
from gan_eval.study.schema.events import (
    Answer,
    Event,
    Finish,
    LabelChoice,
    NoChoice,
    PictureChoice,
    Start,
    parse_event,
    verify_event,
)
from gan_eval.study.schema.ids import participants_token, researcher_token, session_token
from gan_eval.study.schema.manifest import Key, Manifest

#: A session that was not heard of for so long has been given up; its form may go to somebody else.
ABANDONED_S = 3600
#: Events of a session before it is taken for an attack, as a multiple of the trials of a form.
_EVENTS_PER_TRIAL = 5


class Refused(NamedTuple):
    """An event that was not stored, and why."""

    event_id: str
    reason: str


class BatchReceipt(NamedTuple):
    """What became of a batch. truths: right answers of the trials answered, where the study gives them away."""

    stored: tuple[str, ...]
    refused: tuple[Refused, ...]
    truths: Mapping[str, str]


class Service:
    """One study being collected."""

    def __init__(self, study: Exported, store: Store, *, keep_platform_ids: bool = False) -> None:
        self.manifest: Manifest = study.manifest
        self.images: Mapping[str, bytes] = study.images
        self._key: Key = study.key
        self._secret = bytes.fromhex(study.key.secret_hex)
        self._store = store
        self._keep = keep_platform_ids
        #: What keeps answers from being stored, such as a full disk; None where all is well.
        self.trouble: str | None = None
        self._forms = [form.form_id for form in study.manifest.forms]

    @property
    def store_path(self) -> Path:
        """Where the answers are."""
        return self._store.path

    @property
    def token(self) -> str:
        """Part of the participants' address."""
        return participants_token(self._secret, self.manifest.study_id)

    @property
    def researcher_token(self) -> str:
        """Part of the researcher's address."""
        return researcher_token(self._secret, self.manifest.study_id)

    def page(self) -> bytes:
        """The page as a server delivers it: pictures apart, right answers held back, and told where to send answers."""
        return render(Page(self.manifest, deployment={"api": "api/"})).encode("utf-8")

    def open_session(self, session_id: str, *, now: datetime) -> dict[str, str]:
        """The form for a new session, and a token that proves that it came from here."""
        form = self._store.open_session(session_id, self._forms, now=now, abandoned_after_s=ABANDONED_S)
        return {"form_id": form, "token": self._session_token(session_id, form)}

    def receive(self, documents: list[Any], *, now: datetime) -> BatchReceipt:
        """Check events one by one and store those that are sound; durable when it returns."""
        sound: list[Incoming] = []
        refused: list[Refused] = []
        for number, document in enumerate(documents):
            try:
                sound.append(self._checked(document, where=f"event {number}"))
            except (InputError, MismatchError) as error:
                refused.append(Refused(_event_id(document), str(error)))
        added = self._store.add(sound, now=now)
        self.trouble = None
        refused += [Refused(name, "this session has sent too many events") for name in added.overfull]
        answered = {it.event.payload.trial_id for it in sound if isinstance(it.event.payload, Answer)}
        truths = self._key.truths if self.manifest.feedback == "always" else {}
        return BatchReceipt(
            added.stored, tuple(refused), {name: truths[name] for name in sorted(answered & truths.keys())}
        )

    def completion(self, session_id: str, token: object) -> str | None:
        """Where a session ends on its platform: for a session that this server opened, in which the participant agreed,
        answered the share of the main trials that the rules ask for, and finished; one session for each platform id.
        Who failed more instructed checks than the rules allow gets the address for that, where there is one.

        token: the one that the session got from `open_session`; anything else gets no address.
        """
        if self._key.completion is None or not isinstance(token, str):
            return None
        events = self._store.session_events(session_id)
        start = next((event.payload for event in events if isinstance(event.payload, Start)), None)
        expected = "" if start is None else self._session_token(session_id, start.form_id)
        if start is None or not hmac.compare_digest(token.encode(), expected.encode()):
            return None
        if not {"consent", "finish"} <= {event.type for event in events} or not self._answered_enough(start, events):
            return None
        person = start.participant_id
        if person is None:
            # Where participants come from a platform, who brings no id of theirs could ask for any number of codes.
            if self.manifest.platform.id_params:
                return None
            person = session_id
        if not self._store.claim_completion(person, session_id):
            return None
        followed = sum(self._followed(event) is True for event in events)
        if self._key.completion_failed is not None and followed < self._key.rules.checks_pass_min:
            return self._key.completion_failed
        return self._key.completion

    def declined(self) -> str | None:
        """Returns the address for a participant who does not consent; nothing is recorded of this person."""
        return self._key.completion_declined

    def _answered_enough(self, start: Start, events: Sequence[Event]) -> bool:
        """Whether the share of the form's main trials is answered that keeps a session in the analysis."""
        form = next(form for form in self.manifest.forms if form.form_id == start.form_id)
        names = {self.manifest.trials[number].trial_id for number, _ in form.sequence}
        main = {name for name in names if self._key.trials[name].role == "main"}
        answered = {it.payload.trial_id for it in events if it.type == "answer" and _judges(it.payload)}
        return len(main & answered) >= self._key.rules.min_answers_share * len(main)

    def events(self) -> list[Event]:
        """All that is stored."""
        return list(self._store.events())

    def counts(self, *, now: datetime) -> dict[str, Any]:
        """Progress without results: sessions, drop-outs, answers, minutes, checks, forms."""
        sessions = self._store.sessions()
        events = self.events()
        kinds = Counter((event.session_id, event.type) for event in events)
        ended = {name for name, kind in kinds if kind in ("finish", "withdraw")}
        lately = now.timestamp() - ABANDONED_S
        seen = {it[0]: datetime.fromisoformat(it[4]).timestamp() for it in sessions}
        started = {name for name, kind in kinds if kind == "start"}
        minutes = [event.payload.duration_ms / 60_000 for event in events if isinstance(event.payload, Finish)]
        followed = [ok for event in events if (ok := self._followed(event)) is not None]
        return {
            "study_id": self.manifest.study_id,
            "manifest_sha256": self.manifest.sha256,
            "started": len(started),
            "finished": sum(kind == "finish" for _, kind in kinds),
            "withdrawn": sum(kind == "withdraw" for _, kind in kinds),
            "running": sum(name not in ended and seen.get(name, 0) >= lately for name in started),
            "abandoned": sum(name not in ended and seen.get(name, 0) < lately for name in started),
            "unsigned": sum(not signed for name, _, signed, *_ in sessions if name in started),
            "answers": sum(event.type == "answer" for event in events),
            "median_minutes": round(median(minutes), 1) if minutes else None,
            "checks": {"answered": len(followed), "failed": followed.count(False)},
            "trouble": self.trouble,
            "forms": dict(sorted(Counter(it[1] for it in sessions if it[0] in started).items())),
        }

    def _checked(self, document: Any, *, where: str) -> Incoming:
        event = parse_event(document, where=where)
        verify_event(event, self.manifest, where=where)
        signed = isinstance(event.payload, Start) and hmac.compare_digest(
            event.payload.token or "", self._session_token(event.session_id, event.payload.form_id)
        )
        event, platform = pseudonymised(replace(event, recv_utc=None), self.manifest, self._key)
        return Incoming(event, platform if self._keep else {}, signed)

    def _followed(self, event: Event) -> bool | None:
        """Whether an instructed check was followed; None for any other event."""
        answer = event.payload
        if event.type != "answer" or not isinstance(answer, Answer):
            return None
        trial = self._key.trials.get(answer.trial_id)
        if trial is None or trial.role != "imc":
            return None
        choice = answer.choice
        if isinstance(choice, PictureChoice):
            return choice.image_id == trial.expected
        return isinstance(choice, LabelChoice) and choice.label == trial.expected

    def _session_token(self, session_id: str, form_id: str) -> str:
        return session_token(self._secret, self.manifest.study_id, session_id, form_id)


def most_events(manifest: Manifest) -> int:
    """Returns a number of events that no honest session comes near."""
    longest = max(len(form.sequence) for form in manifest.forms)
    return _EVENTS_PER_TRIAL * (longest + len(manifest.practice)) + 100


def utc_now() -> datetime:
    """The server's clock."""
    return datetime.now(UTC)


def _judges(payload: object) -> TypeGuard[Answer]:
    """Whether this is an answer that was not skipped or missed."""
    if not isinstance(payload, Answer):
        return False
    return not (isinstance(payload.choice, NoChoice) and payload.choice.none in ("skip", "timeout"))


def _event_id(document: Any) -> str:
    value = document.get("event_id") if isinstance(document, dict) else None
    return value if isinstance(value, str) and len(value) <= 100 else ""
