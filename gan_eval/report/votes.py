"""Votes from elsewhere as tables, sentences and a page: the order, what they can show, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence

from gan_eval.digits import NONE, bounds, level_of, number, p_value
from gan_eval.report.figures import Forest, ForestRow, forest
from gan_eval.report.page import CodeLines, Folded, PageSection, ReportPage, render
from gan_eval.report.sentences import listed
from gan_eval.report.table import Table
from gan_eval.study.votes.defects import Defect
from gan_eval.study.votes.standing import Standing


def standing_table(standing: Standing) -> Table:
    """Methods by their value, the highest first."""
    rows = tuple(
        (
            standing.methods[place],
            number(standing.values[place], 3),
            NONE if (bar := standing.intervals[place]) is None else bounds(bar.low, bar.high, 3),
        )
        for place in _order(standing)
    )
    bar = next((bar for bar in standing.intervals if bar is not None), None)
    heading = level_of(bar.level) if bar else "interval"
    note = f"Intervals: {bar.method}." if bar else "No intervals: too little is known."
    return Table("Methods", ("method", standing.measure, heading), rows, f"{note} {_unit(standing)}")


def pair_table(standing: Standing) -> Table:
    """Every two methods, with what the test shows."""
    rows = tuple(
        (pair.a, pair.b, p_value(pair.p_value), p_value(pair.adjusted_p), pair.better or "not told apart")
        for pair in standing.pairs
    )
    return Table("Pairs", ("method a", "method b", "p", "p (Holm)", "better"), rows, keys=2, text=frozenset({4}))


def standing_figure(standing: Standing) -> Forest:
    """The same as a plot."""
    rows = []
    for place in _order(standing):
        bar, value = standing.intervals[place], standing.values[place]
        note = number(value, 3) + ("" if bar is None else f" [{number(bar.low, 3)},\u00a0{number(bar.high, 3)}]")
        rows.append(ForestRow(standing.methods[place], value, bar, note))
    of = "people" if standing.unit == "person" else "votes, taken as independent"
    return forest(standing.measure[:1].upper() + standing.measure[1:], rows, f"Lines: intervals over {of}.")


def verdict(standing: Standing) -> tuple[str, ...]:
    """What the votes show, in two sentences."""
    told, best = standing.told(), standing.methods[_order(standing)[0]]
    beaten = {pair.b if pair.better == pair.a else pair.a for pair in told if pair.better == best}
    others = [name for name in standing.methods if name != best and name not in beaten]
    first = f"{best} has the highest {standing.measure}"
    if not told:
        first += ", and no two methods are told apart."
    else:
        first += f"; it is not told apart from {listed(others)}." if others else " and is told apart from every other."
        first += f" Of {len(standing.pairs)} pairs {len(told)} {'is' if len(told) == 1 else 'are'} told apart."
    return (first, _unit(standing))


def votes_page(standing: Standing, found: Sequence[Defect], *, title: str, command: str = "") -> str:
    """The page; command: the command line that makes it again."""
    defects = Folded(f"{len(found)} found", tuple((defect.name, defect.text) for defect in found))
    parts: list[PageSection] = [
        PageSection("What was found", (standing_figure(standing), standing_table(standing))),
        PageSection("What is wrong with these votes", (defects,)) if found else PageSection("", ()),
        PageSection("Pairs", (Folded(f"{len(standing.pairs)} pairs", table=pair_table(standing)),)),
        PageSection("How to make this again", (CodeLines(command),)) if command else PageSection("", ()),
    ]
    facts = (("methods", str(len(standing.methods))), ("answers", str(standing.answers)))
    people = (("people", str(standing.people)),) if standing.people is not None else ()
    return render(
        ReportPage(
            kind="Votes from elsewhere",
            title=title,
            subtitle="",
            facts=(*facts, *people),
            verdict=verdict(standing),
            notes=(*(defect.text for defect in found), *standing.notes),
            sections=tuple(section for section in parts if section.parts),
        )
    )


def _order(standing: Standing) -> list[int]:
    return sorted(range(len(standing.methods)), key=lambda place: -standing.values[place])


def _unit(standing: Standing) -> str:
    if standing.unit == "person":
        return f"The unit is the person, n = {standing.people}."
    return f"Every one of the {standing.answers} votes is taken as independent, since the file does not say who voted."
