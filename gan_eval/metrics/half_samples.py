"""Errors of numbers of two sets from their halves, and the number of two halves of the real set beside it.

Both sets are cut at random into two parts without a common image (whole groups where images have groups), and each part
of one is held against each part of the other. With v_ij the number of part i of the reals and part j of the fakes,

    E (mean_j v_0j - v_1j)² / 2  =  what the reals add to the variance at the size of a part,

likewise the fakes, and a variance falls as 1/n. It holds for any number that is smooth in the sets' distributions, with
no bootstrap, whose copies of images break distances between neighbours.

Two halves of the real set differ by chance alone: their number is the one of a perfect model with half as many images.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from gan_eval.inference.groups import Groups, count_of, halves_by_group
from gan_eval.inference.intervals import wilson
from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import Rows
from gan_eval.metrics.sides import Side, rows_of
from gan_eval.result import Interval

METHOD = "half samples; for the expectation at these numbers of images"
#: Images of a part at most; more would only cost time.
MOST = 2048
#: Fewest images or groups of a side that are cut.
LEAST = 16
#: Cuts of the smallest sets, fewer in inverse proportion to the number of images.
MOST_CUTS, FEWEST_CUTS, CUTS_AT = 60, 6, 6000

#: A number of a real set (n, D) and a fake one (m, D).
Statistic = Callable[[Array, Array], float]


class HalfSamples(NamedTuple):
    """What the halves tell of a number.

    standard_error: of the number of the whole sets. freedom: independent units of the smaller set, less one.
    """

    standard_error: float
    freedom: int

    def interval(self, value: float, *, least: float = -np.inf, most: float = np.inf) -> Interval:
        """95 % interval of the expectation of `value`, within the number's own bounds."""
        reach = float(student.ppf(0.975, self.freedom)) * self.standard_error
        return Interval(max(value - reach, least), min(value + reach, most), 0.95, METHOD)

    def share_interval(self, share: float, count: int) -> Interval:
        """95 % interval of a share of `count` images: Wilson's, of as many independent ones as the error is worth.

        It has a width at 0 and at 1 as well, where halves never differ.
        """
        binomial = share * (1 - share)
        worth = binomial / self.standard_error**2 if binomial > 0 and self.standard_error > 0 else count
        worth = min(worth, count)
        return wilson(share * worth, worth, method=METHOD)


def assess(statistic: Statistic, real: Side, fake: Side, seed: int) -> HalfSamples | None:
    """The error of `statistic` of the two sets; None where one is too small."""
    x, y = rows_of(real), rows_of(fake)
    units = min(count_of(side.shape[0], groups) for side, groups in ((x, real.groups), (y, fake.groups)))
    if units < LEAST:
        return None
    rng = np.random.default_rng(seed)
    variances = [_of_cut(statistic, x, y, real.groups, fake.groups, rng) for _ in range(_cuts(x, y))]
    return HalfSamples(float(np.sqrt(np.mean(variances))), units - 1)


def null(statistic: Statistic, real: Side, seed: int) -> dict[str, Any] | None:
    """`statistic` of two halves of the real set, the mean over cuts, as a score's detail; None of too few images."""
    x = rows_of(real)
    if count_of(x.shape[0], real.groups) < LEAST:
        return None
    rng = np.random.default_rng(seed)
    values, size = [], 0
    for _ in range(max(2, _cuts(x, x) // 4)):
        first, second = _parts(x.shape[0], real.groups, rng)
        values.append(statistic(_rows(x, first), _rows(x, second)))
        size = len(first)
    return {"value": float(np.mean(values)), "n": size}


def _cuts(x: Rows, y: Rows) -> int:
    return int(np.clip(CUTS_AT // max(x.shape[0], y.shape[0]), FEWEST_CUTS, MOST_CUTS))


def _of_cut(
    statistic: Statistic, x: Rows, y: Rows, x_groups: Groups | None, y_groups: Groups | None, rng: np.random.Generator
) -> float:
    """The variance of the whole sets' number, from one cut of both."""
    cuts = [_parts(side.shape[0], groups, rng) for side, groups in ((x, x_groups), (y, y_groups))]
    reals, fakes = ([_rows(side, part) for part in parts] for side, parts in zip((x, y), cuts, strict=True))
    values = np.array([[statistic(one, other) for other in fakes] for one in reals])
    shares = [len(parts[0]) / side.shape[0] for side, parts in zip((x, y), cuts, strict=True)]
    gaps = [float(np.diff(values.mean(axis=1 - axis))[0]) for axis in (0, 1)]
    return sum(gap**2 / 2 * share for gap, share in zip(gaps, shares, strict=True))


def _parts(n: int, groups: Groups | None, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """Rows of two parts without a common image or group, of at most `MOST` images each."""
    return [
        half if len(half) <= MOST else np.sort(rng.choice(half, MOST, replace=False))
        for half in halves_by_group(n, groups, rng)
    ]


def _rows(x: Rows, rows: NDArray[np.intp]) -> Array:
    return np.asarray(x[rows], dtype=np.float64)
