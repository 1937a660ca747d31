"""Errors from halves, where the truth is known: means of independent numbers."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.metrics import half_samples
from tests.gan_eval.metrics.newer import ArraySide


def gap(a: np.ndarray, b: np.ndarray) -> float:
    return float(a.mean() - b.mean())


@pytest.mark.parametrize(("n", "m"), [(400, 400), (300, 100), (5000, 5000)])
def test_the_error_of_a_difference_of_means(n: int, m: int, rng: np.random.Generator) -> None:
    sides = ArraySide(rng.standard_normal((n, 1))), ArraySide(3 * rng.standard_normal((m, 1)))
    errors = [half_samples.assess(gap, *sides, seed) for seed in range(12)]
    found = np.mean([error.standard_error for error in errors if error is not None])
    assert found == pytest.approx(np.sqrt(1 / n + 9 / m), rel=0.15)


def test_groups_are_cut_whole(rng: np.random.Generator) -> None:
    groups = np.repeat(np.arange(40), 10)
    values = np.repeat(rng.standard_normal(40), 10)[:, None]
    fake = ArraySide(np.zeros((400, 1)))
    grouped = half_samples.assess(gap, ArraySide(values, groups=groups), fake, 0)
    alone = half_samples.assess(gap, ArraySide(values), fake, 0)
    assert grouped is not None
    assert alone is not None
    assert grouped.standard_error == pytest.approx(values.std() / np.sqrt(40), rel=0.3)
    assert alone.standard_error < 0.5 * grouped.standard_error


def test_too_few_images_have_no_error_and_no_null() -> None:
    few, many = ArraySide(np.zeros((15, 1))), ArraySide(np.zeros((50, 1)))
    assert half_samples.assess(gap, few, many, 0) is None
    assert half_samples.null(gap, few, 0) is None
    assert half_samples.null(gap, many, 0) == {"value": 0.0, "n": 25}


def test_a_share_has_a_width_where_halves_never_differ() -> None:
    bar = half_samples.HalfSamples(0.0, 30).share_interval(0.0, 60)
    assert (bar.low, bar.high) == (0, pytest.approx(0.0602, abs=1e-4))
    wide = half_samples.HalfSamples(0.1, 30).share_interval(0.5, 60)  # worth 25 independent images
    assert (wide.low, wide.high) == (pytest.approx(0.317, abs=2e-3), pytest.approx(0.683, abs=2e-3))


def test_an_interval_stays_within_the_numbers_bounds() -> None:
    bar = half_samples.HalfSamples(0.2, 30).interval(0.95, least=0, most=1)
    assert (bar.high, bar.level) == (1, 0.95)
    assert bar.low == pytest.approx(0.95 - 2.042 * 0.2, abs=1e-3)
