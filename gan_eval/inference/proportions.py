"""Shares of answers that are taken as independent.

Answers of one person are not independent; intervals over people are in `persons`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from gan_eval.inference.intervals import wilson
from gan_eval.result import Interval

Floats = NDArray[np.float64]


def clopper_pearson(successes: float, n: int, *, level: float = 0.95) -> Interval:
    """Exact binomial interval of a share (Clopper and Pearson 1934); half successes lie between their neighbours'."""
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(stats.beta.ppf(tail, successes, n - successes + 1))
    high = 1.0 if successes == n else float(stats.beta.ppf(1 - tail, successes + 1, n - successes))
    return Interval(low, high, level, "Clopper-Pearson, answers taken as independent")


def newcombe(successes_a: float, n_a: float, successes_b: float, n_b: float, *, level: float = 0.95) -> Interval:
    """Interval of the difference a − b of two independent shares (Newcombe 1998, method 10)."""
    a, b = wilson(successes_a, n_a, level=level), wilson(successes_b, n_b, level=level)
    share_a, share_b = successes_a / n_a, successes_b / n_b
    difference = share_a - share_b
    low = difference - float(np.hypot(share_a - a.low, b.high - share_b))
    high = difference + float(np.hypot(a.high - share_a, share_b - b.low))
    return Interval(low, high, level, "Newcombe, answers taken as independent")


def exact_multinomial_p(counts: Sequence[int], *, most: int = 20_000) -> float | None:
    """P-value of the exact test that all categories are equally likely; None past `most` outcomes to enumerate.

    The sum of the probabilities of all outcomes that are no more likely than the observed one.
    """
    n, k = sum(counts), len(counts)
    if special.comb(n + k - 1, k - 1) > most:
        return None
    # Stars and bars: a composition of n is where k − 1 bars stand among n + k − 1 places.
    bars = np.array(list(itertools.combinations(range(n + k - 1), k - 1)), dtype=np.int64).reshape(-1, k - 1)
    edges = np.pad(bars, ((0, 0), (1, 1)), constant_values=((0, 0), (-1, n + k - 1)))
    log_p = special.gammaln(n + 1) - special.gammaln(np.diff(edges)).sum(1) - n * np.log(k)
    seen = special.gammaln(n + 1) - special.gammaln(np.array(counts) + 1.0).sum() - n * np.log(k)
    return float(min(1.0, np.exp(log_p[log_p <= seen + 1e-9]).sum()))
