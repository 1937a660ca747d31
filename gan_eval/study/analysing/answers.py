"""Turns events and key into unblinded sessions, and these into the arrays that the statistics take.

The first answer to a trial counts; a later, different one to the same trial is kept as a conflict and flagged. An
event that contradicts the manifest is rejected with its reason and counted, and the others stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gan_eval.errors import InputError
from gan_eval.study.analysing.kinds.spec import TrialSpec
from gan_eval.study.analysing.kinds.table import kind_spec
from gan_eval.study.analysing.tables import AnswerRows, RowIndex
from gan_eval.study.schema.events import (
    Answer,
    Comment,
    Event,
    Finish,
    ImageError,
    LabelChoice,
    NoChoice,
    PictureChoice,
    RankingChoice,
    Start,
    TieChoice,
    one_manifest,
    verify_event,
)
from gan_eval.study.schema.manifest import Key, Manifest, require_same_study
from gan_eval.study.schema.trials import BROKEN, CHECK, REAL

#: Answers that see no difference.
TIES = ("tie", "both_bad")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One answer of the main part. sources: by slot, a method's id or real, broken, check.

    answer: "picture" (then `slot` is set), "ranking" (then `ranking` has the sources, the best first, and `slot` is the
    best one's), a label ("real"), "tie", "both_bad", "skip" or "timeout".
    correct: of checks, gold and trials with a truth whether the answer was right, None where there is no right one.
    """

    event: Event
    payload: Answer
    role: str
    item: str
    repeat_of: str | None
    sources: tuple[str, ...]
    answer: str
    slot: int | None
    correct: bool | None
    ranking: tuple[str, ...] = ()

    @property
    def trial_id(self) -> str:
        """The trial's id."""
        return self.payload.trial_id

    @property
    def source(self) -> str | None:
        """What was chosen, where a picture was."""
        return None if self.slot is None else self.sources[self.slot]

    @property
    def label(self) -> str | None:
        """The word said, where one was."""
        choice = self.payload.choice
        return choice.label if isinstance(choice, LabelChoice) else None

    @property
    def judged(self) -> bool:
        """Whether a picture was chosen, pictures were put in order, or a word was said."""
        return self.slot is not None or self.label is not None


@dataclass(frozen=True, slots=True)
class Session:
    """One sitting. person: the platform's pseudonym, or the session itself. planned: main trials of its form."""

    session_id: str
    person: str
    began: str
    start: Start | None
    form_id: str | None
    planned: int
    consented: bool
    finished: bool
    withdrawn: bool
    judgements: tuple[Judgement, ...]
    conflicts: int
    practised: int
    broken_images: int
    duration_ms: int | None
    comments: tuple[str, ...]

    def of(self, role: str) -> list[Judgement]:
        """Judgements of trials in that role, in the order of the form."""
        return [one for one in self.judgements if one.role == role]


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event that contradicts the study, and how."""

    session_id: str
    event_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """Everything collected. sessions: in the order in which they began."""

    sessions: tuple[Session, ...]
    rejected: tuple[Rejected, ...] = field(default=())


def read_record(events: Sequence[Event], manifest: Manifest, key: Key) -> Record:
    """Sessions of all events.

    Raises InputError where there are none, MismatchError where they belong to another export than manifest and key.
    """
    manifest_sha256 = one_manifest(events)
    if manifest_sha256 is None:
        raise InputError("no events: nobody has answered yet")
    require_same_study(key, manifest_sha256)
    require_same_study(key, manifest.sha256)
    sound: dict[str, list[Event]] = {}
    rejected = []
    for event in events:
        try:
            verify_event(event, manifest, where=event.event_id)
        except InputError as error:
            rejected.append(Rejected(event.session_id, event.event_id, str(error)))
        else:
            sound.setdefault(event.session_id, []).append(event)
    planned = _planned(manifest, key)
    sessions = [_session(own, key, planned) for own in sound.values()]
    return Record(tuple(sorted(sessions, key=lambda s: (s.began, s.session_id))), tuple(rejected))


def _planned(manifest: Manifest, key: Key) -> dict[str, int]:
    """Main trials of each form."""
    main = [key.trials[trial.trial_id].role == "main" for trial in manifest.trials]
    return {form.form_id: sum(main[number] for number, _ in form.sequence) for form in manifest.forms}


def _session(events: Sequence[Event], key: Key, planned: dict[str, int]) -> Session:
    events = sorted(events, key=lambda event: (event.seq, event.event_id))
    start = next((event.payload for event in events if isinstance(event.payload, Start)), None)
    opening = next((event for event in events if isinstance(event.payload, Start)), events[0])
    judgements: dict[str, Judgement] = {}
    conflicts = 0
    for event in events:
        if event.type == "answer" and isinstance(event.payload, Answer):
            first = judgements.setdefault(event.payload.trial_id, _judgement(event, event.payload, key))
            conflicts += first.payload.choice != event.payload.choice
    form = start.form_id if start else next((j.payload.form_id for j in judgements.values()), None)
    finish = next((event.payload for event in events if isinstance(event.payload, Finish)), None)
    types = [event.type for event in events]
    return Session(
        session_id=events[0].session_id,
        person=(start.participant_id if start else None) or events[0].session_id,
        began=opening.recv_utc or opening.t_utc or "unknown",
        start=start,
        form_id=form,
        planned=planned[form] if form else 0,
        consented="consent" in types,
        finished=finish is not None,
        withdrawn="withdraw" in types,
        judgements=tuple(sorted(judgements.values(), key=lambda one: one.payload.index)),
        conflicts=conflicts,
        practised=types.count("practice"),
        broken_images=sum(isinstance(event.payload, ImageError) for event in events),
        duration_ms=finish.duration_ms if finish else None,
        comments=tuple(event.payload.text for event in events if isinstance(event.payload, Comment)),
    )


def _judgement(event: Event, payload: Answer, key: Key) -> Judgement:
    trial = key.trials[payload.trial_id]
    sources = tuple(key.images[image].method for image in payload.shown)
    choice = payload.choice
    answer, slot, judged = "picture", None, None
    ranking: tuple[str, ...] = ()
    if isinstance(choice, PictureChoice):
        slot, judged = choice.slot, choice.image_id
    elif isinstance(choice, RankingChoice):
        answer, judged = "ranking", choice.ranking[0]
        slot = payload.shown.index(judged)
        ranking = tuple(key.images[image].method for image in choice.ranking)
    elif isinstance(choice, LabelChoice):
        answer = judged = choice.label
    elif isinstance(choice, TieChoice):
        answer = "tie"
    elif isinstance(choice, NoChoice):
        answer = choice.none
    expected = trial.expected or _right(kind_spec(key.kind).trial, sources, payload.shown)
    correct = None if expected is None or judged is None else judged == expected
    return Judgement(event, payload, trial.role, trial.item, trial.repeat_of, sources, answer, slot, correct, ranking)


def _right(trial: TrialSpec, sources: tuple[str, ...], shown: Sequence[str]) -> str | None:
    """The right answer to a main trial, None where there is none."""
    if trial.truth is None or {BROKEN, CHECK} & set(sources):
        return None
    right = trial.truth(sources)
    return right if trial.labels else shown[sources.index(right)]


@dataclass(frozen=True, slots=True)
class Usable:
    """Which of a session's main answers enter the numbers.

    first_dropped: so many main trials at the start of a form are left out. once: leave out what was seen twice.
    """

    first_dropped: int = 0
    once: bool = False

    def of(self, session: Session) -> list[Judgement]:
        """The main judgements that enter."""
        main = session.of("main")[self.first_dropped :]
        return [one for one in main if not (self.once and one.payload.attempt > 1)]


def table(sessions: Sequence[Session], key: Key, usable: Usable = Usable(), *, ties: str = "half") -> AnswerRows:
    """The answers of these sessions as arrays, in the key's order of methods.

    ties "half": a tie (and "both bad") counts for all options alike; "drop": it has no row. Skipped and timed-out
    trials have none. Raises InputError where no answer is left.
    """
    spec = kind_spec(key.kind).analysis
    with_ties = ties == "half" and spec.ties_tell
    rows = [
        (s.person, one) for s in sessions for one in usable.of(s) if one.judged or (with_ties and one.answer in TIES)
    ]
    if not rows:
        raise InputError("no answer is left to analyse (all people were excluded, or all trials skipped)")
    people = {person: number for number, person in enumerate(dict.fromkeys(person for person, _ in rows))}
    items = tuple(sorted({one.item for _, one in rows}))
    place = {item: number for number, item in enumerate(items)}
    index = RowIndex(
        methods=tuple(method.name for method in key.methods.values()),
        people=len(people),
        items=items,
        person=np.array([people[who] for who, _ in rows]),
        item=np.array([place[one.item] for _, one in rows]),
    )
    methods = {method: number for number, method in enumerate(key.methods)} | {REAL: -1}
    answers: AnswerRows = spec.tabulate(index, [one for _, one in rows], methods)
    return answers
