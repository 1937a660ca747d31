"""The curves that NRDS is the area of, drawn."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gan_eval.discriminative.outcome import NrdsResult
from gan_eval.discriminative.robust import REAL
from gan_eval.errors import InputError
from gan_eval.files import atomic_file

#: Okabe and Ito's colours, which colour-blind readers tell apart; line styles take over when they are used up.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31")
STYLES = ("-", "--", "-.", ":")
FORMATS = (".png", ".svg", ".pdf")


def write_plot(made: NrdsResult, destination: Path) -> None:
    """Draw every set's mean curve, the real images in black, to a .png, .svg or .pdf.

    Bands reach from the lowest to the highest seed. Raises InputError for another ending.
    """
    ending = destination.suffix.lower()
    if ending not in FORMATS:
        raise InputError(f"{destination}: a plot is written as {', '.join(FORMATS)}")
    with atomic_file(destination) as temporary:
        temporary.write_bytes(picture(made, ending))


def picture(made: NrdsResult, ending: str) -> bytes:
    """The same as the bytes of a file with one of the `FORMATS`."""
    from matplotlib import rc_context

    # Without a date and with names of its own inside, the same curves give the same file.
    about: dict[str, Any] = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}[ending]
    stream = io.BytesIO()
    with rc_context({"svg.hashsalt": "nrds"}):
        draw(made).savefig(stream, format=ending[1:], dpi=150, metadata=about)
    return stream.getvalue()


def draw(made: NrdsResult) -> Any:
    """A matplotlib Figure that belongs to no window."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(0.5, color="0.6", linewidth=0.8, linestyle=(0, (2, 3)))
    edge = ("axes fraction", "data")
    axes.annotate("chance", (1, 0.5), (4, -3), edge, textcoords="offset points", color="0.45", fontsize=8)
    names = [score.details["model"] for score in made.scores]
    for name in ([REAL] if REAL in made.curves else []) + names:
        _curve(axes, made, name, _look(names, name))
    robust = made.protocol["name"] == "robust"
    judged = "held-out images" if robust else "all images"
    axes.set(xlabel="epoch", ylabel=f"mean discriminator output, {judged}", ylim=(-0.02, 1.02))
    axes.set_xlim(1, len(next(iter(made.curves.values()))))
    axes.set_title(made.protocol.get("label", "NRDS"), loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    # Names come from folders: a dollar sign in one is no formula.
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)
    return figure


def _curve(axes: Any, made: NrdsResult, name: str, look: Mapping[str, Any]) -> None:
    curve = made.curves[name]
    epochs = np.arange(1, len(curve) + 1)
    axes.plot(epochs, curve, label=_label(made, name), **look)
    if made.seeds:
        seeds = [seed.curves[name] for seed in made.seeds]
        rows = np.array([np.pad(one, (0, len(curve) - len(one)), mode="edge") for one in seeds])
        low, high = rows.min(axis=0), rows.max(axis=0)
        axes.fill_between(epochs, low, high, color=look["color"], alpha=0.15, linewidth=0)


def _label(made: NrdsResult, name: str) -> str:
    shown = name if len(name) <= 28 else f"{name[:27]}…"
    plain = shown.replace("$", r"\$")
    plain = f" {plain}" if plain.startswith("_") else plain  # which matplotlib would leave out of the legend
    return f"{plain}  {made[name].value:.3f}" if name != REAL else "real images"


def _look(names: list[str], name: str) -> dict[str, Any]:
    if name == REAL:
        return {"color": "black", "linewidth": 2.0}
    place = names.index(name)
    style = STYLES[math.floor(place / len(COLOURS)) % len(STYLES)]
    return {"color": COLOURS[place % len(COLOURS)], "linewidth": 1.6, "linestyle": style}
