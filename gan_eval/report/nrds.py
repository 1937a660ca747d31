"""A contest by NRDS as tables of text, and as one self-contained HTML page with its curves."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from gan_eval.discriminative.outcome import NrdsPair, NrdsResult
from gan_eval.files import write_text
from gan_eval.report.nrds_plot import picture
from gan_eval.report.numbers import p_value_of
from gan_eval.report.page import render
from gan_eval.result import Interval, Score


@dataclass(frozen=True, slots=True)
class TextTable:
    """Text by row and column, and what is to be known of it in one sentence."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def write_html(made: NrdsResult, destination: Path) -> None:
    """Write the page, whole or not at all. Raises InputError where it cannot be written."""
    write_text(destination, html(made))


def html(made: NrdsResult) -> str:
    """The page."""
    models = f"{len(made.scores)} models"
    described = made.provenance.to_dict() if made.provenance else {}
    real = described.get("inputs", {}).get("real", {}).get("source")
    caption = "Mean discriminator output; the longer a model's curve stays high, the more realistic its images."
    return render(
        "nrds.html",
        provenance=described,
        title=f"NRDS of {models} against {real}" if real else f"NRDS of {models}",
        subtitle=title_of(made),
        curves=base64.b64encode(picture(made, ".svg")).decode(),
        caption=f"{caption} Bands reach from the lowest to the highest seed." if made.seeds else caption,
        scores=score_table(made),
        pairs=pair_table(made),
        settings=_settings(made),
        warnings=made.warnings,
    )


def title_of(made: NrdsResult) -> str:
    """What the scores are called, with what that depends on."""
    title: str = made.protocol.get("label", "NRDS of saved curves")
    if not _is_robust(made):
        return title
    return f"{title}, {made.protocol['seeds']} seeds, {made.scores[0].n_real} real images"


def score_table(made: NrdsResult) -> TextTable:
    """A row a model, the most realistic first."""
    if not _is_robust(made):
        caption = "Higher is more realistic; the scores sum to 1 and depend on the rivals."
        return TextTable(caption, ("", "model", "NRDS", "area"), tuple(map(_plain_row, made.scores)))
    columns = ("", "model", "NRDS", "95 % interval", "of real", "95 % interval", "from real, p", "nearest real")
    caption = (
        "Higher is more realistic; the scores sum to 1 and depend on the rivals. Of real: the height of the model's "
        "curve over that of held-out real images. From real: p-value of no difference from those, adjusted by Holm's "
        "method. Nearest real: distance to the nearest real image, in units of that between real images; far below 1, "
        "the model copies."
    )
    return TextTable(caption, columns, tuple(map(_robust_row, made.scores)))


def pair_table(made: NrdsResult) -> TextTable:
    """A row a pair; what cannot be told apart is said, not ranked."""
    columns = ("pair", "difference", "95 % interval", "p (Holm)", "")
    caption = "p-values are two-sided and adjusted by Holm's method over the pairs."
    return TextTable(caption, columns, tuple(map(_pair_row, made.pairs)))


def _is_robust(made: NrdsResult) -> bool:
    return bool(made.protocol["name"] == "robust")


def _settings(made: NrdsResult) -> list[tuple[str, object]]:
    """The protocol in words; a discriminator of features has no size, which is then 0."""
    shown = {name: value for name, value in made.protocol.items() if name != "label" and (name, value) != ("size", 0)}
    return [(name.replace("_", " "), value) for name, value in shown.items()]


def _robust_row(score: Score) -> tuple[str, ...]:
    found = score.details
    bar = found["of_real"]["interval"]
    ratio = found["nearest_real"]
    told = "" if found["distinguishable_from_real"] else " not distinguishable"
    return (
        str(found["rank"]),
        found["model"],
        f"{score.value:.4f}",
        _bar(score.interval),
        f"{found['of_real']['value']:.3f}",
        f"{bar['low']:.3f} to {bar['high']:.3f}",
        f"{p_value_of(found['real_p'])}{told}",
        f"{ratio:.2f} ×" if ratio is not None else "–",
    )


def _plain_row(score: Score) -> tuple[str, ...]:
    return str(score.details["rank"]), score.details["model"], f"{score.value:.4f}", f"{score.details['area']:.4f}"


def _pair_row(pair: NrdsPair) -> tuple[str, ...]:
    verdict = f"{pair.a} is more realistic" if pair.distinguishable else "not distinguishable"
    bar = pair.interval
    difference, interval = f"{pair.difference:+.4f}", f"{bar.low:+.4f} to {bar.high:+.4f}"
    return f"{pair.a} - {pair.b}", difference, interval, p_value_of(pair.adjusted_p), verdict


def _bar(interval: Interval | None) -> str:
    return f"{interval.low:.4f} to {interval.high:.4f}" if interval else "–"
