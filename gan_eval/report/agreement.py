"""Metrics against people as tables, sentences and a page with a scatter plot for each metric."""

from __future__ import annotations

from collections.abc import Sequence

from gan_eval.agree import MetricAgreement, PeopleAndMetrics
from gan_eval.digits import NONE, bounds, level_of, number
from gan_eval.report.figures import Chart, Point, scatter
from gan_eval.report.page import CodeLines, Folded, PageSection, Part, Prose, ReportPage, render
from gan_eval.report.sentences import listed
from gan_eval.report.table import Table

_ABOUT = (
    "τ-b is 1 where a metric orders the methods as people do, −1 for the reverse, and about 0 where the two have "
    "nothing to do with each other. Its interval is over people: others would order the methods a little differently. "
    "It does not cover the metric’s own error, nor methods of another kind."
)


def agreement_table(result: PeopleAndMetrics) -> Table:
    """One row per metric: τ-b, its interval, and how it orders the pairs that people tell apart."""
    bar = next((one.interval for one in result.metrics if one.interval), None)
    rows = tuple(_row(one) for one in result.metrics)
    people = result.standing
    who = f"{people.people} people" if people.people is not None else f"{people.answers} votes"
    note = (
        f"{who}; {len(people.methods)} methods; people tell {len(people.told())} of {len(people.pairs)} pairs apart "
        f"(Holm, {'person' if people.unit == 'person' else 'vote'} as the unit)."
    )
    columns = (
        "metric",
        "better",
        "τ-b",
        level_of(bar.level) if bar else "interval",
        "ordered alike",
        "wrongly",
        "tied",
    )
    title = f"Metrics against people: {result.set_name}" if result.set_name else "Metrics against people"
    return Table(title, columns, rows, note, text=frozenset({1}))


def _row(one: MetricAgreement) -> tuple[str, ...]:
    return (
        one.metric,
        one.better,
        number(one.tau, 3),
        NONE if one.interval is None else bounds(one.interval.low, one.interval.high, 3),
        f"{one.alike} of {one.told}",
        str(len(one.wrong)),
        str(one.tied),
    )


def wrong_pairs(result: PeopleAndMetrics) -> list[tuple[str, str]]:
    """(metric, "A before B …") for each pair that people tell apart and the metric orders the other way."""
    lines = []
    for one in result.metrics:
        for pair in one.wrong:
            worse = pair.b if pair.better == pair.a else pair.a
            lines.append((one.metric, f"puts {worse} before {pair.better}, which people put first"))
    return lines


def verdict(result: PeopleAndMetrics) -> str:
    """Which metrics order the methods most as people do, no further than the intervals reach."""
    known = [one for one in result.metrics if one.tau == one.tau]
    where = f"{result.set_name}: " if result.set_name else ""
    if not known:
        return f"{where}no metric orders these methods, or people do not."
    best = known[0]
    bar = "" if best.interval is None else f" ({level_of(best.interval.level)} {_bounds(best)})"
    text = f"{where}{best.metric} orders the methods most as people do: τ-b {number(best.tau, 3)}{bar}"
    if best.told:
        text += f", and {best.alike} of the {best.told} pairs that people tell apart"
    low = -1.0 if best.interval is None else best.interval.low
    near = [one.metric for one in known[1:] if one.interval is not None and one.interval.high >= low]
    return f"{text}. Its interval overlaps that of {listed(near)}." if near else f"{text}."


def _bounds(one: MetricAgreement) -> str:
    return "" if one.interval is None else bounds(one.interval.low, one.interval.high, 3)


def scatters(result: PeopleAndMetrics) -> list[Chart]:
    """One plot per metric: people's value against the metric, one dot per method."""
    people = result.standing
    place = {name: number for number, name in enumerate(people.methods)}
    charts = []
    for one in result.metrics:
        points = [
            Point(value, people.values[place[name]], people.intervals[place[name]])
            for name, value in one.values.items()
        ]
        bar = "" if one.interval is None else f" [{_bounds(one)}]"
        caption = f"τ-b {number(one.tau, 3)}{bar}. Upwards: {people.measure} of people, with intervals over people."
        charts.append(scatter(one.metric, points, f"{one.metric}, {one.better} is better", caption))
    return charts


def value_table(result: PeopleAndMetrics) -> Table:
    """Every method: what people and metrics say of it."""
    people = result.standing
    order = sorted(range(len(people.methods)), key=lambda place: -people.values[place])
    rows = []
    for place in order:
        name, bar = people.methods[place], people.intervals[place]
        own = number(people.values[place], 3) + ("" if bar is None else f" [{bounds(bar.low, bar.high, 3)}]")
        rows.append((name, own, *(f"{one.values[name]:g}" if name in one.values else NONE for one in result.metrics)))
    return Table("", ("method", people.measure, *(one.metric for one in result.metrics)), tuple(rows))


def section_of(result: PeopleAndMetrics) -> PageSection:
    """One set of methods."""
    wrong = wrong_pairs(result)
    parts: list[Part] = [agreement_table(result), *scatters(result)]
    if wrong:
        noun = "pair" if len(wrong) == 1 else "pairs"
        parts.append(Folded(f"{len(wrong)} {noun} that a metric orders otherwise than people", tuple(wrong)))
    parts.append(Folded("Every method", table=value_table(result)))
    return PageSection(result.set_name or "Metrics against people", tuple(parts))


def agreement_page(results: Sequence[PeopleAndMetrics], *, command: str = "") -> str:
    """The page; command: the command line that makes it again."""
    people = [result.standing.people for result in results]
    counted = () if None in people else (("people", str(sum(count or 0 for count in people))),)
    how: list[Part] = [Prose(_ABOUT), *([CodeLines(command)] if command else [])]
    return render(
        ReportPage(
            kind="Metrics against people",
            title="Which metric agrees with people?",
            subtitle="",
            facts=(("methods", str(sum(len(result.standing.methods) for result in results))), *counted),
            verdict=tuple(verdict(result) for result in results),
            notes=tuple(dict.fromkeys(note for result in results for note in result.notes)),
            sections=(*map(section_of, results), PageSection("How the numbers were made", tuple(how))),
        )
    )
