"""Sentences that may go into a paper as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gan_eval.digits import level_of
from gan_eval.report.numbers import conditions_of, interval_of, scales_of, title_of, value_of
from gan_eval.result import Score


def listed(parts: Sequence[str]) -> str:
    """["a", "b", "c"] → "a, b and c"; the empty string for none."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def score_sentence(score: Score, features: Mapping[str, Any], versions: Mapping[str, str], *, model: str = "") -> str:
    """One score with everything that a reader needs to compare it: interval, numbers of images, network, version.

    Parameters
    ----------
    score : Score
        The number.
    features, versions : mapping
        As in `Provenance`.
    model : str
        Whose images they are; may be empty.
    """
    scale = scales_of(score.metric)[-1]
    whose = f" of {model}" if model else ""
    bar = interval_of(score, scale=scale)
    uncertainty = f"{level_of(score.interval.level)} {bar}; " if score.interval else ""
    value = f"{title_of(score.metric, scale)}{whose} is {value_of(score, scale=scale)}"
    made = f"gan-eval {versions['gan_eval']}" if "gan_eval" in versions else "gan-eval"
    text = f"{value} ({uncertainty}{_images(score)}; {conditions_of(features)}; {made})."
    return f"{text[0].upper()}{text[1:]}"


def _images(score: Score) -> str:
    """How many images entered; a file of moments may not tell."""
    runs = score.details.get("runs")
    fake = f"{score.n_fake or 'an unknown number of'} generated"
    fake = f"mean of {runs['count']} training runs, each with {fake}" if runs else fake
    if score.metric in ("is", "score_is"):
        return f"{fake} images"
    return f"{fake} against {score.n_real or 'an unknown number of'} real images"
