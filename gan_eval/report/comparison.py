"""A comparison as one self-contained HTML page: no script, no request, names escaped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gan_eval.compare import Comparison, Model
from gan_eval.files import write_text
from gan_eval.report.numbers import interval_of, p_value_of, title_of, value_of
from gan_eval.report.page import render

_LEFT, _RIGHT, _ROW = 170.0, 740.0, 30


def write_html(made: Comparison, destination: Path) -> None:
    """Write the page, whole or not at all. Raises InputError where it cannot be written."""
    write_text(destination, html(made))


def html(made: Comparison) -> str:
    """The page."""
    first = made.models[0].scores[0]
    described = made.provenance.to_dict()
    return render(
        "comparison.html",
        provenance=described,
        title=f"{len(made.models)} models against {described['inputs']['real']['source']}",
        subtitle=f"{first.n_real} real images; gan-eval {described['versions']['gan_eval']}",
        first={
            "title": title_of(first.metric),
            "direction": first.direction,
            "method": first.interval.method if first.interval else None,
        },
        chart=_chart(made.models),
        columns=[title_of(score.metric) for score in made.models[0].scores],
        models=[
            {
                "rank": model.rank,
                "name": model.name,
                "cells": [{"value": value_of(score), "interval": interval_of(score)} for score in model.scores],
            }
            for model in made.models
        ],
        pairs=pair_rows(made),
        warnings=made.warnings,
    )


def pair_rows(made: Comparison) -> list[dict[str, str]]:
    """Every pair as text; what cannot be told apart is said, not ranked."""
    rows = []
    for pair in made.pairs:
        nearer = pair.a if pair.difference < 0 else pair.b
        digits = 5 if pair.metric in ("kid", "kd") else 3
        rows.append(
            {
                "a": pair.a,
                "b": pair.b,
                "metric": title_of(pair.metric),
                "difference": f"{pair.difference:+.{digits}f}",
                "interval": f"{pair.interval.low:+.{digits}f} to {pair.interval.high:+.{digits}f}",
                "p": p_value_of(pair.adjusted_p),
                "verdict": f"{nearer} is nearer" if pair.adjusted_p < 0.05 else "not distinguishable",
            }
        )
    return rows


def _chart(models: Sequence[Model]) -> dict[str, Any]:
    """Positions, in the units of the page's drawing, of one dot and bar a model."""
    from matplotlib.ticker import MaxNLocator

    scores = [model.scores[0] for model in models]
    ends = [end for s in scores for end in ((s.interval.low, s.interval.high) if s.interval else ())]
    low, high = min(ends + [s.value for s in scores]), max(ends + [s.value for s in scores])
    ticks = [float(tick) for tick in MaxNLocator(6).tick_values(low, high)]
    low, high = ticks[0], ticks[-1]

    def x(value: float) -> float:
        return round(_LEFT + (value - low) / ((high - low) or 1) * (_RIGHT - _LEFT), 2)

    rows = []
    for number, (model, score) in enumerate(zip(models, scores, strict=True)):
        bar = (x(score.interval.low), x(score.interval.high)) if score.interval else (None, None)
        name = model.name if len(model.name) <= 22 else model.name[:21] + "…"
        rows.append({"name": name, "y": 24 + _ROW * number, "x": x(score.value), "low": bar[0], "high": bar[1]})
    labels = [{"x": x(tick), "label": f"{tick:g}"} for tick in ticks]
    return {"rows": rows, "ticks": labels, "height": 24 + _ROW * len(models) + 28}
