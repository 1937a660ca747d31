"""Shares: reference values, scipy and statsmodels as independent implementations, properties."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from gan_eval.inference.intervals import wilson
from gan_eval.inference.proportions import clopper_pearson, exact_multinomial_p, newcombe


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (17, 30, 0.3920, 0.7262),
        (0, 50, 0.0, 0.0713),
        (13, 20, 0.4329, 0.8188),
        (8, 30, 0.1418, 0.4445),
        (5, 30, 0.0734, 0.3356),
        (118, 200, 0.5208, 0.6558),
        (19, 50, 0.2586, 0.5185),
        (28, 100, 0.2014, 0.3749),
        (268, 1000, 0.2415, 0.2963),
    ],
)
def test_wilson_reference(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n)
    assert (interval.low, interval.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@settings(deadline=None)
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_wilson_and_clopper_pearson_are_scipys_and_statsmodels(pair: tuple[int, int], level: float) -> None:
    k, n = pair
    for own, name, other in ((wilson, "wilson", "wilson"), (clopper_pearson, "exact", "beta")):
        found = own(k, n, level=level)
        scipys = stats.binomtest(k, n).proportion_ci(level, method=name)
        theirs = proportion_confint(k, n, alpha=1 - level, method=other)
        assert (found.low, found.high) == pytest.approx((scipys.low, scipys.high), abs=1e-9)
        assert (found.low, found.high) == pytest.approx(theirs, abs=1e-6)


def test_clopper_pearson_reference() -> None:
    interval = clopper_pearson(17, 30)
    assert (interval.low, interval.high) == pytest.approx((0.3743, 0.7454), abs=5e-5)


def test_newcombe_reference_and_statsmodels() -> None:
    interval = newcombe(19, 50, 9, 50)
    assert (interval.low, interval.high) == pytest.approx((0.0236, 0.3611), abs=5e-5)
    theirs = confint_proportions_2indep(19, 50, 9, 50, method="newcomb")
    assert (interval.low, interval.high) == pytest.approx(theirs, abs=1e-9)


def test_exact_multinomial_reference() -> None:
    assert exact_multinomial_p([17, 8, 5]) == pytest.approx(0.0271, abs=5e-5)


def test_exact_multinomial_of_two_is_the_binomial_test() -> None:
    for k in range(8):
        assert exact_multinomial_p([k, 7 - k]) == pytest.approx(stats.binomtest(k, 7).pvalue)


def test_exact_multinomial_of_too_many_outcomes_is_left_out() -> None:
    assert exact_multinomial_p([1000, 1000, 1000]) is None
