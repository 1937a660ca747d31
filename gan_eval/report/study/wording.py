"""Sentences of a study's report: the verdict, and the paragraph that may go into a paper as it stands."""

from __future__ import annotations

from gan_eval.digits import NONE, bounds, level_of, number, p_equals, percent
from gan_eval.inference.persons import FEW
from gan_eval.report.sentences import listed
from gan_eval.result import Interval
from gan_eval.study.analysing.analysis import Analysis, main_measures, primary_test, simulated
from gan_eval.study.analysing.findings import Measure, PairFinding

#: Names of measures as a reader knows them.
MEASURES = {
    "share": "share of choices",
    "strength": "strength",
    "fooling_rate": "fooling rate",
    "hype_infinity": "HYPE-infinity",
    "d_prime": "d′",
    "criterion": "criterion c",
    "real_error": "error on real pictures",
    "balanced_accuracy": "balanced accuracy",
}
SHARES = ("share", "fooling_rate", "hype_infinity", "real_error", "balanced_accuracy")

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
    if not known:
        return []
    best = max(measure.estimate.value for measure in known.values())
    names = [name for name, measure in known.items() if measure.estimate.value == best]
    if len(found.findings.methods) == 1:
        return [f"{_claim(names[0], known[names[0]], found, first=True)}."]
    if len(names) > 1:
        return [f"{listed(names)} have the same highest {title(found.main)}, {written(found.main, best)}."]
    if known[names[0]].unbounded:
        return [f"{names[0]} has the highest {title(found.main)}, to which the answers set no bound."]
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
    return [
        f"{found.people} people took part{excluded} and gave {found.answers} answers on {items} items.",
        "The analysis and the rules of exclusion were fixed before collection.",
        f"{task} (“{found.manifest.text.question}”).{_FEEDBACK[found.manifest.feedback]}",
    ]


def _estimates(found: Analysis) -> list[str]:
    measures = sorted(main_measures(found).items(), key=lambda pair: -pair[1].estimate.value)
    known = [(name, measure) for name, measure in measures if measure.estimate.value == measure.estimate.value]
    silent = [name for name, measure in measures if measure.estimate.value != measure.estimate.value]
    parts = [_claim(name, measure, found, first=n == 0) for n, (name, measure) in enumerate(known)]
    parts += [f"no answer was given on {name}" for name in silent]
    text = f"{listed(parts)}; {_chance(found)}." if found.main != "strength" else f"{listed(parts)}."
    rest = [m for m in found.findings.overall if m.name in ("real_error", "hype_infinity", "d_prime")]
    if rest:
        text += f" Over all methods, {listed([f'{title(m.name)} was {_estimate(m, found)}' for m in rest])}."
    return [text]


def _claim(name: str, measure: Measure, found: Analysis, *, first: bool) -> str:
    """What was measured of a method, or that the answers set no bound to it."""
    if measure.unbounded:
        value = written(measure.name, measure.estimate.value)
        return f"{name} has a strength that the answers leave unbounded ({value} with half a choice added to each)"
    return f"{name} {found.spec.report.verbs[found.main]} {_estimate(measure, found, first=first)}"


def _estimate(measure: Measure, found: Analysis, *, first: bool = False) -> str:
    interval = measure.estimate.interval
    value = written(measure.name, measure.estimate.value) + (" of trials" if first and measure.name in SHARES else "")
    if interval is None:
        return value
    how = f", {method_of(interval)}" if first else ""
    return f"{value} ({level_of(found.settings.level)} {span(measure.name, interval)}{how})"


def _chance(found: Analysis) -> str:
    real_error = next((m.estimate.value for m in found.findings.overall if m.name == "real_error"), float("nan"))
    chance = written(found.spec.analysis.measures[0], found.findings.chance)
    return found.spec.report.reference.format(chance=chance, reference=percent(1 - real_error))


def kind_notes(found: Analysis) -> str:
    """How the numbers of this kind of study were made."""
    chance = written(found.spec.analysis.measures[0], found.findings.chance)
    return found.spec.report.notes.format(k=len(found.key.methods), chance=chance)


def _tests(found: Analysis) -> list[str]:
    test = primary_test(found.findings)
    if test is None or found.people < 2:
        return []
    shown, not_shown = found.spec.report.verdicts
    how = "permutation of the methods within each person" if "permuted" in test.name else "sign flips of people"
    return [f"{shown if test.p_value < 1 - found.settings.level else not_shown} ({p_equals(test.p_value)}, {how})."]


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
    if tested and not shown and all(_least_p(pair) * len(tested) >= alpha for pair in tested):
        sentences.append(f"With {found.people} people no outcome could have shown two methods to differ.")
    if other:
        sentences.append(f"Not shown to differ: {listed([_pair(pair, 'against', found) for pair in other])}.")
    if tested:
        sentences.append("These are sign-flip tests over people, with p-values adjusted by Holm.")
    return sentences


def _least_p(pair: PairFinding) -> float:
    """The smallest p-value that sign flips of these people can give."""
    return float(2.0 ** (1 - pair.difference.people))


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
