"""Random draws that a seed repeats on any machine and in any language, and Williams squares.

The generator is SHA-256 in counter mode, so that neither numpy's nor Python's version can change a study: with
key = SHA-256(seed ‖ 0 ‖ label), word n is the first 4 bytes, big-endian, of SHA-256(key ‖ n as 8 bytes big-endian).
Each purpose has its own label and hence its own stream.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_WORDS = 1 << 32


class Drbg:
    """Deterministic random bit generator of one seed and one label."""

    def __init__(self, seed: str, label: str) -> None:
        self._key = hashlib.sha256(f"{seed}\0{label}".encode()).digest()
        self._count = 0

    def u32(self) -> int:
        """The next word, uniform on 0 … 2³²−1."""
        block = hashlib.sha256(self._key + self._count.to_bytes(8, "big")).digest()
        self._count += 1
        return int.from_bytes(block[:4], "big")

    def below(self, bound: int) -> int:
        """Uniform on 0 … bound−1, without modulo bias: words past the last whole multiple are drawn again."""
        limit = _WORDS - _WORDS % bound
        while (word := self.u32()) >= limit:
            pass
        return word % bound

    def choice(self, values: Sequence[T]) -> T:
        """One of `values`, each with the same probability."""
        return values[self.below(len(values))]

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """A uniformly random order of `values` (Fisher–Yates, from the end)."""
        order = list(values)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order


def williams(k: int) -> tuple[tuple[int, ...], ...]:
    """Rows of a Williams square over 0 … k−1: k rows for even k, 2k for odd.

    Each value stands equally often in each column, and each ordered pair of neighbours occurs equally often
    (Williams 1949). The first row is 0, 1, k−1, 2, k−2, …; the others add 1, 2, … modulo k; an odd k needs the
    mirrored rows too.
    """
    first, low, high = [0], 1, k - 1
    while len(first) < k:
        first.append(low)
        low += 1
        if len(first) < k:
            first.append(high)
            high -= 1
    rows = [tuple((value + step) % k for value in first) for step in range(k)]
    if k % 2 and k > 1:
        rows += [row[::-1] for row in rows]
    return tuple(rows)
