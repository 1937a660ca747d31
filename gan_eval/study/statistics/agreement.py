"""How far people agree with each other beyond chance, on the same items.

Both take counts (U, C): how many people gave unit u the category c. 1 is full agreement, 0 what chance gives.
Low agreement is no fault of a study of taste: it says that people differ, or that the pictures hardly do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def krippendorff_alpha(counts: ArrayLike, *, distance: Floats | None = None) -> float:
    """Krippendorff's α (2011): people may have rated different units; a unit rated once says nothing and is left out.

    distance: (C, C) squared differences between categories; None: nominal, 0 or 1. NaN where all ratings are alike
    or there are no units with two ratings: then agreement beyond chance has no meaning.
    """
    table = np.asarray(counts, dtype=np.float64)
    table = table[table.sum(1) >= 2]
    if not len(table):
        return float("nan")
    delta = 1 - np.eye(table.shape[1]) if distance is None else distance
    raters = table.sum(1)
    pairs = np.einsum("uc,ck,uk->u", table, delta, table)
    observed = float((pairs / (raters - 1)).sum())
    total = table.sum(0)
    expected = float(total @ delta @ total) / (raters.sum() - 1)
    return 1 - observed / expected if expected > 0 else float("nan")


def krippendorff_alpha_without_each(ratings: NDArray[np.int64], categories: int) -> Floats:
    """α with each person left out in turn, from ratings (P, U) of categories 0 … C−1, −1 where there is none."""
    each = (ratings[:, :, None] == np.arange(categories)).astype(np.float64)
    total = each.sum(0)
    return np.array([krippendorff_alpha(total - person) for person in each])


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
