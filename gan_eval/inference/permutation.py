"""Tests that need no independence between one person's answers: people are independent, and that is enough.

All arrangements are enumerated when there are at most ENUMERABLE of them; else a random sample is drawn and the
p-value is (b + 1)/(B + 1), which never understates it (Phipson and Smyth 2010).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


def sign_flip(differences: Floats, *, rng: np.random.Generator, arrangements: int = ARRANGEMENTS) -> PermutationResult:
    """Two-sided test that per-person differences (P,) are symmetric about zero; the statistic is their mean.

    NaN marks people without a value. People whose difference is zero stay in the mean and flip to themselves.
    """
    known = differences[~np.isnan(differences)]
    moving = known[known != 0]
    observed = abs(known.sum())
    mean = float(known.mean()) if len(known) else 0.0
    exact = 2 ** len(moving) <= ENUMERABLE
    if exact:
        signs = 1.0 - 2.0 * ((np.arange(2 ** len(moving))[:, None] >> np.arange(len(moving))) & 1)
        hits, total = _at_least(np.abs(signs @ moving), observed), len(signs)
        return PermutationResult(mean, hits / total, len(known), True)
    hits, chunk = 0, max(1, _SIGNS // len(moving))
    for start in range(0, arrangements, chunk):
        size = min(chunk, arrangements - start)
        signs = 1.0 - 2.0 * rng.integers(0, 2, size=(size, len(moving)), dtype=np.int8)
        hits += _at_least(np.abs(signs @ moving), observed)
    return PermutationResult(mean, (hits + 1) / (arrangements + 1), len(known), False)


def vector_sign_flip(table: Floats, *, rng: np.random.Generator, arrangements: int = ARRANGEMENTS) -> PermutationResult:
    """Test that each person's row of (P, k) is as likely as its negative; the statistic is |sum of the rows|².

    A row holds, for instance, a person's wins less losses of each method: without a preference the opposite answers
    are as likely. A person need not have met every method, since a method not met has a zero.
    """
    moving = table[(table != 0).any(1)]
    observed = float((moving.sum(0) ** 2).sum())
    if 2 ** len(moving) <= ENUMERABLE:
        signs = 1.0 - 2.0 * ((np.arange(2 ** len(moving))[:, None] >> np.arange(len(moving))) & 1)
        hits = _at_least(((signs @ moving) ** 2).sum(1), observed)
        return PermutationResult(observed, hits / len(signs), len(table), True)
    hits, chunk = 0, max(1, _SIGNS // len(moving))
    for start in range(0, arrangements, chunk):
        size = min(chunk, arrangements - start)
        signs = 1.0 - 2.0 * rng.integers(0, 2, size=(size, len(moving)), dtype=np.int8)
        hits += _at_least(((signs @ moving) ** 2).sum(1), observed)
    return PermutationResult(observed, (hits + 1) / (arrangements + 1), len(table), False)


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
