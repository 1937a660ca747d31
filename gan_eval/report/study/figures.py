"""Figures of a study's report: methods with every person as a dot, strengths, differences, and reaction times."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from gan_eval.digits import bounds, level_of, number
from gan_eval.report.figures import Chart, Forest, ForestRow, forest, histogram
from gan_eval.report.sentences import listed
from gan_eval.report.study.tables import beyond_sign, ranked
from gan_eval.report.study.wording import SHARES, chance_of, title, with_span
from gan_eval.result import Interval
from gan_eval.study.analysing.analysis import Analysis
from gan_eval.study.analysing.findings import PairFinding


def shares_figure(analysis: Analysis) -> Forest:
    """The main share of each method: people as dots, intervals over people, and over people and items."""
    name = analysis.spec.analysis.measures[0]
    places = {method.name: place for place, method in enumerate(analysis.findings.methods)}
    rows = []
    for method in ranked(analysis):
        measure = method.get(name)
        if measure is None or not math.isfinite(measure.estimate.value):
            continue
        place, estimate = places[method.name], measure.estimate
        dots = tuple(value for person in analysis.findings.per_person if (value := person[place]) is not None)
        note = with_span(name, estimate.value, estimate.interval)
        rows.append(ForestRow(method.name, estimate.value, estimate.interval, note, measure.items, dots))
    chance = analysis.findings.chance
    known = math.isfinite(chance)
    caption = f"{_share_caption(analysis, rows)} {_chance_caption(analysis)}".rstrip()
    measured = analysis.findings.reference
    band = None if measured is None else measured.estimate.interval
    reference = chance if known else None
    return forest(_heading(name), rows, caption, reference=reference, band=band, shares=name in SHARES)


def _chance_caption(analysis: Analysis) -> str:
    """What the dashed line is, and the band around it where it was measured."""
    reference = analysis.findings.reference
    if reference is None and not analysis.spec.report.reference:
        return ""
    if reference is None:
        return f"Dashed: {chance_of(analysis)}, the value without a difference."
    if not math.isfinite(reference.estimate.value):
        return "No answer was given on a real picture, so that there is no line to compare with."
    band = "; band: its interval" if reference.estimate.interval else ""
    return f"Dashed: {chance_of(analysis)}, the rate at which the same people called real pictures real{band}."


def _share_caption(analysis: Analysis, rows: Sequence[ForestRow]) -> str:
    """What the marks of the plot mean, of those that are drawn."""
    level = level_of(analysis.settings.level)
    parts = [f"Large dot: mean over {analysis.people} {'person' if analysis.people == 1 else 'people'}."]
    if any(row.interval is not None for row in rows):
        parts.append(f"Thick line: {level} over people.")
    if any(row.wide is not None for row in rows):
        parts.append(f"Thin line: {level} over people and items.")
    parts.append("Small dots: one person each.")
    return " ".join(parts)


def strengths_figure(analysis: Analysis) -> Forest | None:
    """The kind's measure on an unbounded scale: strengths (preference) or d′ (realism)."""
    if analysis.spec.analysis.score is None:
        return None
    name, meaning = analysis.spec.analysis.score
    rows: list[ForestRow] = []
    beyond: list[str] = []
    for method in ranked(analysis):
        measure = method.get(name)
        if measure is not None and measure.unbounded:
            beyond.append(f"{method.name} ({beyond_sign(measure)})")
        elif measure is not None and math.isfinite(measure.estimate.value):
            estimate = measure.estimate
            note = with_span(name, estimate.value, estimate.interval)
            rows.append(ForestRow(method.name, estimate.value, estimate.interval, note))
    if not rows:
        return None
    lines = f"Lines: {level_of(analysis.settings.level)}. " if any(row.interval for row in rows) else ""
    absent = f" Not drawn, since infinite: {listed(beyond)}." if beyond else ""
    return forest(_heading(name), rows, f"{lines}{meaning[0].upper()}{meaning[1:]}.{absent}", reference=0.0)


def pairs_figure(analysis: Analysis) -> Forest | None:
    """Differences of every two methods."""
    factor, unit = analysis.spec.report.difference
    pairs = [pair for pair in analysis.findings.pairs if math.isfinite(pair.difference.value)]
    if not pairs:
        return None
    caption = "The first method less the second, within people. Dashed: no difference."
    if any(pair.difference.interval is not None for pair in pairs):
        level = level_of(analysis.settings.level)
        caption += f" Lines: {level}; a line that crosses the dashed one is compatible with no difference."
    rows = [_pair_row(pair, factor) for pair in pairs]
    return forest(f"Differences in {unit}", rows, caption, reference=0.0)


def times_figure(analysis: Analysis) -> Chart | None:
    """Reaction times of the main trials."""
    answers = [event for session in analysis.screening.kept for event in session.of("main")]
    seconds = [event.payload.rt_ms / 1000 for event in answers if event.payload.rt_ms > 0]
    if not seconds:
        return None
    median = statistics.median(seconds)
    caption = f"{len(seconds)} main answers; line: median, {number(median, 1)} s."
    label = "seconds from onset to answer (log scale)"
    return histogram("Reaction times", seconds, label, caption, middle=median)


def _pair_row(pair: PairFinding, factor: float) -> ForestRow:
    value, interval = factor * pair.difference.value, _scaled(pair.difference.interval, factor)
    note = number(value, 1, sign=True)
    if interval is not None:
        note += f" [{bounds(interval.low, interval.high, 1).replace(' to ', f',{NO_BREAK}')}]"
    return ForestRow(f"{pair.a} − {pair.b}", value, interval, note)


NO_BREAK = "\u00a0"


def _scaled(interval: Interval | None, factor: float) -> Interval | None:
    return interval and Interval(factor * interval.low, factor * interval.high, interval.level, interval.method)


def _heading(name: str) -> str:
    text = title(name)
    return text if text.startswith("d′") else text[0].upper() + text[1:]
