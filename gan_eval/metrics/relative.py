"""Tests whether model A is nearer to the real images than model B: three-sample kernel test, with intervals.

    Δ = MMD²(A, R) - MMD²(B, R), both against one and the same real set R       Bounliphone et al. (2016)

The two distances share R, so their errors are correlated and the interval of Δ is narrower than two separate intervals
suggest. The mean over the pairs of R cancels. The variance is estimated without bias, degenerate part included, so
that it holds as well where A, B and R all agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from gan_eval.errors import MismatchError, TooFewError
from gan_eval.inference.intervals import normal
from gan_eval.metrics.kernel_error import LEAST, degenerate, influence, spread
from gan_eval.metrics.kernel_sums import KernelSums
from gan_eval.result import Interval


@dataclass(frozen=True, slots=True)
class Difference:
    """A's number less B's: of a distance, negative when A is nearer to the real images.

    value: the difference. standard_error: of it. interval: of it. p_value: two-sided, of no difference. freedom: of
    Student's t, infinity for the normal. paired: images of the two sets that show one input were taken together; their
    number, 0 where the sets count as independent.
    """

    value: float
    standard_error: float
    interval: Interval
    p_value: float
    freedom: float = np.inf
    paired: int = 0

    @property
    def p_nearer(self) -> float:
        """One-sided p-value of "A is not nearer than B": small when A is nearer (Bounliphone et al.'s test)."""
        return float(norm.cdf(self.value / self.standard_error)) if self.standard_error else 0.5


def kernel_difference(a: KernelSums, b: KernelSums, *, level: float = 0.95) -> Difference:
    """MMD²(A, R) - MMD²(B, R) from `kernel_sums(real, fake_a)` and `kernel_sums(real, fake_b)`, A and B independent.

    Raises MismatchError when the real sets differ in size; TooFewError below four units in a set.
    """
    if a.n != b.n:
        raise MismatchError(f"{a.n} and {b.n} real images: two models can be compared against one real set only")
    _check_enough(a.n, a.m, b.m)
    (real_a, fake_a), (real_b, fake_b) = influence(a), influence(b)
    linear = spread(real_a - real_b) + spread(fake_a) + spread(fake_b)
    second = degenerate(a, of_real=False) + degenerate(b, of_real=False)
    error = float(np.sqrt(max(linear - second, linear / 2)))
    return difference(a.mmd2 - b.mmd2, error, method="normal, three samples", level=level)


def paired_kernel_difference(sums: KernelSums, *, level: float = 0.95) -> Difference:
    """MMD²(A, R) - MMD²(B, R) from `paired_sums(real, a, b)`: the i-th images of A and B show one input.

    What the inputs add to both errors is taken out. Raises TooFewError below four units in a set.
    """
    _check_enough(sums.n, sums.m)
    linear = sum(map(spread, influence(sums)))
    error = float(np.sqrt(max(linear - degenerate(sums, of_real=False), linear / 2)))
    return difference(sums.mmd2, error, method="normal, three samples, paired by input", level=level)


def _check_enough(*counts: int) -> None:
    if min(counts) < LEAST:
        raise TooFewError(f"{min(counts)} images: a comparison needs at least {LEAST} in each set")


def difference(value: float, standard_error: float, *, method: str, level: float = 0.95) -> Difference:
    """A difference with a normal interval and a two-sided p-value; p is 1 where both value and error are 0."""
    z = abs(value) / standard_error if standard_error > 0 else (np.inf if value else 0.0)
    p = float(2 * norm.sf(z))
    return Difference(value, standard_error, normal(value, standard_error, method=method, level=level), p)


def student_difference(
    value: float, standard_error: float, freedom: float, *, method: str, level: float = 0.95
) -> Difference:
    """A difference with an interval and a two-sided p-value by Student's t; p is 1 where value and error are 0."""
    reach = float(student.isf((1 - level) / 2, freedom)) * standard_error
    ratio = abs(value) / standard_error if standard_error > 0 else (np.inf if value else 0.0)
    interval = Interval(value - reach, value + reach, level, method)
    return Difference(value, standard_error, interval, float(2 * student.sf(ratio, freedom)), freedom)
