"""Every number in the paragraph is recomputed from the answers, over answers of every degenerate shape and kind."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from itertools import combinations, permutations

import numpy as np
import pytest

from gan_eval.report.study.page import render
from gan_eval.report.study.wording import paragraph, verdict
from gan_eval.study.analysing.analysis import Analysis
from gan_eval.study.analysing.kinds.table import KINDS, kind_spec
from gan_eval.study.schema.events import Choice, LabelChoice, NoChoice, PictureChoice, RankingChoice, TieChoice
from gan_eval.study.schema.trials import REAL
from tests.gan_eval.study.answering import Asked, Chooser, Given, answered, given
from tests.gan_eval.study.drawn import NAMES

FOUR = (*NAMES, "UNIT")


def pick(asked: Asked, place: int) -> Choice:
    """The answer at this place of those offered, whatever the kind."""
    words = asked.labels
    if asked.ranked:
        order = list(permutations(asked.answer.shown))
        return RankingChoice(order[-1 if place == -1 else place % len(order)])
    return LabelChoice(words[place % len(words)]) if words else asked.slot(place % len(asked.sources))


def favour(method: str) -> Chooser:
    """This method wherever it stands (its picture is called real), else the last there is."""

    def choose(asked: Asked) -> Choice:
        if len(asked.sources) == 1:
            return pick(asked, 0 if asked.sources[0] == method else -1)
        if asked.ranked:
            best = asked.answer.shown[asked.sources.index(method)]
            return RankingChoice((best, *(image for image in asked.answer.shown if image != best)))
        return asked.slot(asked.sources.index(method)) if method in asked.sources else pick(asked, -1)

    return choose


def mixed(asked: Asked) -> Choice:
    return pick(asked, asked.person * 7 + asked.answer.index * 3 + asked.answer.index // 3)


def only(allowed: set[str]) -> Chooser:
    return lambda asked: mixed(asked) if set(asked.sources) <= allowed else None


SHAPES: Mapping[str, tuple[Chooser, int, tuple[str, ...]]] = {
    "mixed": (mixed, 9, NAMES),
    "one method always": (favour("m0"), 22, NAMES),
    "one method always, five people": (favour("m1"), 5, NAMES),
    "first place always": (lambda asked: pick(asked, 0), 8, NAMES),
    "last place always": (lambda asked: pick(asked, -1), 8, NAMES),
    "one person": (mixed, 1, NAMES),
    "one person, few answers": (lambda asked: mixed(asked) if asked.answer.index < 4 else None, 1, NAMES),
    "two people": (mixed, 2, NAMES),
    "four people": (mixed, 4, NAMES),
    "one answer each": (lambda asked: mixed(asked) if asked.answer.index == asked.person + 3 else None, 8, NAMES),
    "unequal numbers of answers": (
        lambda asked: mixed(asked) if asked.answer.index <= 4 * asked.person else None, 7, NAMES,
    ),
    "skipped in part": (lambda asked: NoChoice("skip") if asked.answer.index % 3 == 0 else mixed(asked), 6, NAMES),
    "past the deadline in part": (lambda asked: NoChoice("timeout") if asked.person == 0 else mixed(asked), 6, NAMES),
    "one method silent": (only({"m0", "m1", REAL}), 9, NAMES),
    "two methods silent": (only({"m0", REAL}), 9, NAMES),
    "real pictures silent": (only({"m0", "m1", "m2"}), 9, NAMES),
    "disconnected": (
        lambda asked: mixed(asked) if set(asked.sources) in ({"m0", "m1"}, {"m2", "m3"}) else None, 8, FOUR,
    ),
    "strict order": (lambda asked: pick(asked, int(np.argmin(asked.sources))), 8, FOUR),
    "one method": (mixed, 9, NAMES[:1]),
    "one method always right": (favour("m0"), 9, NAMES[:1]),
    "two methods": (mixed, 9, NAMES[:2]),
    "ties alone": (lambda asked: TieChoice(True), 8, NAMES),
    "ties and choices": (lambda asked: TieChoice(True) if asked.answer.index % 4 == 0 else mixed(asked), 8, NAMES),
    "ties, both bad and skips": (
        lambda asked: (
            TieChoice(True),
            NoChoice("both_bad"),
            NoChoice("skip"),
            mixed(asked),
        )[(asked.answer.index + asked.person) % 4],
        8,
        NAMES,
    ),
}  # fmt: skip


def cases() -> list[tuple[str, str]]:
    """Kinds and shapes that go together: answers must be left, and ties must be offered."""
    found = []
    for kind in KINDS:
        trial = kind_spec(kind).trial
        for shape, (_, _, methods) in SHAPES.items():
            silent = "silent" in shape or shape == "disconnected"
            together = not trial.labels and kind != "pairwise"
            lonely = kind == "pairwise" and shape == "two methods silent"
            if len(methods) < trial.least_methods or ("ties" in shape and not trial.ties) or lonely:
                continue
            if silent and (together and kind != "two-alternative"):
                continue
            if kind == "two-alternative" and shape in ("real pictures silent", "disconnected"):
                continue
            if trial.labels and shape == "disconnected":
                continue
            if REAL not in trial.meetings(("m0", "m1"))[-1] and shape == "real pictures silent":
                continue
            found.append((kind, shape))
    return found


@functools.cache
def shaped(kind: str, shape: str) -> tuple[Analysis, list[Given]]:
    """The analysis of that shape, and the answers themselves."""
    choose, people, methods = SHAPES[shape]
    found = answered(kind, choose, people=people, methods=methods)
    return found, given(kind, choose, people=people, methods=methods)[1]


def test_there_are_enough_of_them() -> None:
    assert len(cases()) >= 62


def credits(kind: str, one: Given, method: str) -> tuple[float, float]:
    """What this answer gives a method, and of how much."""
    if method not in one.sources or (isinstance(one.choice, NoChoice) and one.choice.none != "both_bad"):
        return 0.0, 0.0
    if isinstance(one.choice, TieChoice | NoChoice):
        return 1 / len(one.sources), 1.0
    if isinstance(one.choice, RankingChoice):
        below = len(one.ranking) - 1 - one.ranking.index(method)
        return below / (len(one.ranking) - 1), 1.0
    if isinstance(one.choice, LabelChoice):
        return float(one.choice.label == "real" if kind == "real-fake" else one.choice.label), 1.0
    assert isinstance(one.choice, PictureChoice)
    return float(one.sources[one.choice.slot] == method), 1.0


def person_shares(kind: str, answers: Sequence[Given], method: str) -> dict[int, float]:
    """Person → share, of those who judged the method."""
    totals: dict[int, list[float]] = {}
    for one in answers:
        part, whole = credits(kind, one, method)
        total = totals.setdefault(one.person, [0.0, 0.0])
        total[0] += part
        total[1] += whole
    return {person: part / whole for person, (part, whole) in totals.items() if whole}


def pair_shares(kind: str, answers: Sequence[Given], a: str, b: str) -> dict[int, float]:
    """Person → how much more a got than b, of those who judged both."""
    if kind == "rank-k":
        both = [one for one in answers if isinstance(one.choice, RankingChoice)]
        gaps: dict[int, list[float]] = {}
        for one in both:
            gaps.setdefault(one.person, []).append(1.0 if one.ranking.index(a) < one.ranking.index(b) else -1.0)
        return {person: float(np.mean(own)) for person, own in gaps.items()}
    if kind == "pairwise":
        both = [one for one in answers if {a, b} == set(one.sources)]
        first, second = person_shares(kind, both, a), person_shares(kind, both, b)
    else:
        first, second = person_shares(kind, answers, a), person_shares(kind, answers, b)
    return {person: first[person] - second[person] for person in first.keys() & second.keys()}


def numbers(text: str) -> list[str]:
    """All numbers of a text."""
    return re.findall(r"\d+(?:\.\d+)?", text)


def shown(value: float, digits: int = 1) -> str:
    return f"{abs(value):.{digits}f}"


def told(kind: str, value: float) -> str:
    """A method's main value as the paragraph writes it."""
    return shown(value, 2) if kind == "rating" else shown(100 * value)


def inferred(found: Analysis) -> set[str]:
    """Ends of intervals and p-values, which have tests of their own."""
    texts = {"95", "50.0", "2", "0.001", "100.0", "50"}
    measures = [m for method in found.findings.methods for m in method.measures]
    measures += [*found.findings.overall, *([found.findings.reference] if found.findings.reference else [])]
    for measure in measures:
        if measure.estimate.interval:
            texts |= {shown(100 * end) for end in (measure.estimate.interval.low, measure.estimate.interval.high)}
            texts |= {shown(end, 2) for end in (measure.estimate.interval.low, measure.estimate.interval.high)}
        if measure.unbounded and measure.unbounded.bound is not None:
            texts.add(shown(measure.unbounded.bound, 2))
    for pair in found.findings.pairs:
        if pair.difference.interval:
            factor = found.spec.report.difference[0]
            texts |= {shown(factor * end) for end in (pair.difference.interval.low, pair.difference.interval.high)}
    ps = [pair.adjusted_p for pair in found.findings.pairs]
    ps += [p for test in found.findings.tests for p in (test.p_value, test.least_p)]
    for p in ps:
        texts |= set() if p is None else {f"{p:.3f}", f"{p:.2f}"}
    return texts


def recomputed(kind: str, found: Analysis, answers: Sequence[Given]) -> set[str]:
    """Every count and estimate that the paragraph may hold, from the answers alone."""
    entered = [one for one in answers if not isinstance(one.choice, NoChoice) or one.choice.none == "both_bad"]
    ties = sum(isinstance(one.choice, TieChoice) for one in entered)
    bad = sum(isinstance(one.choice, NoChoice) for one in entered)
    texts = {str(len({one.person for one in entered})), str(len(entered)), str(ties), str(bad)}
    texts |= {shown(100 * count / len(entered)) for count in (ties, bad)}
    texts |= {str(sum(one.choice == NoChoice(why) for one in answers)) for why in ("skip", "timeout")}
    methods = list(found.key.methods)
    for method in (*methods, REAL):
        shares = person_shares(kind, entered, method)
        chosen = [one for one in entered if isinstance(one.choice, PictureChoice | LabelChoice | RankingChoice)]
        outright = dict.fromkeys(shares, 0.0) | person_shares(kind, chosen, method)
        texts |= {told(kind, float(np.mean(list(shares.values())))) for _ in shares}
        played = {p: sum(1 for one in entered if one.person == p and method in one.sources) for p in shares}
        picked = {p: sum(credits(kind, one, method)[0] for one in chosen if one.person == p) for p in shares}
        if outright:
            texts.add(shown(100 * float(np.mean([picked[p] / played[p] for p in shares]))))
    for a, b in combinations(methods, 2):
        gaps = list(pair_shares(kind, entered, a, b).values())
        factor = found.spec.report.difference[0]
        texts |= {shown(factor * float(np.mean(gaps))), str(len(gaps))} if gaps else set()
    return texts


def of_the_design(found: Analysis) -> set[str]:
    """Numbers of the design: methods, exposure, checks, items."""
    roles = [one.role for session in found.screening.kept for one in session.judgements]
    asked = {trial.item for trial in found.key.trials.values() if trial.role == "main"}
    answered_items = {
        one.item for s in found.screening.kept for one in s.of("main") if one.answer not in ("skip", "timeout")
    }
    texts = {str(len(found.key.methods)), str(found.manifest.ui.exposure_ms), str(len(found.record.sessions))}
    texts |= {str(len(found.findings.items)), str(len(asked)), str(len(asked - answered_items))}
    texts |= {shown(100 / len(found.key.methods))} | {str(step.removed) for step in found.screening.steps}
    return texts | {str(roles.count(role)) for role in ("imc", "gold", "repeat")}


def overall(found: Analysis) -> set[str]:
    """Estimates over all methods, which `test_realism` recomputes."""
    values = [m.estimate.value for m in found.findings.overall if m.estimate.value == m.estimate.value]
    return {shown(100 * value) for value in values} | {shown(value, 2) for value in values}


@pytest.mark.parametrize(("kind", "shape"), cases(), ids=lambda value: value.replace(" ", "-"))
def test_every_number_in_the_paragraph_is_one_of_the_answers(kind: str, shape: str) -> None:
    found, answers = shaped(kind, shape)
    text = paragraph(found).replace(found.manifest.text.question, "")
    for method in found.key.methods.values():
        text = text.replace(method.name, "")
    allowed = recomputed(kind, found, answers) | inferred(found) | of_the_design(found) | overall(found)
    assert [number for number in numbers(text) if number not in allowed] == [], text
    assert "nan" not in text
    assert "∞" not in text
    assert " in –" not in text
    page = render(found)
    assert "nan" not in re.sub(r"<[^>]*>", "", page).lower().replace("finance", "")


@pytest.mark.parametrize(("kind", "shape"), cases(), ids=lambda value: value.replace(" ", "-"))
def test_each_method_is_said_to_have_what_its_answers_gave_it(kind: str, shape: str) -> None:
    found, answers = shaped(kind, shape)
    text, verb = paragraph(found), found.spec.report.verbs[found.spec.analysis.measures[0]]
    for ident, method in found.key.methods.items():
        shares = list(person_shares(kind, answers, ident).values())
        if not shares:
            assert f"no answer was given on {method.name}" in text
            assert f"{method.name} {verb}" not in text
            assert "No answer was given on" in " ".join(verdict(found))
            continue
        mean = float(np.mean(shares))
        tied = any(isinstance(one.choice, TieChoice) or one.choice == NoChoice("both_bad") for one in answers)
        start = f"{method.name} {verb} "
        assert start in text
        rest = text.split(start)[1]
        rest = rest.split("counted in part it has ")[1] if tied else rest
        assert rest.startswith(told(kind, mean) + ("" if kind == "rating" else "\u00a0%")), rest[:60]


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_the_share_of_no_difference_is_told_beside_the_choices(share: float) -> None:
    found = answered("pairwise", lambda asked: TieChoice(True) if asked.answer.index % 4 < 4 * share else mixed(asked))
    ties = found.conduct.answers["tie"]
    sentence = f"Of these answers {ties} ({100 * ties / found.answers:.1f}\u00a0%) were “no difference”"
    assert sentence in paragraph(found)


def test_what_fakes_are_compared_with_is_how_often_real_pictures_are_called_real() -> None:
    generous = answered("real-fake", lambda asked: pick(asked, 0 if asked.answer.index % 5 else -1))
    rate = 100 * generous.findings.chance
    assert rate > 60
    assert f"real pictures were called real in {rate:.1f}\u00a0% (95\u00a0% CI" in paragraph(generous)
    assert "50.0\u00a0% would mean" not in paragraph(generous)
