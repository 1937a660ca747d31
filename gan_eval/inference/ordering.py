"""How alike two orders are: Kendall's τ-b, of one pair of rankings and of many resamples of one of them.

τ-b (Kendall 1945) counts pairs ordered alike less pairs ordered otherwise, over the geometric mean of the pairs that
either ranking orders at all: 1 for the same order, −1 for the reverse, 0 expected of unrelated ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def tau_b(a: Floats, b: Floats) -> Floats:
    """τ-b of `a` (k,) with each row of `b` (B, k); NaN where either orders nothing.

    Parameters
    ----------
    a : array (k,)
        One ranking's numbers.
    b : array (B, k)
        The other's, one row a resample.

    Returns
    -------
    array (B,)
        From −1 to 1.
    """
    i, j = np.triu_indices(len(a), 1)
    ours = np.sign(a[i] - a[j])
    theirs = np.sign(b[:, i] - b[:, j])
    scale = np.sqrt((ours != 0).sum() * (theirs != 0).sum(1).astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((theirs @ ours) / scale, dtype=np.float64)
