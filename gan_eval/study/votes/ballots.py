"""Votes as arrays, whatever file they came from. N votes (or rows), k methods.

`Votes` are choices between two methods; `Rates` are numbers that one person has for one method, such as the share of
fakes that were taken for real.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Votes:
    """Choices between two methods.

    Parameters
    ----------
    methods : tuple of str
        Names, in the order in which the file has them.
    first, second : array (N,) int
        Places in `methods`: the method shown first (or on the left), and the other.
    won : array (N,) float
        1 where the first was chosen, 0 where the second, 0.5 where neither.
    voter, item : array (N,) int or None
        Who voted, and on what; None where the file has no such column.
    both_bad : int
        How many of the votes for neither called both bad.
    """

    methods: tuple[str, ...]
    first: Ints
    second: Ints
    won: Floats
    voter: Ints | None
    item: Ints | None
    both_bad: int = 0

    def __len__(self) -> int:
        return len(self.won)

    @property
    def voters(self) -> int | None:
        """How many people voted; None where that is not known."""
        return None if self.voter is None else int(self.voter.max(initial=-1)) + 1

    def wins(self, weights: Floats | None = None) -> Floats:
        """Table (k, k): how often the row was chosen over the column, a vote for neither being half for both."""
        k = len(self.methods)
        each = np.ones(len(self.won)) if weights is None else weights
        cells = self.first * k + self.second
        table = np.bincount(cells, each * self.won, k * k).reshape(k, k)
        back = np.bincount(cells, each * (1 - self.won), k * k).reshape(k, k)
        return np.asarray(table + back.T, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Rates:
    """One number per person and method.

    Parameters
    ----------
    methods : tuple of str
        Names, in the order in which the file has them.
    person, method : array (N,) int
        Who, and of which method.
    value : array (N,) float
        The number; more is better.
    measure : str
        Its column in the file.
    """

    methods: tuple[str, ...]
    person: Ints
    method: Ints
    value: Floats
    measure: str

    @property
    def people(self) -> int:
        """How many people there are."""
        return int(self.person.max(initial=-1)) + 1

    def table(self) -> Floats:
        """(P, k), the mean of a person's numbers for a method; NaN where there is none."""
        shape = (self.people, len(self.methods))
        total, count = np.zeros(shape), np.zeros(shape)
        np.add.at(total, (self.person, self.method), self.value)
        np.add.at(count, (self.person, self.method), 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(total / count, dtype=np.float64)
