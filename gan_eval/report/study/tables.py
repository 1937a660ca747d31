"""An analysis as tables of text, the same for the terminal and for the report."""

from __future__ import annotations

from dataclasses import dataclass

from gan_eval.inference.persons import Estimate
from gan_eval.report.study.wording import method_of, number, p_value, percent, span, title, written
from gan_eval.study.analysing.analysis import Analysis
from gan_eval.study.analysing.describing import Passed
from gan_eval.study.analysing.findings import Measure, MethodFinding


@dataclass(frozen=True, slots=True)
class StudyTable:
    """columns: the first is text, the others are numbers. note: what a reader needs, under the table."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def method_table(found: Analysis) -> StudyTable:
    """Every measure of every method, with its interval over people."""
    findings = found.findings
    names = [measure.name for measure in findings.methods[0].measures]
    names.sort(key=lambda name: name != found.main)
    level = f"{found.settings.level:.0%} CI"
    rows = []
    for method in ranked(found):
        cells = [method.name]
        for name in names:
            measure = method.get(name)
            if measure is not None:
                cells += [written(name, measure.estimate.value), span(name, measure.estimate.interval)]
        rows.append((*cells, str(method.measures[0].answers)))
    columns = ["method"]
    for name in names:
        columns += [title(name), level]
    note = (
        f"Unit: person, n = {found.people}. {_interval_note(found)} Without a difference: {percent(findings.chance)}."
    )
    return StudyTable("Methods", (*columns, "answers"), tuple(rows), note)


def robustness_table(found: Analysis) -> StudyTable:
    """The main share of each method under other assumptions."""
    rows = []
    for method in ranked(found):
        measure = method.get(found.spec.analysis.measures[0])
        if measure is None:
            continue
        name, estimate = measure.name, measure.estimate
        rows.append(
            (
                method.name,
                written(name, estimate.value),
                span(name, estimate.t),
                span(name, estimate.bootstrap),
                _range(name, estimate),
                span(name, measure.items),
                span(name, measure.pooled),
                _unruled(found, method.name, name),
            )
        )
    columns = (
        "method",
        "estimate",
        "t over people",
        "bootstrap over people",
        "one person left out",
        "people and items",
        "answers as independent",
        "without exclusions",
    )
    note = (
        "“People and items” also holds for other items of the kind shown. “Answers as independent” (Wilson) is too "
        "narrow as soon as people differ, and is given for comparison with other papers."
    )
    return StudyTable("The same shares under other assumptions", columns, tuple(rows), note)


def pair_table(found: Analysis) -> StudyTable | None:
    """Every two methods."""
    if not found.findings.pairs:
        return None
    factor, unit = found.spec.report.difference
    with_answers = any(pair.answer_p is not None for pair in found.findings.pairs)
    rows = []
    for pair in found.findings.pairs:
        interval = pair.difference.interval
        row = [
            f"{pair.a} − {pair.b}",
            number(factor * pair.difference.value, 1),
            "–" if interval is None else f"{number(factor * interval.low, 1)} to {number(factor * interval.high, 1)}",
            p_value(pair.p_value),
            p_value(pair.adjusted_p),
            str(pair.difference.people),
        ]
        rows.append(tuple(row + ([p_value(pair.answer_p)] if with_answers else [])))
    columns = ["pair", "points", f"{found.settings.level:.0%} CI", "p", "p (Holm)", "people"]
    note = f"Differences in {unit}, unit: person. p by sign flips of people; intervals are not adjusted."
    if with_answers:
        columns.append("p, answers as independent")
    return StudyTable("Comparisons", tuple(columns), tuple(rows), note)


def test_table(found: Analysis) -> StudyTable | None:
    """All tests; those that take answers as independent say so."""
    tests = found.findings.tests
    if not tests:
        return None
    adjusted = any(test.adjusted_p is not None for test in tests)
    rows = []
    for test in tests:
        row = [
            test.name + (" – primary" if test.primary else ""),
            number(test.statistic, 3),
            p_value(test.p_value),
            *([p_value(test.adjusted_p)] if adjusted else []),
            "person" if test.unit == "person" else "answer*",
            str(test.n),
            test.method,
        ]
        rows.append(tuple(row))
    columns = ("test", "statistic", "p", *(["p (Holm)"] if adjusted else []), "unit", "n", "reference")
    note = "" if all(test.unit == "person" for test in tests) else "* takes every answer as independent of the others."
    return StudyTable("Tests", columns, tuple(rows), note)


def overall_table(found: Analysis) -> StudyTable | None:
    """Measures over all methods together (single real or fake pictures)."""
    if not found.findings.overall:
        return None
    rows = tuple(_overall_row(measure) for measure in found.findings.overall)
    columns = ("over all methods", "estimate", f"{found.settings.level:.0%} CI", "answers as independent", "answers")
    return StudyTable("Real against fake", columns, rows)


def win_table(found: Analysis) -> StudyTable | None:
    """Pairwise wins, strengths on other scales, chances of the ranks."""
    wins = found.findings.wins
    if wins is None:
        return None
    k = len(wins.names)
    rows = []
    for i in sorted(range(k), key=lambda m: -wins.elo[m]):
        cells = [wins.names[i]]
        cells += ["·" if i == j else number(wins.wins[i][j], 0) + _tied(wins.ties[i][j]) for j in range(k)]
        cells += [number(wins.elo[i], 0), percent(wins.beats_average[i], 0)]
        cells += [percent(rank, 0) for rank in wins.ranks[i]]
        rows.append(tuple(cells))
    columns = ("wins of … over", *wins.names, "Elo", "beats average", *(f"rank {n + 1}" for n in range(k)))
    return StudyTable("Wins", columns, tuple(rows), _win_note(found))


def _win_note(found: Analysis) -> str:
    wins = found.findings.wins
    parts = ["Elo is 1500 + 400/ln 10 · strength. Ranks: share of the resamples of people in which a method has it."]
    if wins is not None and wins.left_advantage is not None:
        value, se = wins.left_advantage
        parts.append(f"Left slot: {number(value)} on the logit scale (SE {number(se)}, answers as independent).")
    if wins is not None and wins.log_nu is not None:
        value, se = wins.log_nu
        parts.append(f"Ties (in brackets) count half; Davidson’s log ν is {number(value)} (SE {number(se)}).")
    return " ".join(parts)


def flow_table(found: Analysis) -> StudyTable:
    """Who was left out, rule by rule."""
    rows = [("sessions with any event", "", str(len(found.record.sessions)))]
    rows += [(step.wording, str(step.removed), str(step.remaining)) for step in found.screening.steps]
    return StudyTable("Exclusions, by the rules fixed at export", ("rule", "left out", "remaining"), tuple(rows))


def conduct_table(found: Analysis) -> StudyTable:
    """How the study went."""
    ran, agreed = found.conduct, found.agreement
    rows: list[tuple[str, str]] = [
        ("main answers", ", ".join(f"{count} {kind}" for kind, count in ran.answers.items())),
    ]
    if (alike := found.findings.dependence) is not None:
        effect = f"design effect {number(alike.design_effect)} at {number(alike.answers, 0)} answers"
        rows.append(("correlation within people", f"{number(alike.rho, 3)} ({effect})"))
    if agreed is not None and agreed.alpha is not None:
        where = " within pairs" if agreed.within_pairs else ""
        rows.append((f"Krippendorff’s α{where}", f"{number(agreed.alpha)} ({span('alpha', agreed.interval)})"))
        if agreed.kappa is not None:
            rows.append(("Fleiss’ κ", number(agreed.kappa)))
    rows += [
        ("repeats answered alike", _passed(ran.consistency)),
        ("instructed checks followed", _passed(ran.instructed)),
        ("obvious trials right", _passed(ran.gold)),
    ]
    if ran.slots is not None:
        counts = " / ".join(str(count) for count in ran.slots.counts)
        rows.append(("choices by slot", f"{counts} (p {_sign(ran.slots.p_value)}, w {number(ran.slots.w)})"))
    if ran.times is not None:
        times = ran.times
        quartiles = f"{times.median:.0f} ms ({times.lower_quartile:.0f} to {times.upper_quartile:.0f})"
        medians = f"{times.fastest_person:.0f} to {times.slowest_person:.0f} ms"
        rows.append(("reaction time, median (quartiles)", f"{quartiles}; people’s medians {medians}"))
    if ran.minutes is not None:
        rows.append(("minutes per session, median", number(ran.minutes, 1)))
    rows.append(("answered by", ", ".join(f"{name} {count}" for name, count in ran.inputs.items())))
    rows.append(("form given by", ", ".join(f"{name} {count}" for name, count in ran.form_sources.items())))
    return StudyTable("How it went", ("what", "found"), tuple(row for row in rows if row[1] not in ("", "–")))


def all_tables(found: Analysis) -> list[StudyTable]:
    """Every table there is, the most important first."""
    tables = [
        method_table(found),
        overall_table(found),
        pair_table(found),
        win_table(found),
        test_table(found),
        robustness_table(found),
        flow_table(found),
        conduct_table(found),
    ]
    return [table for table in tables if table is not None]


def ranked(found: Analysis) -> list[MethodFinding]:
    """Methods by their main measure, the highest first."""

    def place(method: MethodFinding) -> float:
        measure = method.get(found.main)
        value = float("nan") if measure is None else measure.estimate.value
        return float("inf") if value != value else -value

    return sorted(found.findings.methods, key=place)


def _interval_note(found: Analysis) -> str:
    interval = next((m.estimate.interval for one in found.findings.methods for m in one.measures), None)
    return f"Intervals: {method_of(interval)}." if interval else "Too few people for intervals or tests."


def _range(name: str, estimate: Estimate) -> str:
    if estimate.without_one is None:
        return "–"
    low, high = estimate.without_one
    return f"{written(name, low)} to {written(name, high)}"


def _unruled(found: Analysis, method: str, measure: str) -> str:
    if found.unruled is None:
        return "same"
    [other] = [one for one in found.unruled.methods if one.name == method]
    found_measure = other.get(measure)
    return "–" if found_measure is None else written(measure, found_measure.estimate.value)


def _overall_row(measure: Measure) -> tuple[str, ...]:
    name, estimate = measure.name, measure.estimate
    return (
        title(name),
        written(name, estimate.value),
        span(name, estimate.interval),
        span(name, measure.pooled),
        str(measure.answers),
    )


def _tied(ties: float) -> str:
    return f" ({ties:.0f})" if ties else ""


def _passed(passed: Passed | None) -> str:
    if passed is None:
        return "–"
    chance = f", by chance p {_sign(passed.p_chance)}" if passed.p_chance is not None else ""
    return f"{passed.right} of {passed.shown}{chance}"


def _sign(p: float) -> str:
    return p_value(p) if p < 0.001 else f"= {p_value(p)}"
