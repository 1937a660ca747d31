"""Is model A nearer to the real images than model B? The three-sample kernel test, and differences with intervals.

    Δ = MMD²(A, R) - MMD²(B, R), both against one and the same real set R       Bounliphone et al. (2016)

The two distances share R, so their errors are correlated and the interval of Δ is narrower than two separate intervals
suggest. The mean over the pairs of R cancels. The variance is estimated without bias, degenerate part included, so
that it holds as well where A, B and R all agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from gan_eval.errors import MismatchError, TooFewError
from gan_eval.metrics.intervals import normal
from gan_eval.metrics.kernel import Components, KernelSums, components, estimate
from gan_eval.result import Interval


@dataclass(frozen=True, slots=True)
class Difference:
    """A's distance less B's: negative when A is nearer to the real images.

    value: the difference. standard_error: of it. interval: of it. p_value: two-sided, of no difference.
    """

    value: float
    standard_error: float
    interval: Interval
    p_value: float

    @property
    def p_nearer(self) -> float:
        """One-sided p-value of "A is not nearer than B": small when A is nearer (Bounliphone et al.'s test)."""
        return float(norm.cdf(self.value / self.standard_error)) if self.standard_error else 0.5


def kernel_difference(a: KernelSums, b: KernelSums, *, level: float = 0.95) -> Difference:
    """MMD²(A, R) - MMD²(B, R) from `kernel_sums(real, fake_a)` and `kernel_sums(real, fake_b)`.

    Raises MismatchError when the real sets differ in size, TooFewError below four images in a set.
    """
    if len(a.real.rows) != len(b.real.rows):
        raise MismatchError("two models are compared against one real set, but these have different numbers of images")
    if min(len(x.rows) for x in (a.real, a.fake, b.fake)) < 4:
        raise TooFewError("a comparison of kernel distances needs at least 4 images in each set")
    error = float(np.sqrt(_variance(a, b)))
    method = "normal, three-sample, unbiased variance"
    return difference(estimate(a).value - estimate(b).value, error, method=method, level=level)


def difference(value: float, standard_error: float, *, method: str, level: float = 0.95) -> Difference:
    """A difference with a normal interval and a two-sided p-value; p is 1 where both value and error are 0."""
    z = abs(value) / standard_error if standard_error > 0 else (np.inf if value else 0.0)
    p = float(2 * norm.sf(z))
    return Difference(value, standard_error, normal(value, standard_error, method=method, level=level), p)


def _variance(a: KernelSums, b: KernelSums) -> float:
    """Variance of MMD²(A, R) - MMD²(B, R); R enters through r ↦ E k(A, r) - E k(B, r) alone."""
    one, two = components(a), components(b)
    n = len(a.real.rows)
    to_a, to_b = a.cross.rows / len(a.fake.rows), b.cross.rows / len(b.fake.rows)
    together = to_a @ to_b / n
    apart = (to_a.sum() * to_b.sum() - to_a @ to_b) / (n * (n - 1))
    shared = one.real.between + two.real.between - 2 * (together - apart)
    linear = 4 * (one.fake.linear / len(a.fake.rows) + two.fake.linear / len(b.fake.rows) + shared / n)
    return max(float(linear), 0.0) + max(_degenerate(one, a) + _degenerate(two, b), 0.0)


def _degenerate(parts: Components, sums: KernelSums) -> float:
    """The degenerate part without that of the pairs of R, which cancel in the difference."""
    n = len(sums.real.rows)
    return parts.degenerate - 2 * parts.real.within / (n * (n - 1))
