"""A contest by NRDS as tables of text, and as one self-contained HTML page with its curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gan_eval.digits import NONE, bounds, level_of, number, p_equals, p_value
from gan_eval.discriminative.outcome import NrdsPair, NrdsResult
from gan_eval.discriminative.robust import REAL
from gan_eval.files import write_text
from gan_eval.report.figures import Chart, Curve, Forest, ForestRow, curves, forest
from gan_eval.report.matrix import MatrixPair, Outcome, matrix
from gan_eval.report.numbers import interval_decimals, value_of, with_interval
from gan_eval.report.page import Folded, PageSection, ReportPage, made_from, render
from gan_eval.report.sentences import listed
from gan_eval.report.table import Table
from gan_eval.result import Interval, Score


def write_html(result: NrdsResult, destination: Path, *, command: str = "") -> None:
    """Write the page, whole or not at all. Raises InputError where it cannot be written."""
    write_text(destination, html(result, command=command))


def html(result: NrdsResult, *, command: str = "") -> str:
    """The page; command: the command line that makes it again."""
    described = result.provenance.to_dict() if result.provenance else {}
    real = described.get("inputs", {}).get("real", {}).get("source")
    models = f"{len(result.scores)} models"
    sections = [
        PageSection("Scores", (score_table(result), *_forests(result), curve_chart(result))),
        _pair_section(result),
        PageSection("How the numbers were made", (_settings(result),)),
        made_from(described, command),
    ]
    return render(
        ReportPage(
            kind="NRDS, the normalized relative discriminative score",
            title=f"NRDS of {models} against {real}" if real else f"NRDS of {models}",
            subtitle=title_of(result),
            facts=(),
            verdict=verdict(result),
            notes=result.warnings,
            sections=tuple(section for section in sections if section is not None),
        )
    )


def title_of(result: NrdsResult) -> str:
    """Returns the name of the scores, with the protocol's settings that they depend on."""
    title: str = result.protocol.get("label", "NRDS of saved curves")
    if not _is_robust(result):
        return title
    return f"{title}, {result.protocol['seeds']} seeds, {result.scores[0].n_real} real images"


def verdict(result: NrdsResult) -> tuple[str, ...]:
    """Returns two sentences: what the tests of the contest show, and for what this holds."""
    best = result.scores[0]
    name = best.details["model"]
    what = f"{name} (NRDS {with_interval(best)})"
    if not result.pairs:
        return (f"{what} has the highest score. This protocol tests no pair, so the order may be chance.", _REACH)
    of_best = [pair for pair in result.pairs if name in (pair.a, pair.b)]
    beaten = [pair for pair in of_best if winner(pair) == name]
    others = [_rival(pair, name) for pair in of_best if winner(pair) is None]
    if not beaten:
        return (f"{what} has the highest score, but is not told apart from {listed(others)}.", _REACH)
    largest = p_equals(max(pair.adjusted_p for pair in beaten))
    rest = f"; it is not told apart from {listed(others)}" if others else ""
    against = listed([_rival(pair, name) for pair in beaten]) if others or len(beaten) == 1 else "every other model"
    adjusted = f"{'largest ' if len(beaten) > 1 else ''}{largest}, adjusted by Holm's method"
    return (f"{what} looks more realistic to the discriminator than {against} ({adjusted}){rest}.", _REACH)


_REACH = (
    "A score depends on the models it was measured with, on the discriminator and on the real images; it holds for "
    "these models as they were trained."
)


def winner(pair: NrdsPair) -> str | None:
    """The model of a pair that the test shows to be more realistic; None where it shows neither."""
    if not pair.distinguishable or not pair.difference:
        return None
    return pair.a if pair.difference > 0 else pair.b


def score_table(result: NrdsResult) -> Table:
    """One row per model, the most realistic first."""
    title = title_of(result)
    if not _is_robust(result):
        note = "Higher is more realistic; the scores sum to 1 and depend on the other models."
        columns: tuple[str, ...] = ("", "model", "NRDS", "area")
        return Table(title, columns, tuple(map(_plain_row, result.scores)), note, keys=2)
    bar = result.scores[0].interval
    level = level_of(bar.level if bar else 0.95)
    columns = ("", "model", f"NRDS [{level}]", f"of real [{level}]", "p against real", "nearest real")
    note = (
        "Higher is more realistic; the scores sum to 1 and depend on the other models. Of real: height of the model's "
        "curve divided by that of held-out real images. p against real: test of no difference from them, adjusted by "
        "Holm's method. Nearest real: distance to the nearest real image, divided by the distance between real images; "
        "far below 1, the model copies."
    )
    return Table(title, columns, tuple(map(_robust_row, result.scores)), note, keys=2)


def pair_table(result: NrdsResult) -> Table:
    """One row per pair; a difference that the test does not show is said not to be told."""
    level = level_of(result.pairs[0].interval.level) if result.pairs else ""
    columns = ("model a", "model b", "a − b", level, "p (Holm)", "verdict")
    note = "p-values are two-sided and adjusted by Holm's method over all pairs; intervals are not adjusted."
    return Table("Pairs", columns, tuple(map(_pair_row, result.pairs)), note, keys=2, text=frozenset({5}))


def curve_chart(result: NrdsResult) -> Chart:
    """Mean discriminator output by epoch, of the real images and of each model."""
    names = ([REAL] if REAL in result.curves else []) + [score.details["model"] for score in result.scores]
    lines = [_line(result, name) for name in names]
    judged = "held-out images" if _is_robust(result) else "all images"
    bands = " Bands reach from the lowest to the highest seed." if result.seeds else ""
    caption = (
        f"Mean output of the discriminator on {judged}. The longer a model's curve stays high, the more realistic its "
        f"images are; dashed: 0.5, where the discriminator guesses.{bands}"
    )
    return curves("Discriminator output", lines, "epoch", caption, reference=0.5)


def _line(result: NrdsResult, name: str) -> Curve:
    """The curve of one set; seeds that stopped early keep their last value."""
    curve = result.curves[name]
    label = "real images" if name == REAL else f"{name}: {value_of(result[name])}"
    if not result.seeds:
        return Curve(label, curve, strong=name == REAL)
    rows = np.array(
        [np.pad(seed.curves[name], (0, len(curve) - len(seed.curves[name])), mode="edge") for seed in result.seeds]
    )
    band = (tuple(rows.min(axis=0).tolist()), tuple(rows.max(axis=0).tolist()))
    return Curve(label, curve, band, strong=name == REAL)


def _is_robust(result: NrdsResult) -> bool:
    return bool(result.protocol["name"] == "robust")


def _settings(result: NrdsResult) -> Table:
    """The protocol in words; a discriminator of features has no size, which is then 0."""
    shown = {name: it for name, it in result.protocol.items() if name != "label" and (name, it) != ("size", 0)}
    rows = tuple((name.replace("_", " "), str(it)) for name, it in shown.items())
    return Table("Protocol", ("setting", "value"), rows, keys=2)


def _forests(result: NrdsResult) -> list[Forest]:
    """A forest plot of the scores, and one of the heights over that of real images where there is one."""
    rows = [ForestRow(one.details["model"], one.value, one.interval, with_interval(one)) for one in result.scores]
    bar = result.scores[0].interval
    lines = f" Lines: {level_of(bar.level)}, {bar.method}." if bar else ""
    plots = [forest("NRDS", rows, f"Higher is more realistic; dashed: equal scores.{lines}", reference=1 / len(rows))]
    if _is_robust(result):
        caption = "Height of each model's curve divided by that of held-out real images; dashed: as real images."
        plots.append(forest("Of real", [_of_real_row(one) for one in result.scores], caption, reference=1.0))
    return plots


def _of_real_row(score: Score) -> ForestRow:
    value, bar = _of_real(score.details)
    return ForestRow(score.details["model"], value, bar, _of_real_text(score.details))


def _of_real(details: Any) -> tuple[float, Interval]:
    return details["of_real"]["value"], Interval(**details["of_real"]["interval"])


def _of_real_text(details: Any) -> str:
    value, bar = _of_real(details)
    digits = interval_decimals(bar)
    return f"{number(value, digits)} [{number(bar.low, digits)},\u00a0{number(bar.high, digits)}]"


def _pair_section(result: NrdsResult) -> PageSection | None:
    if not result.pairs:
        return None
    cells = [
        MatrixPair(p.a, p.b, p.difference, interval_decimals(p.interval), p.adjusted_p, _outcome(p))
        for p in result.pairs
    ]
    names = [score.details["model"] for score in result.scores]
    caption = "NRDS of the row less NRDS of the column, with p-values adjusted by Holm's method."
    folded = Folded("Pairs, with intervals", table=pair_table(result))
    return PageSection("Pairs", (matrix("Every pair by NRDS", names, cells, caption), folded))


def _outcome(pair: NrdsPair) -> Outcome:
    better = winner(pair)
    return "not told apart" if better is None else "better" if better == pair.a else "worse"


def _rival(pair: NrdsPair, name: str) -> str:
    return pair.b if pair.a == name else pair.a


def _robust_row(score: Score) -> tuple[str, ...]:
    details = score.details
    ratio = details["nearest_real"]
    told = "" if details["distinguishable_from_real"] else " (not told apart)"
    return (
        str(details["rank"]),
        details["model"],
        with_interval(score),
        _of_real_text(details),
        f"{p_value(details['real_p'])}{told}",
        f"{number(ratio)} ×" if ratio is not None else NONE,
    )


def _plain_row(score: Score) -> tuple[str, ...]:
    details = score.details
    return str(details["rank"]), details["model"], number(score.value, 4), number(details["area"], 4)


def _pair_row(pair: NrdsPair) -> tuple[str, ...]:
    digits = interval_decimals(pair.interval)
    better = winner(pair)
    return (
        pair.a,
        pair.b,
        number(pair.difference, digits, sign=True),
        bounds(pair.interval.low, pair.interval.high, digits),
        p_value(pair.adjusted_p),
        "not told apart" if better is None else f"{better} is more realistic",
    )
