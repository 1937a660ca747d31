"""Finds images that are nearly identical, within a set or between two, and sets whose order is no chance.

Both look at features. Two images are nearly identical when they are much nearer to each other than an image of the set
is to its nearest other one, in the median. The order of a set matters when its first and its second half differ by more
than any of `PERMUTATIONS` random halves: the first images of such a set are no sample of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_eval.metrics.rows import Rows

#: Two images are nearly identical below this share of the median distance of nearest neighbours.
NEARLY = 0.42
#: Fewest features in which distances of nearest neighbours are alike enough to judge by.
LEAST_FEATURES = 64
#: At most so many images of a set are looked at, spread evenly over it.
MOST = 2000
#: Random halves that the first and the second half are held against.
PERMUTATIONS = 999
#: Fewest images of a set for a judgement.
LEAST = 16


class NearPair(NamedTuple):
    """Rows of two images that are nearly identical."""

    first: int
    second: int


def within(features: Rows) -> list[NearPair]:
    """Pairs of nearly identical images of one set (n, D): each image with its nearest other, once."""
    rows, x = _spread(features, MOST)
    if not _judged(x):
        return []
    squares = _squares(x, x)
    np.fill_diagonal(squares, np.inf)
    nearest = squares.argmin(axis=1)
    distances = np.sqrt(squares[np.arange(len(x)), nearest])
    near = np.flatnonzero(distances < NEARLY * np.median(distances))
    pairs = {(min(i, int(nearest[i])), max(i, int(nearest[i]))) for i in near.tolist()}
    return [NearPair(int(rows[i]), int(rows[j])) for i, j in sorted(pairs)]


def between(reference: Rows, others: Rows) -> list[NearPair]:
    """Images of `others` (m, D) that are nearly identical to one of `reference` (n, D).

    first: the row in `reference`, second: in `others`.
    """
    (rows, x), (other_rows, y) = _spread(reference, MOST), _spread(others, MOST)
    if not _judged(x):
        return []
    own = _squares(x, x)
    np.fill_diagonal(own, np.inf)
    limit = NEARLY * np.median(np.sqrt(own.min(axis=1)))
    squares = _squares(x, y)
    nearest = squares.argmin(axis=0)
    near = np.flatnonzero(np.sqrt(squares[nearest, np.arange(len(y))]) < limit)
    return [NearPair(int(rows[nearest[j]]), int(other_rows[j])) for j in near]


def is_ordered(features: Rows, *, seed: int = 0) -> bool:
    """Whether the first and the second half of a set (n, D) differ by more than all random halves do."""
    _, x = _spread(features, 1000)
    if not _judged(x):
        return False
    x = x - x.mean(axis=0)
    kernel = (x @ x.T / max(float((x**2).sum(axis=1).mean()), 1e-30) + 1) ** 3
    np.fill_diagonal(kernel, 0)
    signs = np.where(np.arange(len(x)) < len(x) // 2, 1.0, -1.0)
    rng = np.random.default_rng(seed)
    drawn = np.array([signs, *(rng.permutation(signs) for _ in range(PERMUTATIONS))])
    values = np.einsum("ij,ij->i", drawn @ kernel, drawn)
    return bool(values[0] > values[1:].max())


def _spread(features: Rows, most: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Rows spread evenly over a set, and their features."""
    n = features.shape[0]
    rows = np.arange(n) if n <= most else np.linspace(0, n - 1, most).astype(np.intp)
    return rows, np.asarray(features[rows], dtype=np.float64)


def _squares(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, m) squared distances; those that rounding cannot tell from 0 are 0."""
    centre = x.mean(axis=0)
    x, y = x - centre, y - centre
    norms = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)
    squares: NDArray[np.float64] = norms - 2 * x @ y.T
    squares[squares < 1e-13 * norms] = 0
    return squares


def _judged(x: NDArray[np.float64]) -> bool:
    """Whether a set is large enough, and its features enough, for a judgement."""
    return len(x) >= LEAST and x.shape[1] >= LEAST_FEATURES


def notes_of(sets: Mapping[str, Rows | None], names: Mapping[str, Sequence[str] | None]) -> list[str]:
    """A sentence for each thing that was found in the sets.

    Parameters
    ----------
    sets : name of the side → (n, D) features, None where they were not kept.
    names : of each side's images, None where they have none.

    Returns
    -------
    Sentences with the names of the first images concerned.
    """
    kept = {side: features for side, features in sets.items() if features is not None}

    def called(side: str, row: int) -> str:
        listed = names.get(side)
        return f"image {row + 1}" if listed is None else listed[row]

    notes = []
    for side, features in kept.items():
        if pairs := within(features):
            shown = [f"{called(side, pair.first)} and {called(side, pair.second)}" for pair in pairs]
            count = "1 pair" if len(pairs) == 1 else f"{len(pairs)} pairs"
            notes.append(f"{side}: {count} of images nearly identical ({_listed(shown)})")
        if is_ordered(features):
            notes.append(
                f"{side}: the first and the second half differ more than random halves do, so the first images are no "
                "sample of the set"
            )
    if "real" in kept and "fake" in kept and (pairs := between(kept["real"], kept["fake"])):
        shown = [f"{called('fake', pair.second)} like {called('real', pair.first)}" for pair in pairs]
        count = "1 fake image is" if len(pairs) == 1 else f"{len(pairs)} fake images are"
        notes.append(f"{count} nearly identical to real ones ({_listed(shown)})")
    return notes


def _listed(shown: Sequence[str]) -> str:
    return "; ".join(shown[:3]) + (" …" if len(shown) > 3 else "")
