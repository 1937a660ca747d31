"""An analysis as tables of text, the same for the terminal and for the report."""

from __future__ import annotations

from gan_eval.digits import NONE, bounds, level_of, number, p_equals, p_value, percent
from gan_eval.inference.persons import Estimate
from gan_eval.report.study.wording import SHARES, chance_of, method_of, span, title, winner_of, with_span, written
from gan_eval.report.table import Table
from gan_eval.study.analysing.analysis import Analysis
from gan_eval.study.analysing.describing import Passed
from gan_eval.study.analysing.findings import Measure, MethodFinding, PairFinding


def method_table(analysis: Analysis) -> Table:
    """Every measure of every method, with its interval over people."""
    names = [measure.name for measure in analysis.findings.methods[0].measures]
    names.sort(key=lambda name: name != analysis.main)
    rows = []
    for method in ranked(analysis):
        measures = [method.get(name) for name in names]
        cells = [_with_span(measure) for measure in measures]
        rows.append((method.name, *cells, str(method.measures[0].answers)))
    headings = [_heading(analysis, name) for name in names]
    note = f"Unit: person, n = {analysis.people}. {_interval_note(analysis)} {_chance_note(analysis)}"
    return Table("Methods", ("method", *headings, "answers"), tuple(rows), note)


def _chance_note(analysis: Analysis) -> str:
    """The value without a difference, and what it is where it was measured."""
    reference = analysis.findings.reference
    if reference is None and not analysis.spec.report.reference:
        return ""
    if reference is None:
        return f"Without a difference: {chance_of(analysis)}."
    if reference.estimate.value != reference.estimate.value:
        return "No answer was given on a real picture."
    rate = with_span(reference.name, reference.estimate.value, reference.estimate.interval)
    return f"Without a difference: {rate}, the rate at which real pictures were called real."


def _with_span(measure: Measure | None) -> str:
    if measure is None:
        return NONE
    if measure.unbounded is not None:
        return beyond_sign(measure)
    return with_span(measure.name, measure.estimate.value, measure.estimate.interval)


def beyond_sign(measure: Measure) -> str:
    """An infinite value in a table: "> 2.31", or that there is no bound."""
    limit = measure.unbounded
    if limit is None or limit.bound is None:
        return "unbounded"
    return f"{'>' if limit.side == 'above' else '<'}\u00a0{written(measure.name, limit.bound)}"


def _heading(analysis: Analysis, name: str) -> str:
    """A measure's name, with the level of its intervals where it has any."""
    measures = [method.get(name) for method in analysis.findings.methods]
    known = any(measure is not None and measure.estimate.interval is not None for measure in measures)
    return f"{title(name)} [{level_of(analysis.settings.level)}]" if known else title(name)


def robustness_table(analysis: Analysis) -> Table:
    """The main share of each method under other assumptions."""
    rows = []
    for method in ranked(analysis):
        measure = method.get(analysis.spec.analysis.measures[0])
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
                _unruled(analysis, method.name, name),
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
        "“People and items” also holds for other items of the kind shown. “Answers as independent” is too "
        "narrow as soon as people differ, and is given for comparison with other papers."
    )
    return Table("The same numbers under other assumptions", columns, tuple(rows), note)


def pair_table(analysis: Analysis) -> Table | None:
    """Every two methods; a difference that the test does not show is said not to be told."""
    pairs = analysis.findings.pairs
    if not pairs:
        return None
    unit = analysis.spec.report.difference[1]
    with_answers = any(pair.answer_p is not None for pair in pairs)
    rows = tuple(_pair_row(analysis, pair, with_answers) for pair in pairs)
    columns = ["method a", "method b", "a − b", level_of(analysis.settings.level), "p", "p (Holm)", "people"]
    note = f"Differences in {unit}; unit: person. p: sign flips of people; intervals are not adjusted."
    if with_answers:
        columns.append("p, answers as independent")
    columns.append("verdict")
    return Table("Comparisons", tuple(columns), rows, note, keys=2, text=frozenset({len(columns) - 1}))


def _pair_row(analysis: Analysis, pair: PairFinding, with_answers: bool) -> tuple[str, ...]:
    factor = analysis.spec.report.difference[0]
    difference, interval = pair.difference, pair.difference.interval
    return (
        pair.a,
        pair.b,
        number(factor * difference.value, 1, sign=True),
        NONE if interval is None else bounds(factor * interval.low, factor * interval.high, 1),
        p_value(pair.p_value),
        p_value(pair.adjusted_p),
        str(difference.people),
        *([p_value(pair.answer_p)] if with_answers else []),
        _pair_verdict(analysis, pair),
    )


def _pair_verdict(analysis: Analysis, pair: PairFinding) -> str:
    if pair.adjusted_p is None:
        return "not tested"
    winner = winner_of(analysis, pair)
    if winner is None:
        return "not shown to differ"
    return f"{winner} {analysis.spec.report.better} {pair.b if winner == pair.a else pair.a}"


def test_table(analysis: Analysis) -> Table | None:
    """All tests; those that take answers as independent say so."""
    tests = analysis.findings.tests
    if not tests:
        return None
    adjusted = any(test.adjusted_p is not None for test in tests)
    rows = []
    for test in tests:
        row = [
            test.name + (" (primary)" if test.primary else ""),
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
    text = frozenset({len(columns) - 3, len(columns) - 1})
    return Table("Tests", columns, tuple(rows), note, text=text)


def overall_table(analysis: Analysis) -> Table | None:
    """Measures over all methods together (single real or fake pictures)."""
    if not analysis.findings.overall:
        return None
    rows = tuple(_overall_row(measure) for measure in analysis.findings.overall)
    columns = ("over all methods", "estimate", level_of(analysis.settings.level), "answers as independent", "answers")
    return Table("Real against fake", columns, rows)


def win_table(analysis: Analysis) -> Table | None:
    """Pairwise wins, strengths on other scales, chances of the ranks."""
    wins = analysis.findings.wins
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
    return Table("Wins", columns, tuple(rows), _win_note(analysis))


def _win_note(analysis: Analysis) -> str:
    wins = analysis.findings.wins
    parts = ["Elo is 1500 + 400/ln 10 · strength. Ranks: share of the resamples of people in which a method has it."]
    if wins is not None and wins.left_advantage is not None:
        value, se = wins.left_advantage
        parts.append(f"Left slot: {number(value)} on the logit scale (SE {number(se)}, answers as independent).")
    if wins is not None and wins.log_nu is not None:
        value, se = wins.log_nu
        parts.append(f"Ties (in brackets) count half; Davidson’s log ν is {number(value)} (SE {number(se)}).")
    return " ".join(parts)


def flow_table(analysis: Analysis) -> Table:
    """Who was left out, rule by rule."""
    rows = [("sessions with any event", "", str(len(analysis.record.sessions)))]
    rows += [(step.wording, str(step.removed), str(step.remaining)) for step in analysis.screening.steps]
    return Table("Exclusions, by the rules fixed at export", ("rule", "left out", "remaining"), tuple(rows))


def conduct_table(analysis: Analysis) -> Table:
    """How the study went."""
    ran, agreed = analysis.conduct, analysis.agreement
    rows: list[tuple[str, str]] = [
        ("main answers", ", ".join(f"{count} {kind}" for kind, count in ran.answers.items())),
    ]
    if (alike := analysis.findings.dependence) is not None:
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
        rows.append(("choices by slot", f"{counts} ({p_equals(ran.slots.p_value)}, w {number(ran.slots.w)})"))
    if ran.times is not None:
        times = ran.times
        quartiles = f"{times.median:.0f} ms ({times.lower_quartile:.0f} to {times.upper_quartile:.0f})"
        medians = f"{times.fastest_person:.0f} to {times.slowest_person:.0f} ms"
        rows.append(("reaction time, median (quartiles)", f"{quartiles}; people’s medians {medians}"))
    if ran.minutes is not None:
        rows.append(("minutes per session, median", number(ran.minutes, 1)))
    rows.append(("answered by", ", ".join(f"{name} {count}" for name, count in ran.inputs.items())))
    rows.append(("form given by", ", ".join(f"{name} {count}" for name, count in ran.form_sources.items())))
    known = tuple(row for row in rows if row[1] not in ("", NONE))
    return Table("Answers and times", ("measure", "value"), known, text=frozenset({1}))


def all_tables(analysis: Analysis) -> list[Table]:
    """Every table there is, the most important first."""
    tables = [
        method_table(analysis),
        overall_table(analysis),
        pair_table(analysis),
        win_table(analysis),
        test_table(analysis),
        robustness_table(analysis),
        flow_table(analysis),
        conduct_table(analysis),
    ]
    return [table for table in tables if table is not None]


def ranked(analysis: Analysis) -> list[MethodFinding]:
    """Methods by their main measure, the highest first."""

    def place(method: MethodFinding) -> float:
        measure = method.get(analysis.main)
        value = float("nan") if measure is None else measure.estimate.value
        return float("inf") if value != value else -value

    return sorted(analysis.findings.methods, key=place)


def _interval_note(analysis: Analysis) -> str:
    interval = next((m.estimate.interval for one in analysis.findings.methods for m in one.measures), None)
    return f"Intervals: {method_of(interval)}." if interval else "Too few people for intervals or tests."


def _range(name: str, estimate: Estimate) -> str:
    if estimate.without_one is None:
        return NONE
    low, high = estimate.without_one
    return f"{written(name, low)} to {written(name, high)}"


def _unruled(analysis: Analysis, method: str, measure: str) -> str:
    if analysis.unruled is None:
        return "same"
    [other] = [one for one in analysis.unruled.methods if one.name == method]
    counterpart = other.get(measure)
    return NONE if counterpart is None else written(measure, counterpart.estimate.value)


def _overall_row(measure: Measure) -> tuple[str, ...]:
    name, estimate = measure.name, measure.estimate
    return (
        title(name),
        beyond_sign(measure) if measure.unbounded else written(name, estimate.value),
        span(name, estimate.interval),
        span(name, measure.pooled),
        str(measure.answers),
    )


def _tied(ties: float) -> str:
    return f" ({ties:.0f})" if ties else ""


def _passed(passed: Passed | None) -> str:
    if passed is None:
        return NONE
    chance = f", by chance {p_equals(passed.p_chance)}" if passed.p_chance is not None else ""
    return f"{passed.right} of {passed.shown}{chance}"


def item_table(analysis: Analysis) -> Table:
    """The main value of each method on each item."""
    names = tuple(method.name for method in analysis.findings.methods)
    name = analysis.spec.analysis.measures[0]
    whole = name in SHARES
    rows = [
        (item, *(percent(value, 0) if whole else written(name, value) for value in values))
        for item, values in analysis.findings.items.items()
    ]
    return Table("", ("item", *names), tuple(rows))
