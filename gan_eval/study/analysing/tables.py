"""Answers as arrays: one row per answer, whatever they came from. N answers, P people, I items, k methods.

person (N,) is 0 … P−1, item (N,) 0 … I−1; both index `people` and `items` by name. Answers that say nothing (skipped,
timed out) have no row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class TrialAnswer(Protocol):
    """What a table needs of an answer. sources: by slot; source: the one chosen, None where no picture was.

    answer: "picture", "ranking", a label, "tie" or "both_bad".
    """

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources by slot."""

    @property
    def source(self) -> str | None:
        """The source chosen."""

    @property
    def ranking(self) -> tuple[str, ...]:
        """All sources, the best first; empty where they were not put in order."""

    @property
    def answer(self) -> str:
        """What was answered."""


class RowIndex(NamedTuple):
    """The columns that every table has: methods, number of people, items, and each answer's person and item."""

    methods: tuple[str, ...]
    people: int
    items: tuple[str, ...]
    person: Ints
    item: Ints


@dataclass(frozen=True, slots=True)
class AnswerRows:
    """What every table has."""

    methods: tuple[str, ...]
    people: int
    items: tuple[str, ...]
    person: Ints
    item: Ints

    def sums(self, values: Floats) -> Floats:
        """Per-person sums (P, q) of values (N, q)."""
        total = np.zeros((self.people, values.shape[1]))
        np.add.at(total, self.person, values)
        return total

    def sums_by_item(self, values: Floats) -> Floats:
        """Sums (P, I, q) of values (N, q)."""
        total = np.zeros((self.people, len(self.items), values.shape[1]))
        np.add.at(total, (self.person, self.item), values)
        return total


@dataclass(frozen=True, slots=True)
class BestOf(AnswerRows):
    """Best of k. chosen (N, k): 1 for the method chosen; a tie gives each 1/k."""

    chosen: Floats


@dataclass(frozen=True, slots=True)
class Pairs(AnswerRows):
    """Pairwise. a, b (N,): methods, a < b. won (N,): 1 where a was chosen, 0 where b, 0.5 a tie. a_left (N,): slots."""

    a: Ints
    b: Ints
    won: Floats
    a_left: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Labels(AnswerRows):
    """Single pictures. source (N,): method, or −1 for a real picture. said_real (N,)."""

    source: Ints
    said_real: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Doubles(AnswerRows):
    """A real and a fake picture. source (N,): the fake's method. fooled (N,): the fake was taken for the real one."""

    source: Ints
    fooled: NDArray[np.bool_]
