"""Gaussian kernel on directions of features: k(x, y) = exp(-|x/|x| - y/|y||² / 2σ²), as CMMD has it.

The sums hold k - 1, so that they are no small differences of large numbers: with σ = 10 the kernel lies within 2 % of
1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gan_eval.errors import InputError
from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import Rows
from gan_eval.metrics.units import UnitTile


@dataclass(frozen=True, slots=True)
class GaussianKernel:
    """The kernel of bandwidth σ, for `kernel_sums.kernel_sums`."""

    sigma: float

    def side(self, x: Rows) -> Rows:
        """A set as this kernel reads it."""
        return x

    def values(self, left: Rows, i: UnitTile, right: Rows, j: UnitTile) -> Array:
        """k - 1 between some rows of two sets; |x - y|² of unit vectors is 2 - 2 x·y."""
        products: Array = unit(left[i.rows]) @ unit(right[j.rows]).T
        values: Array = np.expm1((np.minimum(products, 1.0) - 1) / self.sigma**2)
        return values


def unit(rows: object) -> Array:
    """Rows (n, D) as float64 of length 1. Raises InputError where one is zero or not finite."""
    values = np.asarray(rows, dtype=np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and lengths.all()):
        raise InputError("features that are all zero or not finite have no direction, so there is no Gaussian distance")
    scaled: Array = values / lengths
    return scaled
