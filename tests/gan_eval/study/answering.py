"""Studies whose main answers are as a function says, for tests of what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from gan_eval.study.analysing.analysis import Analysis, analyse
from gan_eval.study.analysing.kinds.table import kind_spec
from gan_eval.study.making.request import Screen
from gan_eval.study.schema.events import Answer, Choice, Event, PictureChoice, RankingChoice
from gan_eval.study.schema.manifest import Rules
from tests.gan_eval.study.drawn import NAMES, QUICK, events, study

LOOSE = Rules(0.0, 0, 0, 0.0)


class Asked(NamedTuple):
    """A main trial on somebody's screen.

    sources: by slot. answer: as it was. person: their number. labels: words offered. ranked: whether all pictures are
    put in order.
    """

    sources: Sequence[str]
    answer: Answer
    person: int
    labels: Sequence[str]
    ranked: bool

    def slot(self, number: int) -> PictureChoice:
        """The picture in this slot."""
        return PictureChoice(number, self.answer.shown[number])


#: What is answered; None for no answer at all.
Chooser = Callable[[Asked], Choice | None]


class Given(NamedTuple):
    """A main answer that was given: by whom, on which sources and item, what, and the sources in order if ranked."""

    person: int
    sources: tuple[str, ...]
    item: str
    choice: Choice
    ranking: tuple[str, ...] = ()


def given(
    kind: str, choose: Chooser, *, people: int = 22, methods: tuple[str, ...] = NAMES
) -> tuple[list[Event], list[Given]]:
    """Events of a study in which all main answers are as `choose` says, and those answers."""
    screen = Screen(ties=kind_spec(kind).trial.ties, skip=True)
    spec = kind_spec(kind).trial
    _, key = study(kind, screen=screen, methods=methods)
    persons: dict[str, int] = {}
    changed: list[Event] = []
    answers: list[Given] = []
    for one in events(kind, people=people, screen=screen, methods=methods):
        person = persons.setdefault(one.session_id, len(persons))
        if one.type == "answer" and isinstance(one.payload, Answer) and key.trials[one.payload.trial_id].role == "main":
            sources = tuple(key.images[image].method for image in one.payload.shown)
            choice = choose(Asked(sources, one.payload, person, spec.labels, spec.ranked))
            if choice is None:
                continue
            one = replace(one, payload=replace(one.payload, choice=choice))
            ranking = choice.ranking if isinstance(choice, RankingChoice) else ()
            item = key.trials[one.payload.trial_id].item
            answers.append(Given(person, sources, item, choice, tuple(key.images[image].method for image in ranking)))
        changed.append(one)
    return changed, answers


def answered(
    kind: str, choose: Chooser, *, people: int = 22, primary: str = "share", methods: tuple[str, ...] = NAMES
) -> Analysis:
    """Their analysis, with nobody excluded."""
    changed, _ = given(kind, choose, people=people, methods=methods)
    manifest, key = study(kind, screen=Screen(ties=kind_spec(kind).trial.ties, skip=True), methods=methods)
    key = replace(key, rules=LOOSE, analysis=replace(key.analysis, primary=primary))
    return analyse(changed, manifest, key, settings=QUICK)
