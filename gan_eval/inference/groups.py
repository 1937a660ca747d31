"""Groups of images that are not independent of each other: crops of one photograph, frames of one video.

The group is the unit of every interval, test and split. A grouping is an integer code per image, 0 to G - 1; None means
that every image stands alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

#: (N,) code of each image's group, 0 to G - 1, each code used.
Groups: TypeAlias = NDArray[np.intp]


def codes(labels: Sequence[Hashable]) -> Groups:
    """Code (N,) of each label, in the order in which labels first appear."""
    table: dict[Hashable, int] = {}
    return np.array([table.setdefault(label, len(table)) for label in labels], dtype=np.intp)


def subset(groups: Groups | None, rows: NDArray[np.intp]) -> Groups | None:
    """Groups of some of the images, coded anew; None where images stand alone."""
    return None if groups is None else np.unique(groups[rows], return_inverse=True)[1].astype(np.intp)


def count_of(n: int, groups: Groups | None) -> int:
    """Number of independent units among n images."""
    return n if groups is None else int(groups.max(initial=-1)) + 1


@overload
def by_group(values: NDArray[np.float64], groups: Groups | None) -> NDArray[np.float64]: ...
@overload
def by_group(values: None, groups: Groups | None) -> None: ...
@overload
def by_group(values: NDArray[np.float64] | None, groups: Groups | None) -> NDArray[np.float64] | None: ...
def by_group(values: NDArray[np.float64] | None, groups: Groups | None) -> NDArray[np.float64] | None:
    """Sums (G,) over each group of values (N,); the values themselves where images stand alone."""
    if values is None or groups is None:
        return values
    return np.bincount(groups, weights=values).astype(np.float64)


def halves_by_group(
    n: int, groups: Groups | None, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Two random halves of n images that share no group: indices in increasing order.

    The groups are halved, so that halves differ in images where groups differ in size.
    """
    order = rng.permutation(count_of(n, groups))
    if groups is None:
        return np.sort(order[: n // 2]), np.sort(order[n // 2 :])
    first = np.isin(groups, order[: len(order) // 2])
    return np.flatnonzero(first), np.flatnonzero(~first)


def design_effect(influence: NDArray[np.float64], groups: Groups) -> float:
    """Variance of a sum of influences (N,), centred, by groups over that of independent images; at least 0.

    Intervals that ignore the groups are too narrow by its root (Kish 1965).
    """
    independent = float(influence @ influence)
    summed = by_group(influence, groups)
    return float(summed @ summed) / independent if independent > 0 else 1.0
