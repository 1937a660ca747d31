"""Answers of every degenerate shape: the paragraph stands, and says no more than was answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from gan_eval.report.study.page import render
from gan_eval.report.study.wording import paragraph
from gan_eval.study.analysing.analysis import Analysis, analyse
from gan_eval.study.analysing.kinds.table import KINDS, kind_spec
from gan_eval.study.making.request import Screen
from gan_eval.study.schema.events import Answer, Choice, Event, LabelChoice, NoChoice, PictureChoice, TieChoice
from gan_eval.study.schema.manifest import Rules
from tests.gan_eval.study.drawn import QUICK, events, study

#: sources by slot → choice of the slot or word, None for no answer at all.
Chooser = Callable[[Sequence[str], Answer], Choice | None]
LOOSE = Rules(0.0, 0, 0, 0.0)


def answered(kind: str, choose: Chooser, *, people: int = 22, primary: str = "share") -> Analysis:
    """A study in which all main answers are as `choose` says, analysed."""
    screen = Screen(ties=kind_spec(kind).trial.ties, skip=True)
    manifest, key = study(kind, screen=screen)
    key = replace(key, rules=LOOSE, analysis=replace(key.analysis, primary=primary))
    changed: list[Event] = []
    for one in events(kind, people=people, screen=screen):
        if one.type == "answer" and isinstance(one.payload, Answer) and key.trials[one.payload.trial_id].role == "main":
            sources = [key.images[image].method for image in one.payload.shown]
            choice = choose(sources, one.payload)
            if choice is None:
                continue
            one = replace(one, payload=replace(one.payload, choice=choice))
        changed.append(one)
    return analyse(changed, manifest, key, settings=QUICK)


def slot(answer: Answer, number: int) -> PictureChoice:
    return PictureChoice(number, answer.shown[number])


def always(method: str) -> Chooser:
    """Choose this method where it stands, else the first slot."""
    return lambda sources, answer: slot(answer, sources.index(method) if method in sources else 0)


def without(method: str) -> Chooser:
    """No answer wherever this method stands."""
    return lambda sources, answer: None if method in sources else slot(answer, answer.index % 2)


@pytest.mark.parametrize("people", [1, 2, 5, 22])
@pytest.mark.parametrize("primary", ["share", "strength"])
def test_ties_alone(people: int, primary: str) -> None:
    found = answered("pairwise", lambda sources, answer: TieChoice(True), people=people, primary=primary)
    assert "differ (p" not in paragraph(found)
    assert "preferred" not in paragraph(found)
    assert render(found)


@pytest.mark.parametrize("method", ["m0", "m1", "m2"])
@pytest.mark.parametrize("kind", ["best-of-k", "pairwise"])
def test_strength_of_a_method_that_never_lost_is_called_unbounded(kind: str, method: str) -> None:
    found = answered(kind, always(method), primary="strength")
    assert "unbounded" in paragraph(found)
    assert "strength of" not in paragraph(found)
    assert all(one.measures[0].estimate.interval is None for one in found.findings.methods if kind == "pairwise")


@pytest.mark.parametrize("method", ["m0", "m1", "m2"])
def test_a_method_without_an_answer_is_named_as_such(method: str) -> None:
    found = answered("pairwise", without(method), people=8)
    name = found.key.methods[method].name
    assert f"no answer was given on {name}" in paragraph(found)
    assert f"{name} was chosen in" not in paragraph(found)
    assert "won every comparison" not in " ".join(found.warnings)
    assert "–" not in re.sub(r"\w–\w", "", paragraph(found))


@pytest.mark.parametrize("people", [5, 6, 22])
def test_intervals_of_unanimous_people_are_symmetric(people: int) -> None:
    found = answered("best-of-k", always("m0"), people=people)
    [equal] = [pair for pair in found.findings.pairs if pair.difference.value == 0]
    assert equal.difference.interval is not None
    assert equal.difference.interval.low == pytest.approx(-equal.difference.interval.high)


def test_what_no_outcome_could_show_is_said_to_be_so() -> None:
    assert "no outcome could have shown" in paragraph(answered("best-of-k", always("m0"), people=5))
    assert "no outcome could have shown" not in paragraph(answered("best-of-k", always("m0"), people=22))


@pytest.mark.parametrize("people", [1, 4, 22])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", ["first", "last", "one-skipped"])
def test_one_sided_answers_of_every_kind_are_reported(kind: str, people: int, which: str) -> None:
    labels = kind_spec(kind).trial.labels

    def choose(sources: Sequence[str], answer: Answer) -> Choice:
        if which == "one-skipped" and answer.index == 0:
            return NoChoice("skip")
        place = -1 if which == "last" else 0
        return LabelChoice(labels[place]) if labels else slot(answer, range(len(sources))[place])

    text = paragraph(answered(kind, choose, people=people))
    assert f"{people} people took part" in text
    assert "nan" not in text
