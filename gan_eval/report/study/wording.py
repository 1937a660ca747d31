"""Sentences of a study's report: the verdict, and the paragraph that may go into a paper as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from gan_eval.digits import NONE, bounds, level_of, number, p_equals, percent
from gan_eval.inference.intervals import holm
from gan_eval.inference.persons import FEW
from gan_eval.report.sentences import listed
from gan_eval.result import Interval
from gan_eval.study.analysing.analysis import Analysis, main_measures, primary_test, simulated
from gan_eval.study.analysing.findings import Measure, PairFinding

#: Names of measures as a reader knows them.
MEASURES = {
    "share": "share of choices",
    "mean_opinion": "mean opinion score",
    "rivals_below": "share of rivals ranked below",
    "ranked_first": "ranked first",
    "mean_rank": "mean rank",
    "strength": "strength",
    "fooling_rate": "fooling rate",
    "hype_infinity": "HYPE-infinity",
    "d_prime": "d′",
    "criterion": "criterion c",
    "real_error": "error on real pictures",
    "called_real": "real pictures called real",
    "balanced_accuracy": "balanced accuracy",
}
SHARES = (
    "share",
    "rivals_below",
    "ranked_first",
    "fooling_rate",
    "hype_infinity",
    "real_error",
    "called_real",
    "balanced_accuracy",
)

_FEEDBACK = {
    "off": "",
    "practice": " Right answers were shown during practice only.",
    "always": " The right answer was shown after every trial.",
}


def title(name: str) -> str:
    """A measure's name as a reader knows it."""
    return MEASURES.get(name, name.replace("_", " "))


def written(name: str, value: float | None) -> str:
    """A measure's value in its unit."""
    return percent(value) if name in SHARES else number(value)


def span(name: str, interval: Interval | None) -> str:
    """The interval as "41.0 to 55.4 %", or a dash."""
    if interval is None:
        return NONE
    if name in SHARES:
        return f"{bounds(100 * interval.low, 100 * interval.high, 1)}\u00a0%"
    return bounds(interval.low, interval.high, 2)


def with_span(name: str, value: float, interval: Interval | None) -> str:
    """The value and its interval as "48.3 % [41.0, 55.4]"."""
    if interval is None:
        return written(name, value)
    inside = span(name, interval).removesuffix("\u00a0%").replace(" to ", ",\u00a0")
    return f"{written(name, value)} [{inside}]"


def method_of(interval: Interval | None) -> str:
    """How an interval was made, in a few words."""
    return "" if interval is None else interval.method.split(" (")[0]


def verdict(found: Analysis) -> tuple[str, ...]:
    """What the study found, in a few sentences, and of what it holds."""
    made_up = simulated(found)
    about = (
        ["The people are simulated, so the numbers say nothing about the methods."] if made_up == found.people else []
    )
    return (" ".join([*_highest(found), *_tests(found), *_told_apart(found)]), " ".join([*about, _reach(found)]))


def _highest(found: Analysis) -> list[str]:
    """The method, or the methods, with the highest main measure."""
    known = {name: m for name, m in main_measures(found).items() if m.estimate.value == m.estimate.value}
    silent = [name for name in main_measures(found) if name not in known]
    first = _first(found, known) if known else []
    return [*first, f"No answer was given on {listed(silent)}."] if silent else first


def _first(found: Analysis, known: Mapping[str, Measure]) -> list[str]:
    """The highest of the methods that have a value."""
    best = max(measure.estimate.value for measure in known.values())
    names = [name for name, measure in known.items() if measure.estimate.value == best]
    if len(found.findings.methods) == 1:
        return [f"{_claim(names[0], known[names[0]], found, first=True)}."]
    if len(names) > 1:
        return [f"{listed(names)} have the same highest {title(found.main)}, {written(found.main, best)}."]
    if known[names[0]].unbounded:
        return [f"{_claim(names[0], known[names[0]], found)}."]
    return [f"{names[0]} has the highest {title(found.main)}, {_estimate(known[names[0]], found)}."]


def _told_apart(found: Analysis) -> list[str]:
    """How many pairs the tests told apart."""
    tested = [pair for pair in found.findings.pairs if pair.adjusted_p is not None]
    if not tested:
        return [] if primary_test(found.findings) else ["Nothing was tested."]
    shown = sum(winner_of(found, pair) is not None for pair in tested)
    if len(tested) == 1:
        return []
    if shown == len(tested):
        return [f"All {shown} pairs of methods were shown to differ."]
    return [f"Of {len(tested)} pairs of methods, {shown or 'none'} {'were' if shown > 1 else 'was'} shown to differ."]


def winner_of(found: Analysis, pair: PairFinding) -> str | None:
    """The method of a pair that the test shows to have the higher measure; None where it shows neither."""
    if pair.adjusted_p is None or pair.adjusted_p >= 1 - found.settings.level or not pair.difference.value:
        return None
    return pair.a if pair.difference.value > 0 else pair.b


def paragraph(found: Analysis) -> str:
    """What a paper has to say of the study: people, task, estimates, tests, and how far they reach."""
    made_up = ["[Simulated people.]"] if simulated(found) else []
    return " ".join([*made_up, *_setting(found), *_estimates(found), *_tests(found), *_pairs(found), _reach(found)])


def _setting(found: Analysis) -> list[str]:
    ui = found.manifest.ui
    out = [f"{step.removed} {step.wording}" for step in found.screening.steps if step.removed]
    total = len(found.record.sessions)
    excluded = f" ({len(found.screening.excluded)} of {total} sessions excluded: {'; '.join(out)})" if out else ""
    task = found.spec.report.task.format(
        k=len(found.key.methods),
        beside=" beside the input" if ui.show_reference else "",
        time=f" for {ui.exposure_ms} ms" if ui.exposure_ms else " without time limit",
    )
    items = len(found.findings.items)
    people = "1 person" if found.people == 1 else f"{found.people} people"
    answers, on = _counted(found.answers, "answer"), _counted(items, "item")
    return [
        f"{people} took part{excluded} and gave {answers} on {on}.",
        *_composition(found),
        "The analysis and the rules of exclusion were fixed before collection.",
        f"{task} (“{found.manifest.text.question}”).{_FEEDBACK[found.manifest.feedback]}",
    ]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _composition(found: Analysis) -> list[str]:
    """Which answers are in the numbers without a choice, and which are not in them at all."""
    tally = found.tally
    told = [
        f"{count} ({percent(count / tally.entered)}) {'was' if count == 1 else 'were'} “{what}”"
        for count, what in ((tally.ties, "no difference"), (tally.both_bad, "both bad"))
        if count
    ]
    texts = [f"Of these answers {listed(told)}, counted alike for all methods shown."] if told else []
    left_out = [
        f"{_counted(count, noun)} {why}"
        for count, noun, why in (
            (tally.dropped, "answer", "of no difference"),
            (tally.skipped, "trial", "skipped"),
            (tally.timed_out, "trial", "past the deadline"),
            (tally.warm_up, "answer", "from the start of a session"),
            (tally.seen_again, "answer", "to trials shown again after an interruption"),
            (tally.instructed, "answer", "to instructed checks"),
            (tally.gold, "answer", "to obvious trials"),
            (tally.repeats, "answer", "to repeated trials"),
        )
        if count
    ]
    if left_out:
        texts.append(f"Not in the numbers: {listed(left_out)}.")
    if tally.silent_items:
        have = "has" if tally.silent_items == 1 else "have"
        texts.append(
            f"{tally.silent_items} of the study’s {_counted(tally.items, 'item')} {have} no answer that counts."
        )
    return texts


def _estimates(found: Analysis) -> list[str]:
    measures = sorted(main_measures(found).items(), key=lambda pair: -pair[1].estimate.value)
    known = [(name, measure) for name, measure in measures if measure.estimate.value == measure.estimate.value]
    silent = [name for name, measure in measures if measure.estimate.value != measure.estimate.value]
    parts = [_claim(name, measure, found, first=n == 0) for n, (name, measure) in enumerate(known)]
    parts += [f"no answer was given on {name}" for name in silent]
    told = found.main == found.spec.analysis.measures[0] and found.spec.report.reference
    reference = f"; {_chance(found)}" if told else ""
    texts = [f"{listed(parts)}{reference}."]
    rest = [m for m in found.findings.overall if m.name in ("real_error", "hype_infinity", "d_prime")]
    overall = [m for m in rest if m.estimate.value == m.estimate.value]
    if overall:
        texts.append(f"Over all methods, {listed([_overall(m, found) for m in overall])}.")
    return texts


def _overall(measure: Measure, found: Analysis) -> str:
    if measure.unbounded:
        return f"{title(measure.name)} was {_beyond(measure, found)}"
    return f"{title(measure.name)} was {_estimate(measure, found)}"


def _claim(name: str, measure: Measure, found: Analysis, *, first: bool = False) -> str:
    """What was measured of a method, or which bound the answers set to it."""
    verb = found.spec.report.verbs[found.main]
    if measure.unbounded:
        if measure.unbounded.bound is None:
            return f"{name} has a {title(measure.name)} that the answers leave unbounded{_why(measure)}"
        return f"{name} {verb.removesuffix(' of')} {_beyond(measure, found)}{_why(measure)}"
    if measure.outright is not None:
        of = f" {found.spec.report.counted}, on average over people," if first else ""
        chosen = written(measure.name, measure.outright) + of
        counted = f"with “no difference” counted in part it has {_estimate(measure, found, how=first)}"
        return f"{name} {verb} {chosen} and {counted}"
    return f"{name} {verb} {_estimate(measure, found, first=first, how=first)}"


def _beyond(measure: Measure, found: Analysis) -> str:
    """Of an infinite value: "larger than 2.31 (one-sided 95 % bound, unbounded above)"."""
    limit = measure.unbounded
    if limit is None or limit.bound is None:
        return "not bounded by the answers"
    word, end = ("larger", "above") if limit.side == "above" else ("smaller", "below")
    level = f"one-sided {100 * found.settings.level:g}\u00a0% bound over people"
    return f"{word} than {written(measure.name, limit.bound)} ({level}, unbounded {end})"


def _why(measure: Measure) -> str:
    side = measure.unbounded.side if measure.unbounded else "both"
    return {"above": ", since it never lost", "below": ", since it never won", "both": ""}[side]


def _estimate(measure: Measure, found: Analysis, *, first: bool = False, how: bool = False) -> str:
    interval = measure.estimate.interval
    of = f" {found.spec.report.counted}, on average over people" if first and measure.name in SHARES else ""
    value = written(measure.name, measure.estimate.value) + of
    if interval is None:
        return value
    made = f", {method_of(interval)}" if how else ""
    return f"{value} ({level_of(found.settings.level)} {span(measure.name, interval)}{made})"


def _chance(found: Analysis) -> str:
    """What the value without a difference is; where it is measured, with its interval, or that it could not be."""
    reference = found.findings.reference
    if reference is not None and reference.estimate.value != reference.estimate.value:
        return "no answer was given on a real picture, so that nothing says what fakes that cannot be told would reach"
    measured = "" if reference is None else _estimate(reference, found)
    return found.spec.report.reference.format(chance=chance_of(found), reference=measured)


def chance_of(found: Analysis) -> str:
    """The first measure's value without a difference, as text."""
    return written(found.spec.analysis.measures[0], found.findings.chance)


def kind_notes(found: Analysis) -> str:
    """How the numbers of this kind of study were made."""
    return found.spec.report.notes.format(k=len(found.key.methods), chance=chance_of(found))


def _tests(found: Analysis) -> list[str]:
    test = primary_test(found.findings)
    if test is None or found.people < 2:
        return []
    alpha = 1 - found.settings.level
    if test.least_p is not None and test.least_p >= alpha:
        few = f"With {test.n} people no outcome could have shown a difference in the main test"
        return [f"{few} ({p_equals(test.p_value)} of at least {p_equals(test.least_p)[4:]})."]
    shown, not_shown = found.spec.report.verdicts
    how = "permutation of the methods within each person" if "permuted" in test.name else "sign flips of people"
    who = "" if test.n == found.people else f", {_counted(test.n, 'person').replace('persons', 'people')}"
    return [f"{shown if test.p_value < alpha else not_shown} ({p_equals(test.p_value)}, {how}{who})."]


def _pairs(found: Analysis) -> list[str]:
    if len(found.findings.methods) < 2:
        return []
    tested = [pair for pair in found.findings.pairs if pair.adjusted_p is not None]
    alpha = 1 - found.settings.level
    shown = [pair for pair in tested if pair.adjusted_p is not None and pair.adjusted_p < alpha]
    other = [pair for pair in tested if pair not in shown]
    verb = found.spec.report.better
    sentences = []
    if shown:
        sentences.append(f"{listed([_pair(pair, verb, found) for pair in shown])}.")
    if other:
        sentences.append(f"Not shown to differ: {listed([_pair(pair, 'against', found) for pair in other])}.")
    return [*sentences, *_hopeless(found, tested, alpha), *_unmet(found), *([_HOW] if tested else [])]


_HOW = "These are sign-flip tests over people, with p-values adjusted by Holm."


def _hopeless(found: Analysis, tested: Sequence[PairFinding], alpha: float) -> list[str]:
    """Pairs that no outcome could have shown to differ, because too few people judged both."""
    least = holm([pair.least_p if pair.least_p is not None else 0.0 for pair in tested]) if tested else []
    pairs = [pair for pair, p in zip(tested, least, strict=True) if p >= alpha]
    if not pairs:
        return []
    if len(pairs) == len(found.findings.pairs):
        return [f"With {found.people} people no outcome could have shown two methods to differ."]
    names = listed([f"{pair.a} and {pair.b} ({pair.difference.people} people)" for pair in pairs])
    return [f"No outcome could have shown a difference between {names}."]


def _unmet(found: Analysis) -> list[str]:
    """Pairs that nobody judged, of methods that have answers."""
    known = [name for name, m in main_measures(found).items() if m.estimate.value == m.estimate.value]
    judged = {(pair.a, pair.b) for pair in found.findings.pairs}
    lacking = [f"{a} with {b}" for a, b in combinations(known, 2) if (a, b) not in judged and (b, a) not in judged]
    return [f"No answer compares {listed(lacking)}."] if lacking else []


def _pair(pair: PairFinding, verb: str, found: Analysis) -> str:
    factor, unit = found.spec.report.difference
    a, b, sign = (pair.a, pair.b, 1) if pair.difference.value >= 0 else (pair.b, pair.a, -1)
    interval = pair.difference.interval
    bounds = ""
    if interval is not None:
        low, high = sorted((sign * interval.low, sign * interval.high))
        bounds = f", CI {number(factor * low, 1)} to {number(factor * high, 1)}"
    points = number(abs(factor * pair.difference.value), 1)
    p = f", {p_equals(pair.adjusted_p)}" if pair.adjusted_p is not None else ""
    return f"{a} {verb} {b} ({points} {unit}{bounds}{p})"


def _reach(found: Analysis) -> str:
    if found.people < FEW:
        return "With so few people the numbers describe these people only."
    return "Intervals take the person as the unit and hold for the items shown."
