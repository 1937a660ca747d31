"""Signal detection: reference values, and what must hold of d′."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.inference.detection import d_prime_many, two_alternative, yes_no


def test_reference() -> None:
    found = yes_no(31, 50, 9, 50)
    assert (found.d_prime, found.criterion, found.se) == pytest.approx((1.1910, 0.2962, 0.2732), abs=5e-5)
    interval = found.interval()
    assert (interval.low, interval.high) == pytest.approx((0.6555, 1.7265), abs=5e-5)


def test_perfect_detection_is_finite() -> None:
    assert yes_no(20, 20, 0, 20).d_prime == pytest.approx(3.9615, abs=5e-5)


def test_guessing_has_no_sensitivity_and_no_bias() -> None:
    found = yes_no(25, 50, 25, 50)
    assert (found.d_prime, found.criterion) == (0, 0)


def test_saying_fake_of_everything_is_bias_alone() -> None:
    found = yes_no(50, 50, 50, 50)
    assert found.d_prime == 0
    assert found.criterion < -2


def test_hyper_real_fakes_have_negative_sensitivity() -> None:
    assert yes_no(10, 50, 30, 50).d_prime < 0


def test_arrays_give_what_single_counts_give() -> None:
    d, c = d_prime_many(np.array([31.0, 20.0]), np.array([50.0, 20.0]), np.array([9.0, 0.0]), np.array([50.0, 20.0]))
    singles = [yes_no(31, 50, 9, 50), yes_no(20, 20, 0, 20)]
    assert d == pytest.approx([one.d_prime for one in singles])
    assert c == pytest.approx([one.criterion for one in singles])


def test_two_alternative_reference() -> None:
    assert two_alternative(732, 1000) == pytest.approx(0.8752, abs=5e-5)


def test_two_alternative_is_corrected_at_the_ends_only() -> None:
    assert np.isfinite(two_alternative([0, 10], [10, 10])).all()
    assert two_alternative(5, 10) == 0


def test_nothing_shown_has_no_sensitivity() -> None:
    nothing, some = np.array([0.0]), np.array([4.0])
    assert np.isnan(d_prime_many(nothing, nothing, some, some)).all()
    assert np.isnan(d_prime_many(some, some, nothing, nothing)).all()
    assert np.isnan(two_alternative(0, 0))
