"""Tests that need no independence between one person's answers: people are independent, and that is enough.

All arrangements are enumerated when there are at most ENUMERABLE of them; else a random sample is drawn and the
p-value is (b + 1)/(B + 1), which never understates it (Phipson and Smyth 2010).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]

ENUMERABLE = 2**16
ARRANGEMENTS = 100_000
#: Signs drawn at a time, whatever the number of people.
_SIGNS = 4_000_000


@dataclass(frozen=True, slots=True)
class PermutationResult:
    """Outcome of a test. exact: all arrangements were enumerated. people: those whose answers entered."""

    statistic: float
    p_value: float
    people: int
    exact: bool


def sign_flip(
    differences: Floats, *, rng: np.random.Generator, arrangements: int = ARRANGEMENTS, most: int | None = None
) -> PermutationResult:
    """Two-sided test that the differences (P,) of people, or of other units, are symmetric about zero.

    NaN marks units without a value. Those whose difference is zero stay in the mean and flip to themselves.

    Parameters
    ----------
    differences: (P,) one for each unit; the statistic is their mean.
    rng: source of randomness.
    arrangements: flips that are drawn where there are too many to enumerate.
    most: more units than this are tested by the normal limit of the flips' distribution.
    """
    known = differences[~np.isnan(differences)]
    moving = known[known != 0]
    observed = float(abs(moving.sum()))
    mean = float(known.mean()) if len(known) else 0.0
    if most is not None and len(moving) > most:
        return PermutationResult(mean, float(2 * norm.sf(observed / np.linalg.norm(moving))), len(known), False)
    p_value, exact = _flipped(moving, lambda sums: np.abs(sums), observed, rng, arrangements)
    return PermutationResult(mean, p_value, len(known), exact)


def vector_sign_flip(table: Floats, *, rng: np.random.Generator, arrangements: int = ARRANGEMENTS) -> PermutationResult:
    """Test that each person's row of (P, k) is as likely as its negative; the statistic is |sum of the rows|².

    A row holds, for instance, a person's wins less losses of each method: without a preference the opposite answers
    are as likely. A person need not have met every method, since a method not met has a zero.
    """
    moving = table[(table != 0).any(1)]
    observed = float((moving.sum(0) ** 2).sum())
    p_value, exact = _flipped(moving, lambda sums: (sums**2).sum(1), observed, rng, arrangements)
    return PermutationResult(observed, p_value, len(table), exact)


def _flipped(
    moving: Floats,
    statistic: Callable[[Floats], Floats],
    observed: float,
    rng: np.random.Generator,
    arrangements: int,
) -> tuple[float, bool]:
    """p-value of an observed statistic of Σ ± rows, and whether every choice of signs was looked at."""
    count = len(moving)
    if 2**count <= ENUMERABLE:
        signs = 1.0 - 2.0 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
        return _at_least(statistic(signs @ moving), observed) / len(signs), True
    hits, chunk = 0, max(1, _SIGNS // count)
    for start in range(0, arrangements, chunk):
        size = min(chunk, arrangements - start)
        signs = 1.0 - 2.0 * rng.integers(0, 2, size=(size, count), dtype=np.int8)
        hits += _at_least(statistic(signs @ moving), observed)
    return (hits + 1) / (arrangements + 1), False


def label_permutation(
    table: Floats, *, rng: np.random.Generator, arrangements: int = ARRANGEMENTS
) -> PermutationResult:
    """Test that within each person the columns of (P, k) are exchangeable: no method is preferred to another.

    The statistic is Σ over methods of (column sum − mean column sum)². People with a NaN are left out, since their
    rows cannot be permuted.
    """
    rows = table[~np.isnan(table).any(1)]
    people, k = rows.shape
    centre = rows.sum() / k
    observed = float(((rows.sum(0) - centre) ** 2).sum())
    # Rows of equal values are the same under every permutation.
    moving = rows[np.ptp(rows, axis=1) > 0] if people else rows
    fixed = rows.sum(0) - moving.sum(0)
    if len(moving) * math.log(math.factorial(k)) <= math.log(ENUMERABLE):
        sums = fixed[None, :]
        for row in moving:
            sums = (sums[:, None, :] + _orders(row)[None, :, :]).reshape(-1, k)
        return PermutationResult(observed, _at_least(((sums - centre) ** 2).sum(1), observed) / len(sums), people, True)
    sums = np.tile(fixed, (arrangements, 1))
    for row in moving:
        sums += _random_orders(row, arrangements, rng)
    hits = _at_least(((sums - centre) ** 2).sum(1), observed)
    return PermutationResult(observed, (hits + 1) / (arrangements + 1), people, False)


def _orders(row: Floats) -> Floats:
    """All k! orders of a row."""
    return np.array(list(itertools.permutations(row)), dtype=np.float64)


def _random_orders(row: Floats, count: int, rng: np.random.Generator) -> Floats:
    if len(row) <= 6:
        table = _orders(row)
        return table[rng.integers(0, len(table), size=count)]
    return rng.permuted(np.tile(row, (count, 1)), axis=1)


def _at_least(values: Floats, observed: float) -> int:
    """How many reach the observed value; sums of the same numbers in another order may differ by rounding."""
    return int((values >= observed - 1e-9 * max(1.0, observed)).sum())
