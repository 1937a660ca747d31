"""Events that participants send: one JSON object a line, append-only, each valid on its own.

`event_id` is the key of idempotence: an event that arrives twice, by the network and in a download, counts once, and
the first one wins. An answer carries the same fact twice (the slot and the image shown there), so that a damaged or
forged one is noticed: `parse_event` refuses an answer whose parts contradict each other, and `verify_event` one that
contradicts the study.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from gan_eval.errors import InputError, MismatchError
from gan_eval.files import read_text, write_text
from gan_eval.strict_json import AtMost, Between, DocumentFormat, Matches, canonical, decode, encode
from gan_eval.study.schema.manifest import Count, FormId, ImageId, Manifest, Sha256, StudyId, Trial, TrialId
from gan_eval.study.schema.trials import Label

UUID4_PATTERN = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
Uuid4 = Annotated[str, Matches(UUID4_PATTERN)]
Instant = Annotated[str, Matches(r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d{1,6})?Z")]
ElapsedMilliseconds = Annotated[int, Between(0, 10_000_000_000)]
Ratio = Annotated[float, Between(0, 100)]
PixelPair = tuple[Annotated[int, Between(0, 100_000)], Annotated[int, Between(0, 100_000)]]
Short = Annotated[str, AtMost(500)]
ParticipantId = Annotated[str, Matches(r"p[0-9a-f]{20}")]

_OTHER_CENTURY = re.compile(r"(\d{4}|[+-]\d{6})-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d{1,6})?Z")

EVENTS_FILE = "events.jsonl"


@dataclass(frozen=True, slots=True)
class PictureChoice:
    """The picture in this slot."""

    slot: Annotated[int, Between(0, 8)]
    image_id: ImageId


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """The word given to a single picture."""

    label: Label


@dataclass(frozen=True, slots=True)
class TieChoice:
    """No difference seen."""

    tie: Literal[True]


@dataclass(frozen=True, slots=True)
class NoChoice:
    """No picture chosen, and why."""

    none: Literal["skip", "timeout", "both_bad"]


@dataclass(frozen=True, slots=True)
class RankingChoice:
    """All pictures of the trial, the best first."""

    ranking: Annotated[tuple[ImageId, ...], AtMost(9)]


Choice = PictureChoice | LabelChoice | TieChoice | NoChoice | RankingChoice


@dataclass(frozen=True, slots=True)
class Start:
    """The session opens. platform: URL parameters as given; replaced by `participant_id` when answers are stored."""

    form_id: FormId
    form_source: Literal["server", "url", "random"]
    platform: Annotated[Mapping[Short, Short], AtMost(20)]
    participant_id: ParticipantId | None
    user_agent: Short
    webdriver: bool
    language: Short
    screen: PixelPair
    dpr: Ratio
    touch_points: Annotated[int, Between(0, 1000)]
    color_gamut: Short
    color_scheme: Literal["light", "dark"]
    tz_offset_min: Annotated[int, Between(-1000, 1000)]
    storage: Literal["indexeddb", "localstorage", "memory"]
    token: Annotated[str, AtMost(200)] | None


@dataclass(frozen=True, slots=True)
class Consent:
    """The participant agreed to take part."""

    agreed: Literal[True]


@dataclass(frozen=True, slots=True)
class Answer:
    """One judgement, of the practice or of the main part.

    index: place in the form. shown: image ids by slot. rt_ms: onset to choice. onset_ms: on the clock of `t_ms`.
    exposure_ms: measured, None where the pictures stayed. changes: choices taken back before confirming.
    hidden_ms: time the page was not visible during the trial. img_css: size of a picture on the page.
    attempt: 2 or more where the trial was interrupted and shown again.
    """

    trial_id: TrialId
    form_id: FormId
    index: Count
    shown: Annotated[tuple[ImageId, ...], AtMost(9)]
    choice: Choice
    rt_ms: ElapsedMilliseconds
    onset_ms: ElapsedMilliseconds
    exposure_ms: ElapsedMilliseconds | None
    changes: Count
    input: Literal["mouse", "touch", "pen", "key", "none"]
    hidden_ms: ElapsedMilliseconds
    viewport: PixelPair
    dpr: Ratio
    vv_scale: Ratio
    img_css: PixelPair
    attempt: Annotated[int, Between(1, 1000)]


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A trial was on the screen when the page was closed or reloaded."""

    trial_id: TrialId
    form_id: FormId
    index: Count
    attempt: Annotated[int, Between(1, 1000)]


@dataclass(frozen=True, slots=True)
class Visibility:
    """The page was hidden or shown again, during this trial if any."""

    state: Literal["hidden", "visible"]
    trial_id: TrialId | None


@dataclass(frozen=True, slots=True)
class Viewport:
    """The window was resized, zoomed or turned."""

    viewport: PixelPair
    dpr: Ratio
    vv_scale: Ratio


@dataclass(frozen=True, slots=True)
class ImageError:
    """A picture could not be decoded or loaded; its trial was left out."""

    image_id: ImageId
    trial_id: TrialId | None
    reason: Short


@dataclass(frozen=True, slots=True)
class Comment:
    """Free text of the participant. Untrusted: escape it wherever it is shown."""

    text: Annotated[str, AtMost(4000)]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The participant took part back; the session's answers must not be used."""

    answers: Count


@dataclass(frozen=True, slots=True)
class Finish:
    """The last page was reached."""

    answers: Count
    duration_ms: ElapsedMilliseconds


Payload = Start | Consent | Answer | Interrupted | Visibility | Viewport | ImageError | Comment | Withdraw | Finish
PAYLOADS: Mapping[str, type[Any]] = {
    "start": Start,
    "consent": Consent,
    "practice": Answer,
    "answer": Answer,
    "interrupted": Interrupted,
    "visibility": Visibility,
    "viewport": Viewport,
    "image_error": ImageError,
    "comment": Comment,
    "withdraw": Withdraw,
    "finish": Finish,
}
EventType = Literal[
    "start", "consent", "practice", "answer", "interrupted", "visibility", "viewport", "image_error", "comment",
    "withdraw", "finish",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the record. seq: 0, 1, … within the session. t_ms: milliseconds since `start`.

    t_utc: the participant's clock, None where it cannot be right. recv_utc: the server's clock; None in a download.
    payload: of the class `PAYLOADS[type]`.
    """

    schema: str
    study_id: StudyId
    manifest_sha256: Sha256
    session_id: Uuid4
    event_id: Uuid4
    seq: Count
    type: EventType
    t_utc: Instant | None
    t_ms: ElapsedMilliseconds
    payload: Payload
    recv_utc: Instant | None = None


EVENT = DocumentFormat("study-event", Event, remedy="damaged, or not what the page sends: take it out")


def parse_event(document: Any, *, where: str) -> Event:
    """An event from parsed JSON; every field is checked, none may be missing or added (InputError)."""
    if not isinstance(document, dict):
        raise InputError(f"{where}: wanted an object ({EVENT.remedy})")
    kind = PAYLOADS.get(document["type"]) if isinstance(document.get("type"), str) else None
    if kind is not None and "payload" in document:
        document = {**document, "payload": _payload(kind, document["payload"], f"{where}.payload")}
    event = EVENT.decode(_without_wrong_time(document), where=where)
    if isinstance(event.payload, Answer):
        _check_answer(event.payload, where)
    return event


def _payload(kind: type[Payload], document: Any, where: str) -> Payload:
    try:
        return decode(kind, document, where=where)
    except InputError as error:
        raise InputError(f"{error} ({EVENT.remedy})") from error


def _without_wrong_time(document: dict[str, Any]) -> dict[str, Any]:
    """A device whose clock stands in another century has an unknown time; its answers are as good as any."""
    stamp = document.get("t_utc")
    if isinstance(stamp, str) and _OTHER_CENTURY.fullmatch(stamp) and not stamp.startswith("20"):
        return {**document, "t_utc": None}
    return document


def dump_event(event: Event) -> str:
    """The event as one line of JSON without the line's end, in canonical form."""
    return canonical(encode(event)).decode("utf-8")


def verify_event(event: Event, manifest: Manifest, *, where: str) -> None:
    """Refuse an event that contradicts the study: another page, unknown ids, pictures the form does not put there.

    Raises MismatchError for another manifest and InputError for the rest.
    """
    if event.manifest_sha256 != manifest.sha256 or event.study_id != manifest.study_id:
        raise MismatchError(
            f"{where}: belongs to study {event.study_id} with manifest {event.manifest_sha256}, this is "
            f"{manifest.study_id} with {manifest.sha256} (each export of a page collects its own answers)"
        )
    payload = event.payload
    forms = {form.form_id: form for form in manifest.forms}
    if isinstance(payload, Start | Answer | Interrupted) and payload.form_id not in forms:
        raise InputError(f"{where}: no form {payload.form_id}")
    if isinstance(payload, ImageError) and payload.image_id not in manifest.images:
        raise InputError(f"{where}: no image {payload.image_id}")
    if isinstance(payload, Answer):
        expected = _shown(manifest, payload, practice=event.type == "practice")
        if expected is None:
            raise InputError(f"{where}: form {payload.form_id} has no trial {payload.trial_id} at {payload.index}")
        if payload.shown != expected:
            raise InputError(f"{where}: shown is {payload.shown}, the form puts {expected} there")
        _verify_ranking(payload, event.type, manifest, where)
        if isinstance(payload.choice, LabelChoice) and payload.choice.label not in manifest.ui.labels:
            offered = ", ".join(manifest.ui.labels) or "pictures only"
            raise InputError(f"{where}: the choice is {payload.choice.label!r}, offered are {offered}")


def _verify_ranking(answer: Answer, kind: str, manifest: Manifest, where: str) -> None:
    """Where pictures are put in order no single one is chosen, but in checks; elsewhere none are put in order."""
    ranked = isinstance(answer.choice, RankingChoice)
    trial = None if kind == "practice" else manifest.trial(answer.trial_id)
    check = isinstance(trial, Trial) and trial.prompt is not None
    wanted = manifest.ui.ranks and not check
    if (ranked and not wanted) or (wanted and isinstance(answer.choice, PictureChoice)):
        raise InputError(f"{where}: the study asks for {'an order' if wanted else 'one choice'} in this trial")


def new_id() -> str:
    """A fresh id for an event or a session."""
    return str(uuid.uuid4())


def read_events(path: Path) -> list[Event]:
    """Events of one JSONL file, or of a folder's `*.jsonl` files, merged (InputError names file and line)."""
    paths = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not paths:
        raise InputError(f"{path}: no .jsonl file (make the folder with `study collect`)")
    return merge(event for each in paths for event in _lines(each))


def merge(events: Iterable[Event]) -> list[Event]:
    """Each `event_id` once, the first one wins; in the order of session and `seq`, whatever the order of arrival."""
    first: dict[str, Event] = {}
    for event in events:
        first.setdefault(event.event_id, event)
    return sorted(first.values(), key=lambda event: (event.session_id, event.seq, event.event_id))


def write_events(path: Path, events: Iterable[Event]) -> None:
    """Write events as JSONL, whole or not at all."""
    write_text(path, "".join(dump_event(event) + "\n" for event in events))


def one_manifest(events: Iterable[Event]) -> str | None:
    """The manifest hash that all events carry, None where there are no events (MismatchError names two that differ)."""
    found = sorted({event.manifest_sha256 for event in events})
    if len(found) > 1:
        raise MismatchError(f"answers to different exports of a study: manifests {found[0]} and {found[1]}")
    return found[0] if found else None


def _lines(path: Path) -> Iterator[Event]:
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            where = f"{path}:{number}"
            yield parse_event(EVENT.parsed(line, where=where), where=where)


def _check_answer(answer: Answer, where: str) -> None:
    choice = answer.choice
    if len(set(answer.shown)) != len(answer.shown):
        raise InputError(f"{where}: an image is shown twice in one trial")
    if isinstance(choice, PictureChoice) and (
        choice.slot >= len(answer.shown) or answer.shown[choice.slot] != choice.image_id
    ):
        raise InputError(f"{where}: the choice is {choice.image_id} in slot {choice.slot}, shown is {answer.shown}")
    if isinstance(choice, RankingChoice) and sorted(choice.ranking) != sorted(answer.shown):
        raise InputError(f"{where}: the ranking {choice.ranking} is not one of the pictures shown, {answer.shown}")
    if isinstance(choice, LabelChoice) != (len(answer.shown) == 1) and not isinstance(choice, NoChoice):
        raise InputError(f"{where}: {len(answer.shown)} pictures do not go with the choice {encode(choice)}")


def _shown(manifest: Manifest, answer: Answer, *, practice: bool) -> tuple[str, ...] | None:
    """Image ids by slot that this form puts at the answer's place, None where it has no such trial there."""
    if practice:
        if answer.index >= len(manifest.practice) or manifest.practice[answer.index].trial_id != answer.trial_id:
            return None
        return manifest.practice[answer.index].options
    [sequence] = [form.sequence for form in manifest.forms if form.form_id == answer.form_id]
    if answer.index >= len(sequence):
        return None
    number, order = sequence[answer.index]
    trial = manifest.trials[number]
    return tuple(trial.options[option] for option in order) if trial.trial_id == answer.trial_id else None
