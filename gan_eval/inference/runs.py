"""Training runs as the unit: what may be said of a recipe rather than of one checkpoint.

    σ_sample²: what scores of one run vary by, with its images.   σ_train² = max(0, var of the runs' means - σ_sample²)

The expectation over training runs has the interval mean ± t(S - 1) · sd / √S of S runs' scores, which holds both parts.
Two recipes are compared by Welch's t test of their runs' scores (arXiv 2606.20536: retraining moves FID about three
times more than resampling the images).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from gan_eval.errors import TooFewError
from gan_eval.inference.families import FamilyMember
from gan_eval.result import Interval


@dataclass(frozen=True, slots=True)
class RecipeEstimate:
    """Mean score of a recipe's runs.

    runs: S. interval: of the expectation over training runs; None for one run. sigma_train: standard deviation between
    runs that their images do not explain; None for one run. sigma_sample: what a run's score varies by with its images.
    """

    mean: float
    runs: int
    interval: Interval | None
    sigma_train: float | None
    sigma_sample: float | None


def recipe(
    scores: Sequence[float], *, standard_errors: Sequence[float] | None = None, level: float = 0.95
) -> RecipeEstimate:
    """Estimate for a recipe from the scores (S,) of its runs and, where known, their standard errors over images.

    Raises TooFewError without a run.
    """
    values = np.asarray(scores, dtype=np.float64)
    if not len(values):
        raise TooFewError("no training runs: give at least one")
    sample = float(np.sqrt(np.mean(np.square(standard_errors)))) if standard_errors else None
    mean = float(values.mean())
    if len(values) == 1:
        return RecipeEstimate(mean, 1, None, None, sample)
    spread = float(values.std(ddof=1))
    reach = float(student.isf((1 - level) / 2, len(values) - 1)) * spread / np.sqrt(len(values))
    interval = Interval(mean - reach, mean + reach, level, f"t over {len(values)} training runs")
    train = float(np.sqrt(max(0.0, spread**2 - (sample or 0.0) ** 2)))
    return RecipeEstimate(mean, len(values), interval, train, sample)


def welch(a: Sequence[float], b: Sequence[float]) -> FamilyMember:
    """Difference of two recipes' means, a less b, by Welch's (1947) t test of their runs' scores.

    Raises TooFewError for fewer than two runs of a recipe: one run says nothing of how far retraining moves a score.
    """
    x, y = (np.asarray(side, dtype=np.float64) for side in (a, b))
    if min(len(x), len(y)) < 2:
        raise TooFewError(
            "recipes are compared with at least two training runs of each (name a model again to add one)"
        )
    parts = np.array([side.var(ddof=1) / len(side) for side in (x, y)])
    value, error = float(x.mean() - y.mean()), float(np.sqrt(parts.sum()))
    if error == 0:
        return FamilyMember(value, 0.0, float(len(x) + len(y) - 2), 0.0 if value else 1.0)
    freedom = float(parts.sum() ** 2 / (parts**2 / (np.array([len(x), len(y)]) - 1)).sum())
    return FamilyMember(value, error, freedom, float(2 * student.sf(abs(value) / error, freedom)))
