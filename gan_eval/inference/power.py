"""How many people and trials a study needs.

Answers of one person are alike: with intra-person correlation ρ and m trials each, P people are worth m·P/deff
independent answers, deff = 1 + (m − 1)ρ. So people count for more than trials. ρ of 0.05 to 0.10 is usual for such
tasks; it is a guess until a pilot has measured it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from gan_eval.inference.intervals import wilson

Floats = NDArray[np.float64]


def design_effect(trials: int, rho: float) -> float:
    """Factor by which answers of the same people widen a variance."""
    return 1 + (trials - 1) * rho


def binomial_power(share: ArrayLike, n: ArrayLike, *, alpha: float = 0.05) -> Floats:
    """Power of the exact two-sided binomial test against one half, with n independent answers; shapes broadcast.

    Against one half the test is symmetric: it rejects at c or fewer and at n − c or more, c the last with a tail of
    at most alpha/2.
    """
    p, size = np.asarray(share, dtype=np.float64), np.asarray(n, dtype=np.float64)
    last = stats.binom.ppf(alpha / 2, size, 0.5)
    last = np.where(stats.binom.cdf(last, size, 0.5) > alpha / 2, last - 1, last)
    return np.asarray(stats.binom.cdf(last, size, p) + stats.binom.sf(size - last - 1, size, p), dtype=np.float64)


def answers_needed(share: float, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """Independent answers from which the exact binomial test against one half keeps `power` for 30 sizes more.

    The power of a discrete test rises in a saw-tooth; the first n that reaches it may be followed by some that do not.
    """
    start, reached = 2, 0
    while True:
        for n, enough in enumerate(binomial_power(share, np.arange(start, start + 4096), alpha=alpha) >= power, start):
            reached = reached + 1 if enough else 0
            if reached == 31:
                return n - 30
        start += 4096


def answers_for_half_width(half_width: float, *, share: float = 0.5, level: float = 0.95) -> int:
    """Independent answers for a Wilson interval no wider than ± half_width."""

    def too_wide(n: int) -> bool:
        interval = wilson(share * n, n, level=level)
        return interval.high - interval.low > 2 * half_width

    return _first(lambda n: not too_wide(n))


def chi_square_effect(shares: Sequence[float]) -> float:
    """Cohen's w of shares against equal ones."""
    table = np.asarray(shares, dtype=np.float64)
    null = 1 / len(table)
    return float(np.sqrt(((table - null) ** 2 / null).sum()))


def chi_square_answers(shares: Sequence[float], *, power: float = 0.8, alpha: float = 0.05) -> int:
    """Independent answers for the chi-square test that all shares are equal."""
    df, w = len(shares) - 1, chi_square_effect(shares)
    critical = stats.chi2.ppf(1 - alpha, df)

    def shortfall(n: float) -> float:
        return float(stats.ncx2.sf(critical, df, n * w**2)) - power

    return int(np.ceil(optimize.brentq(shortfall, 1.0, 1e9)))


def person_power(mean: float, sd: float, people: int, *, alpha: float = 0.05) -> float:
    """Power of the two-sided t test over people that a per-person number of this mean and sd is not zero."""
    critical = stats.t.ppf(1 - alpha / 2, people - 1)
    shift = mean / sd * np.sqrt(people)
    return float(stats.nct.sf(critical, people - 1, shift) + stats.nct.cdf(-critical, people - 1, shift))


def groups_power(spread: float, sd: float, groups: int, people: int, *, alpha: float = 0.05) -> float:
    """Power of the test over people that `groups` numbers of each person have equal means (repeated measures).

    spread: root of the sum of squared differences of the means from their mean. sd: of a normalised contrast within
    people. With two groups this is `person_power` of half their difference (noncentral F = t²).
    """
    free = groups - 1, (groups - 1) * (people - 1)
    critical = stats.f.ppf(1 - alpha, *free)
    return float(stats.ncf.sf(critical, *free, people * (spread / sd) ** 2))


def people_needed(mean: float, sd: float, *, power: float = 0.8, alpha: float = 0.05, groups: int = 2) -> int:
    """Fewest people with that power; `groups` as in `groups_power`."""
    return _first(lambda people: groups_power(mean, sd, groups, people, alpha=alpha) >= power, start=3)


def share_sd(share: float, trials: int, rho: float) -> float:
    """Standard deviation over people of a share of `trials` answers."""
    return float(np.sqrt(share * (1 - share) / trials * design_effect(trials, rho)))


def difference_sd(share_a: float, share_b: float, trials: int, rho: float) -> float:
    """Standard deviation over people of the difference of two shares of the same answers (best of k)."""
    variance = share_a + share_b - (share_a - share_b) ** 2
    return float(np.sqrt(variance / trials * design_effect(trials, rho)))


def simulated_power(
    share: float, people: int, trials: int, rho: float, *, runs: int, rng: np.random.Generator, alpha: float = 0.05
) -> float:
    """Power against one half of the t test over people, by simulation of beta-binomial people."""
    rates = rng.beta(*_beta(share, rho), size=(runs, people)) if rho > 0 else np.full((runs, people), share)
    shares = rng.binomial(trials, rates) / trials - 0.5
    spread = shares.std(axis=1, ddof=1) / np.sqrt(people)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(shares.mean(axis=1) / spread)
    return float((t > stats.t.ppf(1 - alpha / 2, people - 1)).mean())


def _beta(share: float, rho: float) -> tuple[float, float]:
    concentration = 1 / rho - 1
    return share * concentration, (1 - share) * concentration


def _first(holds: Callable[[int], bool], *, start: int = 1) -> int:
    """Smallest n for which a condition that stays true once true holds; doubling, then halving."""
    high = start
    while not holds(high):
        high *= 2
    low = max(start, high // 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
