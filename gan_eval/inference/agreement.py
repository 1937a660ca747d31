"""How far people agree with each other beyond chance, on the same items.

Both take counts (U, C): how many people gave unit u the category c. 1 is full agreement, 0 what chance gives.
Low agreement is no fault of a study of taste: it says that people differ, or that the pictures hardly do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def krippendorff_alpha(*strata: ArrayLike, distance: Floats | None = None) -> float:
    """Krippendorff's α (2011): people may have rated different units; a unit rated once says nothing and is left out.

    strata: tables of counts (U, C). With several, disagreement is summed over them, and so is the one that chance
    gives within each: units of different strata need not share their categories.
    distance: (C, C) squared differences between categories; None: nominal, 0 or 1. NaN where all ratings are alike
    or no unit has two ratings: then agreement beyond chance has no meaning.
    """
    parts = np.array([_disagreement(np.asarray(counts, dtype=np.float64), distance) for counts in strata])
    observed, expected = parts.sum(0)
    return float(1 - observed / expected) if expected > 0 else float("nan")


def _disagreement(table: Floats, distance: Floats | None) -> tuple[float, float]:
    """Observed and expected disagreement of one table, both times the number of ratings."""
    table = table[table.sum(1) >= 2]
    if not len(table):
        return 0.0, 0.0
    delta = 1 - np.eye(table.shape[1]) if distance is None else distance
    raters, total = table.sum(1), table.sum(0)
    observed = (np.einsum("uc,ck,uk->u", table, delta, table) / (raters - 1)).sum()
    return float(observed), float(total @ delta @ total) / (raters.sum() - 1)


def fleiss_kappa(counts: ArrayLike) -> float:
    """Fleiss’ κ (1971): every unit rated by as many people (else ValueError); NaN where all ratings are alike."""
    table = np.asarray(counts, dtype=np.float64)
    raters = table.sum(1)
    if len(set(raters)) != 1 or raters[0] < 2:
        raise ValueError("Fleiss' kappa needs the same number of raters, two at least, for every unit")
    m = raters[0]
    agreement = float(((table**2).sum(1) - m).mean() / (m * (m - 1)))
    share = table.sum(0) / table.sum()
    chance = float((share**2).sum())
    return (agreement - chance) / (1 - chance) if chance < 1 else float("nan")
