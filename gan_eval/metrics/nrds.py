"""Normalized relative discriminative score: discriminator curves → areas → scores.

Zhang, Song and Qi, "Decoupled Learning for Conditional Adversarial Networks" (WACV 2018), and the code they published
with it (github.com/ZZUTK/Decoupled-Learning-Conditional-GAN). A discriminator learns to tell real images from the
pooled fakes of n competing models. After every epoch its mean output over each model's images is noted: a curve from
about ½ towards 0. The more realistic a model, the slower its curve falls and the larger the area under it.

    A_i    = ∫ C_i(e) de over epochs 1…E, trapezoids of unit width, no point for epoch 0
    NRDS_i = A_i / Σ_j A_j

Higher is more realistic; the scores of the competitors add up to 1, and chance is 1/n. A score has a meaning only
beside the list of competitors. The real images' own curve takes no part in the sum.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import trapezoid

from gan_eval.errors import InputError, TooFewError

Array = NDArray[np.float64]

#: Areas below this share of the largest possible sum say that the discriminator won in the first epoch.
NEAR_ZERO = 0.05


#: Outputs lie in [0, 1]; sums of much larger numbers would overflow.
_LARGEST = 1e100


class NearZeroWarning(UserWarning):
    """All areas are so small that scores are ratios of noise."""


@overload
def areas(curves: Mapping[str, ArrayLike]) -> dict[str, float]: ...
@overload
def areas(curves: ArrayLike) -> Array: ...
def areas(curves: Mapping[str, ArrayLike] | ArrayLike) -> dict[str, float] | Array:
    """Area under each curve by trapezoids of unit width, in float64.

    Parameters
    ----------
    curves: mean discriminator output after each of E epochs, in [0, 1]: name → (E,), or an array (n, E).

    Returns
    -------
    name → area, or (n,); between 0 and E − 1.

    Raises
    ------
    InputError: no curves, curves of different lengths, values that are not finite or beyond 1e100.
    TooFewError: a single epoch, which has no area.
    """
    if isinstance(curves, Mapping):
        values = np.asarray(trapezoid(_table(list(curves.values())), axis=1))
        return dict(zip(curves, map(float, values), strict=True))
    return np.asarray(trapezoid(_table(list(np.asarray(curves, dtype=object))), axis=1))


@overload
def relative_scores(areas: Mapping[str, float], *, epochs: int | None = 2) -> dict[str, float]: ...
@overload
def relative_scores(areas: ArrayLike, *, epochs: int | None = 2) -> Array: ...
def relative_scores(areas: Mapping[str, float] | ArrayLike, *, epochs: int | None = 2) -> dict[str, float] | Array:
    """Each competitor's share of the summed areas.

    Parameters
    ----------
    areas: name → area, or (n,), of the competitors alone (not of the real images); at least 0.
    epochs: E of the curves, for the warning; 2 is the mildest, None gives none.

    Returns
    -------
    name → score, or (n,) float64: positive, sum 1, higher is more realistic.

    Raises
    ------
    TooFewError: fewer than two competitors; one alone has the score 1 whatever it is.
    InputError: a negative area, one that is not finite, or nothing but zeros.

    Warns
    -----
    NearZeroWarning: see `near_zero`.
    """
    if isinstance(areas, Mapping):
        return dict(zip(areas, map(float, relative_scores(list(areas.values()), epochs=epochs)), strict=True))
    values = np.asarray(areas, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all() or (values < 0).any():
        raise InputError(f"areas must be finite and at least 0, one a model; found {values.tolist()}")
    if len(values) < 2:
        raise TooFewError(f"{len(values)} model: relative scores need at least 2 (one alone has the score 1)")
    if not values.any():
        raise InputError(
            "all areas are 0: the discriminator recognised every fake in the first epoch, so no score is defined (0/0)"
        )
    if epochs is not None and near_zero(values, epochs):
        warnings.warn(NEAR_ZERO_MESSAGE, NearZeroWarning, stacklevel=2)
    return np.asarray(values / values.sum())


NEAR_ZERO_MESSAGE = (
    "the areas are nearly 0: the discriminator recognised all fakes in its first epochs, so the scores are mostly "
    "noise (use a slower or smaller discriminator)"
)


def near_zero(areas: ArrayLike, epochs: int) -> bool:
    """Whether the areas (n,) sum to less than 5 % of n (E − 1), their largest possible sum."""
    values = np.asarray(areas, dtype=np.float64)
    return bool(values.sum() < NEAR_ZERO * len(values) * (epochs - 1))


def auc(real: ArrayLike, fake: ArrayLike) -> float:
    """Probability that the discriminator puts a real above a fake, ties counting half: the area under its ROC curve.

    real (n,), fake (m,): outputs, on any scale. ½ where it cannot tell them apart, 1 where it separates them.
    """
    x, y = np.asarray(real), np.sort(np.asarray(fake))
    below, not_above = np.searchsorted(y, x, side="left"), np.searchsorted(y, x, side="right")
    return float((below.sum() + not_above.sum()) / (2 * len(x) * len(y)))


def _table(curves: Sequence[ArrayLike]) -> Array:
    """(n, E) float64, checked."""
    rows = [np.asarray(curve, dtype=np.float64) for curve in curves]
    if not rows or any(row.ndim != 1 for row in rows):
        raise InputError("curves: wanted one list of outputs a model, each with one number an epoch")
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1:
        raise InputError(f"curves of different lengths: {', '.join(map(str, lengths))} epochs; areas need one length")
    if lengths[0] < 2:
        raise TooFewError(f"curves of {lengths[0]} epoch: an area needs at least 2")
    table = np.stack(rows)
    if not (np.abs(table) < _LARGEST).all():  # NaN is not below it either
        raise InputError("curves: values that are not finite, or so large that they have no sum")
    return table
