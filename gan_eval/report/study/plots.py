"""Plots of a study as inline SVG that takes the page's colours and reads in black and white.

Drawn with three marker colours that are then replaced by CSS variables, so that one drawing serves light, dark and
print. No time stamp and no random ids: the same analysis gives the same bytes.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gan_eval.report.study.tables import ranked
from gan_eval.report.study.wording import SHARES, number, span, title, written
from gan_eval.result import Interval
from gan_eval.study.analysing.analysis import Analysis

_INK, _ACCENT, _MUTED = "#000101", "#000202", "#000303"
_VARIABLES = {_INK: "currentColor", _ACCENT: "var(--accent)", _MUTED: "var(--muted)"}
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "gan-eval",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": _MUTED,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.linewidth": 0.8,
    "xtick.color": _MUTED,
    "xtick.labelcolor": _INK,
    "ytick.color": _MUTED,
    "ytick.labelcolor": _INK,
    "ytick.major.size": 0,
    "text.color": _INK,
}
_WIDTH, _ROW = 7.2, 0.46


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a forest plot. wide: a second, wider interval. dots: one value per person."""

    label: str
    value: float
    interval: Interval | None
    note: str
    wide: Interval | None = None
    dots: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """An inline SVG, its caption, and a description for who cannot see it."""

    svg: str
    caption: str
    description: str


def shares_plot(found: Analysis) -> Plot:
    """The main share of each method: people as dots, intervals over people, and over people and items."""
    name = found.spec.analysis.measures[0]
    rows = []
    for method in ranked(found):
        measure = method.get(name)
        if measure is None or not np.isfinite(measure.estimate.value):
            continue
        place = [one.name for one in found.findings.methods].index(method.name)
        dots = tuple(value for person in found.findings.per_person if (value := person[place]) is not None)
        rows.append(
            _row(method.name, measure.name, measure.estimate.value, measure.estimate.interval, measure.items, dots)
        )
    caption = (
        f"{title(name).capitalize()} of each method. Dot: mean over {found.people} people; thick line: "
        f"{found.settings.level:.0%} interval over people; thin line: over people and items; small circles: one person "
        f"each; dashed: {written(name, found.findings.chance)}, no difference."
    )
    return _plot(rows, title(name), caption, reference=found.findings.chance, as_percent=name in SHARES)


def strengths_plot(found: Analysis) -> Plot | None:
    """The kind's measure on an unbounded scale: strengths (preference) or d′ (realism)."""
    if found.spec.analysis.score is None:
        return None
    name, meaning = found.spec.analysis.score
    rows = []
    for method in ranked(found):
        measure = method.get(name)
        if measure is not None and np.isfinite(measure.estimate.value):
            rows.append(_row(method.name, name, measure.estimate.value, measure.estimate.interval))
    if not rows:
        return None
    return _plot(rows, title(name), f"Lines: {found.settings.level:.0%} intervals; {meaning}.", reference=0.0)


def pairs_plot(found: Analysis) -> Plot | None:
    """Differences of every two methods."""
    factor, unit = found.spec.report.difference
    rows = [
        Row(
            f"{_short(pair.a, 14)} − {_short(pair.b, 14)}",
            factor * pair.difference.value,
            _scaled(pair.difference.interval, factor),
            _points(pair.difference.value, pair.difference.interval, factor),
        )
        for pair in found.findings.pairs
        if np.isfinite(pair.difference.value)
    ]
    if not rows:
        return None
    caption = "Difference of each two methods within people. A line that crosses zero allows for no difference."
    return _plot(rows, unit, caption, reference=0.0)


def times_plot(found: Analysis) -> Plot | None:
    """Reaction times of the main trials."""
    times = [one.payload.rt_ms / 1000 for session in found.screening.kept for one in session.of("main")]
    times = [seconds for seconds in times if seconds > 0]
    if not times:
        return None
    with mpl.rc_context(_STYLE):
        figure, axes = _canvas(1.9, left=2, right=2)
        edges = np.geomspace(min(times) * 0.99, max(times) * 1.01, 36)
        axes.hist(times, bins=list(edges), color=_ACCENT, edgecolor="none", alpha=0.85)
        axes.axvline(float(np.median(times)), color=_INK, linewidth=1.2)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
        axes.set_yticks([])
        axes.set_xlabel("seconds from onset to answer (log scale)")
        median = f"{np.median(times):.1f}"
        return Plot(
            _svg(figure, "times"),
            f"Reaction times of {len(times)} main answers; line: median, {median} s.",
            f"Histogram of reaction times, median {median} seconds",
        )


def _row(
    label: str,
    name: str,
    value: float,
    interval: Interval | None,
    wide: Interval | None = None,
    dots: tuple[float, ...] = (),
) -> Row:
    note = written(name, value) + (f"  [{span(name, interval)}]" if interval is not None else "")
    return Row(label, value, interval, note.replace(" to ", ", "), wide, dots)


def _points(value: float, interval: Interval | None, factor: float) -> str:
    bounds = "" if interval is None else f"  [{number(factor * interval.low, 1)}, {number(factor * interval.high, 1)}]"
    return number(factor * value, 1) + bounds


def _scaled(interval: Interval | None, factor: float) -> Interval | None:
    return interval and Interval(factor * interval.low, factor * interval.high, interval.level, interval.method)


def _plot(rows: Sequence[Row], xlabel: str, caption: str, *, reference: float, as_percent: bool = False) -> Plot:
    """A forest plot: a line per row, labels left, numbers right."""
    with mpl.rc_context(_STYLE):
        labels = [_short(row.label, 31) for row in rows]
        figure, axes = _canvas(
            0.75 + _ROW * len(rows), left=max(map(len, labels)), right=max(len(row.note) for row in rows)
        )
        for place, row in enumerate(rows):
            _draw(axes, row, len(rows) - 1 - place)
        axes.axvline(reference, color=_MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_yticks(range(len(rows)), labels[::-1])
        axes.set_xlabel(xlabel)
        if as_percent:
            axes.set_xlim(*_limits(rows, reference))
            axes.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0))
        right = axes.secondary_yaxis("right")
        right.set_yticks(range(len(rows)), [row.note for row in reversed(rows)])
        right.spines["right"].set_visible(False)
        right.tick_params(length=0)
        said = "; ".join(f"{row.label} {row.note}" for row in rows)
        return Plot(_svg(figure, re.sub(r"\W", "", xlabel)), caption, f"{xlabel}: {said}")


def _canvas(height: float, *, left: int, right: int) -> tuple[Figure, Axes]:
    """A figure of the common width, with room for so many letters left and right of the axes; heights in inches."""
    figure = Figure(figsize=(_WIDTH, height))
    axes = figure.subplots()
    letter = 0.082
    figure.subplots_adjust(
        left=(0.15 + letter * left) / _WIDTH, right=1 - (0.15 + letter * right) / _WIDTH, bottom=0.55 / height, top=0.97
    )
    return figure, axes


def _limits(rows: Sequence[Row], reference: float) -> tuple[float, float]:
    """Range of a share's axis: all that is drawn, with a margin, within 0 … 1."""
    values = [reference]
    for row in rows:
        values += [row.value, *row.dots]
        for interval in (row.interval, row.wide):
            values += [] if interval is None else [interval.low, interval.high]
    low, high = min(values), max(values)
    margin = 0.04 * max(high - low, 0.1)
    return max(-0.02, low - margin), min(1.02, high + margin)


def _draw(axes: Axes, row: Row, y: float) -> None:
    if row.dots:
        # The same offset for the same place in line: deterministic, and no two neighbours on one height.
        offsets = [0.2 + 0.12 * ((n * 0.618) % 1) for n in range(len(row.dots))]
        axes.scatter(row.dots, [y - o for o in offsets], s=9, facecolors="none", edgecolors=_MUTED, linewidths=0.7)
    if row.wide is not None:
        axes.plot([row.wide.low, row.wide.high], [y, y], color=_ACCENT, linewidth=1.1, marker="|", markersize=7)
    if row.interval is not None:
        axes.plot([row.interval.low, row.interval.high], [y, y], color=_ACCENT, linewidth=4, solid_capstyle="butt")
    axes.plot([row.value], [y], marker="o", markersize=7, color=_INK, markeredgecolor="none")


def _short(label: str, most: int) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"


def _svg(figure: Figure, name: str) -> str:
    """SVG without prologue, ids made unique by `name`, marker colours replaced by the page's."""
    buffer = io.StringIO()
    with warnings.catch_warnings():
        # The drawing's own font is used to measure only; the page's fonts have the letters that it lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg))
    for marker, colour in _VARIABLES.items():
        svg = svg.replace(marker, colour)
    return svg
