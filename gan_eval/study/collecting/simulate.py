"""Made-up participants, who answer a real study through the schema of real answers, so that the analysis is tried
before money is spent.

Each person's probabilities scatter about the planted ones (Dirichlet, or beta for two options) with intra-person
correlation ρ, so that the planted shares are met exactly on average; given them, answers are independent.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from gan_eval.errors import InputError
from gan_eval.strict_json import encode
from gan_eval.study.analysing.kinds.spec import Sources
from gan_eval.study.analysing.kinds.table import kind_spec
from gan_eval.study.schema.events import (
    EVENT,
    Answer,
    Choice,
    Consent,
    Event,
    Finish,
    LabelChoice,
    Payload,
    PictureChoice,
    RankingChoice,
    Start,
    TieChoice,
    parse_event,
)
from gan_eval.study.schema.manifest import Form, Key, Manifest, Practice, Trial

#: Browser of everybody made up: no report may pass them off as people.
USER_AGENT = "simulated"

_BEGIN = datetime(2026, 1, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class People:
    """Whom to simulate. strengths: method's name → log-strength (preference; 0 where not named) or fooling rate
    (realism; 0.3 where not named). rho: intra-person correlation. ties: share of ties where they may be answered.
    careless: share of people who click at random, fast, and follow no instruction. real_error: real called fake.
    """

    count: int
    strengths: Mapping[str, float]
    rho: float = 0.05
    ties: float = 0.1
    careless: float = 0.0
    real_error: float = 0.2


def made_up_events(manifest: Manifest, key: Key, people: People, *, rng: np.random.Generator) -> list[Event]:
    """Events of `people.count` sessions, forms in turn, each event checked as if a browser had sent it.

    Raises InputError for a method that the study has not, or a fooling rate outside 0 … 1.
    """
    strengths = _planted(key, people)
    digest = manifest.sha256
    careless = round(people.careless * people.count)
    events = []
    for number in range(people.count):
        form = manifest.forms[number % len(manifest.forms)]
        person = _Person(manifest, key, strengths, people, careless=number < careless, rng=rng)
        session = _uuid(rng)
        for seq, (clock, name, payload) in enumerate(person.session(form)):
            document = {
                "schema": EVENT.schema,
                "study_id": manifest.study_id,
                "manifest_sha256": digest,
                "session_id": session,
                "event_id": _uuid(rng),
                "seq": seq,
                "type": name,
                "t_utc": _stamp(_BEGIN + timedelta(minutes=20 * number, milliseconds=clock)),
                "t_ms": clock,
                "payload": encode(payload),
            }
            events.append(parse_event(document, where=f"simulated event {seq} of person {number}"))
    return events


def _planted(key: Key, people: People) -> dict[str, float]:
    """Method id → strength or fooling rate."""
    names = {method.name: ident for ident, method in key.methods.items()}
    if unknown := sorted(people.strengths.keys() - names.keys()):
        raise InputError(f"the study has no method {unknown[0]!r} (its methods: {', '.join(names)})")
    planted = kind_spec(key.kind).simulation
    for name, value in people.strengths.items():
        if not planted.least <= value <= planted.most:
            raise InputError(
                f"{name}={value}: in a {key.kind} study the value is the {planted.planted}, from {planted.least:g} to "
                f"{planted.most:g}"
            )
    return {ident: people.strengths.get(name, planted.usual) for name, ident in names.items()}


class _Person:
    """One participant: own probabilities, own clock."""

    def __init__(
        self,
        manifest: Manifest,
        key: Key,
        strengths: Mapping[str, float],
        people: People,
        *,
        careless: bool,
        rng: np.random.Generator,
    ) -> None:
        self._manifest, self._key, self._strengths, self._people = manifest, key, strengths, people
        self._careless, self._rng = careless, rng
        self._own: dict[tuple[str, ...], np.ndarray[Any, np.dtype[np.float64]]] = {}
        self._clock = 0

    def session(self, form: Form) -> Iterator[tuple[int, str, Payload]]:
        """(clock in ms, event type, payload) from the start to the last page."""
        yield 0, "start", self._start(form)
        yield self._pass(4000), "consent", Consent(True)
        for index, practice in enumerate(self._manifest.practice):
            shown = practice.options
            yield self._answer("practice", practice, form, index, shown)
        for index, (number, order) in enumerate(form.sequence):
            trial = self._manifest.trials[number]
            yield self._answer("answer", trial, form, index, tuple(trial.options[option] for option in order))
        yield self._pass(2000), "finish", Finish(len(form.sequence), self._clock)

    def _pass(self, milliseconds: float) -> int:
        self._clock += max(1, round(milliseconds))
        return self._clock

    def _start(self, form: Form) -> Start:
        return Start(
            form_id=form.form_id,
            form_source="server",
            platform={},
            participant_id="p" + self._rng.bytes(10).hex(),
            user_agent=USER_AGENT,
            webdriver=False,
            language=self._manifest.lang,
            screen=(1920, 1080),
            dpr=1.0,
            touch_points=0,
            color_gamut="srgb",
            color_scheme="light",
            tz_offset_min=0,
            storage="indexeddb",
            token=None,
        )

    def _answer(
        self, name: str, trial: Trial | Practice, form: Form, index: int, shown: tuple[str, ...]
    ) -> tuple[int, str, Payload]:
        onset = self._pass(350)
        rt = round(float(self._rng.lognormal(np.log(250 if self._careless else 2300), 0.35)))
        choice = self._choose(trial, shown, practice=name == "practice")
        exposure = self._manifest.ui.exposure_ms
        answer = Answer(
            trial_id=trial.trial_id,
            form_id=form.form_id,
            index=index,
            shown=shown,
            choice=choice,
            rt_ms=max(rt, self._manifest.ui.min_ms),
            onset_ms=onset,
            exposure_ms=exposure,
            changes=0,
            input="mouse",
            hidden_ms=0,
            viewport=(1280, 720),
            dpr=1.0,
            vv_scale=1.0,
            img_css=self._manifest.ui.css_px,
            attempt=1,
        )
        return self._pass(answer.rt_ms), name, answer

    def _choose(self, trial: Trial | Practice, shown: tuple[str, ...], *, practice: bool) -> Choice:
        labels = self._manifest.ui.labels
        if self._careless or practice:
            if labels:
                return LabelChoice(labels[int(self._rng.random() * len(labels))])
            if self._manifest.ui.ranks and not (isinstance(trial, Trial) and trial.prompt):
                return RankingChoice(tuple(shown[int(slot)] for slot in self._rng.permutation(len(shown))))
            return _picture(shown, int(self._rng.integers(len(shown))))
        known = self._key.trials[trial.trial_id]
        if known.expected is not None:
            if self._manifest.ui.ranks and known.role != "imc":
                rest = [image for image in shown if image != known.expected]
                return RankingChoice((known.expected, *rest))
            return LabelChoice(known.expected) if labels else _picture(shown, shown.index(known.expected))
        sources = [self._key.images[image].method for image in shown]
        if labels:
            below = np.cumsum(self._shares(tuple(sources)))[:-1]
            return LabelChoice(labels[int((self._rng.random() >= below).sum())])
        if self._manifest.ui.tie != "none" and self._rng.random() < self._people.ties:
            return TieChoice(True)
        order = tuple(sorted(sources))
        shares = self._shares(order)
        if self._manifest.ui.ranks:
            # Plackett and Luce: the order of log probabilities with Gumbel noise.
            place = np.argsort(-(np.log(np.maximum(shares, 1e-300)) + self._rng.gumbel(size=len(order))))
            return RankingChoice(tuple(shown[sources.index(order[int(at)])] for at in place))
        return _picture(shown, sources.index(order[int(self._rng.choice(len(order), p=shares))]))

    def _shares(self, sources: Sources) -> np.ndarray[Any, np.dtype[np.float64]]:
        """This person's probabilities to choose each source (of a single picture: to say each label)."""
        if sources not in self._own:
            probabilities = kind_spec(self._key.kind).simulation.probabilities
            mean = np.clip(probabilities(sources, self._strengths, self._people.real_error), 1e-6, 1 - 1e-6)
            rho = self._people.rho
            self._own[sources] = (
                self._rng.dirichlet(mean / mean.sum() * (1 / rho - 1)) if rho > 0 else mean / mean.sum()
            )
        return self._own[sources]


def _picture(shown: tuple[str, ...], slot: int) -> PictureChoice:
    return PictureChoice(slot, shown[slot])


def _uuid(rng: np.random.Generator) -> str:
    return str(uuid.UUID(bytes=rng.bytes(16), version=4))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
