"""Figures of a page: forest plots, curves and histograms, drawn as SVG that takes the page's colours.

An SVG holds shapes only and is stretched to the width there is; everything that is read (names, numbers, ticks) is
HTML beside it, so that names of any length wrap, a phone shows what a desktop shows, and a screen reader reads it.
Lines keep their thickness (`vector-effect`), and a dot is a line of no length with round ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gan_eval.printable import printable
from gan_eval.report.axis import Axis, Tick, axis, log_axis
from gan_eval.result import Interval

#: Looks of curves in the style sheet: eight colours, then the same ones dashed.
LOOKS = 16


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One line of a forest plot.

    Parameters
    ----------
    label : str
        Name, of any length.
    value : float
        Where the dot stands; nothing is drawn for NaN.
    interval : Interval or None
        Thick line.
    note : str
        The same numbers as text.
    wide : Interval or None
        A second, wider interval, as a thin line.
    dots : tuple of float
        One small mark each, such as one per person or per training run.
    """

    label: str
    value: float
    interval: Interval | None
    note: str
    wide: Interval | None = None
    dots: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Forest:
    """A forest plot: per row a name, a drawing on the common axis, and the numbers. ticks: of that axis."""

    title: str
    rows: tuple[tuple[ForestRow, Markup], ...]
    ticks: tuple[Tick, ...]
    rule: Markup
    caption: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a chart. ys: one value per x. band: lowest and highest value at each x. strong: drawn in black."""

    label: str
    ys: tuple[float, ...]
    band: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing on two axes with what is written around it. legend: (class of the style sheet, name)."""

    title: str
    svg: Markup
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_label: str
    legend: tuple[tuple[str, str], ...]
    caption: str


def forest(
    title: str,
    rows: Sequence[ForestRow],
    caption: str,
    *,
    reference: float | None = None,
    band: Interval | None = None,
    shares: bool = False,
) -> Forest:
    """A forest plot of `rows`.

    Parameters
    ----------
    title, caption : str
        Above and below the plot.
    rows : sequence of ForestRow
        Its lines.
    reference : float or None
        A value marked by a dashed line.
    band : Interval or None
        The interval of that value, where it was itself measured.
    shares : bool
        Whether values are shares.
    """
    ends = [] if band is None else [band.low, band.high]
    line = axis([*_values(rows, reference), *ends], shares=shares)
    drawn = tuple((row, _strip(row, line, reference, band)) for row in rows)
    return Forest(title, drawn, line.ticks, _strip(None, line, reference, band), caption)


def curves(title: str, lines: Sequence[Curve], x_label: str, caption: str, *, reference: float | None = None) -> Chart:
    """Curves over 1, 2, … on a vertical axis from 0 to 1."""
    most = max((len(line.ys) for line in lines), default=1)
    x = axis((1, max(most, 2)), about=6)
    y = Axis(0.0, 1.0, tuple(Tick(100 * at, f"{at:g}") for at in (0, 0.25, 0.5, 0.75, 1)))
    shapes = [_grid(y)] + ([_level(y.at(reference))] if reference is not None else [])
    looks = _looks(lines)
    for line, look in zip(lines, looks, strict=True):
        shapes.append(_curve(line, look, x, y))
    label = f"{title}: {'; '.join(_described(line) for line in lines)}"
    x = Axis(x.low, x.high, tuple(tick for tick in x.ticks if "." not in tick.label and tick.label != "0"))
    return Chart(title, _svg("plot", label, shapes), x.ticks, y.ticks, x_label, _legend(lines, looks), caption)


@dataclass(frozen=True, slots=True)
class Point:
    """A mark of a scatter plot. interval: its vertical line."""

    x: float
    y: float
    interval: Interval | None = None


def scatter(title: str, points: Sequence[Point], x_label: str, caption: str, *, shares: bool = False) -> Chart:
    """Points on two linear axes; shares: whether the vertical values are shares.

    Parameters
    ----------
    title, x_label, caption : str
        Above, under the axis, and below.
    points : sequence of Point
        At least one, of finite numbers.
    shares : bool
        Whether vertical values are labelled in per cent.
    """
    ends = [end for point in points if point.interval for end in (point.interval.low, point.interval.high)]
    x, y = axis([point.x for point in points], about=4), axis([*(p.y for p in points), *ends], shares=shares, about=5)
    shapes = [_grid(y)]
    for point in points:
        at = x.at(point.x)
        if point.interval is not None:
            low, high = (round(100 - y.at(end), 2) for end in (point.interval.low, point.interval.high))
            shapes.append(Markup('<path class="wide" d="M{} {}V{}"/>').format(at, low, high))
        shapes.append(_dot("dot", at, 100 - y.at(point.y)))
    return Chart(title, _svg("plot", f"{title}: {caption}", shapes), x.ticks, y.ticks, x_label, (), caption)


def histogram(title: str, values: Sequence[float], x_label: str, caption: str, *, middle: float) -> Chart:
    """How often positive `values` occur, on a logarithmic axis; middle: a value marked by a line."""
    x = log_axis(values)
    bins = 32
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, int(x.at(value) / 100 * bins))] += 1
    top = max(counts)
    heights = {place: round(95 * count / top, 2) for place, count in enumerate(counts) if count}
    bar = Markup('<rect class="bin" x="{}" y="{}" width="{}" height="{}"/>')
    width = round(92 / bins, 2)
    shapes = [
        bar.format(round(100 * place / bins, 2), round(100 - height, 2), width, height)
        for place, height in heights.items()
    ]
    shapes.append(Markup('<path class="middle" d="M{} 0V100"/>').format(x.at(middle)))
    return Chart(title, _svg("plot low", f"{title}: {caption}", shapes), x.ticks, (), x_label, (), caption)


def _values(rows: Iterable[ForestRow], reference: float | None) -> list[float]:
    """Everything that a forest plot has to reach."""
    values = [] if reference is None else [reference]
    for row in rows:
        values += [row.value, *row.dots]
        for interval in (row.interval, row.wide):
            values += [] if interval is None else [interval.low, interval.high]
    return values


def _strip(row: ForestRow | None, line: Axis, reference: float | None, band: Interval | None) -> Markup:
    """The drawing of one row, 100 by 20 units; without a row, the empty strip above the ticks."""
    shapes = []
    if band is not None:
        left, right = line.at(band.low), line.at(band.high)
        shapes.append(
            Markup('<rect class="zone" x="{}" y="0" width="{}" height="20"/>').format(left, round(right - left, 2))
        )
    shapes += [Markup('<path class="grid" d="M{} 0V20"/>').format(tick.at) for tick in line.ticks]
    if reference is not None:
        shapes.append(Markup('<path class="reference" d="M{} 0V20"/>').format(line.at(reference)))
    if row is None:
        return _svg("strip", "", shapes, height=20)
    for number, dot in enumerate(row.dots):
        # The same offset for the same place in line: deterministic, and no two neighbours on one height.
        shapes.append(_dot("person", line.at(dot), 13 + 5 * ((number * 0.618) % 1)))
    y = 7 if row.dots else 10
    for name, interval in (("wide", row.wide), ("bar", row.interval)):
        if interval is not None and math.isfinite(interval.low) and math.isfinite(interval.high):
            ends = (line.at(interval.low), y, line.at(interval.high))
            shapes.append(Markup('<path class="{}" d="M{} {}H{}"/>').format(name, *ends))
    if math.isfinite(row.value):
        shapes.append(_dot("dot", line.at(row.value), y))
    return _svg("strip", f"{row.label}: {row.note}", shapes, height=20)


def _dot(name: str, x: float, y: float) -> Markup:
    return Markup('<path class="{}" d="M{} {}h0"/>').format(name, x, round(y, 2))


def _grid(y: Axis) -> Markup:
    return Markup("").join(Markup('<path class="grid" d="M0 {}H100"/>').format(100 - tick.at) for tick in y.ticks)


def _level(at: float) -> Markup:
    return Markup('<path class="reference" d="M0 {}H100"/>').format(round(100 - at, 2))


def _curve(line: Curve, look: str, x: Axis, y: Axis) -> Markup:
    """Band and line of one curve."""
    points = [(x.at(place), round(100 - y.at(value), 2)) for place, value in enumerate(line.ys, 1)]
    band = Markup("")
    if line.band is not None:
        low, high = ([(x.at(n), round(100 - y.at(v), 2)) for n, v in enumerate(side, 1)] for side in line.band)
        band = Markup('<path class="band {}" d="{}Z"/>').format(look, _path([*low, *reversed(high)]))
    return band + Markup('<path class="curve {}" d="{}"/>').format(look, _path(points))


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)


def _looks(lines: Sequence[Curve]) -> list[str]:
    """A class of the style sheet for each curve."""
    places = iter(range(len(lines)))
    return ["strong" if line.strong else f"look{next(places) % LOOKS}" for line in lines]


def _legend(lines: Sequence[Curve], looks: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((look, line.label) for line, look in zip(lines, looks, strict=True))


def _described(line: Curve) -> str:
    return f"{line.label} from {line.ys[0]:.2f} to {line.ys[-1]:.2f}" if line.ys else line.label


def _svg(name: str, label: str, shapes: Sequence[Markup], *, height: int = 100) -> Markup:
    """An SVG with an alternative text, or hidden from screen readers where it says nothing."""
    said = Markup('role="img" aria-label="{}"').format(printable(label)) if label else Markup('aria-hidden="true"')
    start = Markup('<svg class="{}" viewBox="0 0 100 {}" preserveAspectRatio="none" {}>').format(name, height, said)
    return start + Markup("").join(shapes) + Markup("</svg>")
