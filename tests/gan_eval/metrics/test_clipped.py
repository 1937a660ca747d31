"""Clipped density and coverage: the authors' values, closed forms, and outliers."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.errors import TooFewError
from gan_eval.metrics.clipped import clipped, coverage_of, estimate, expected
from gan_eval.metrics.sides import EstimatorPlan
from tests.gan_eval.metrics.newer import ArraySide, published


def test_values_of_the_authors_program() -> None:
    found = clipped(*published())
    assert found.unclipped == pytest.approx(1.10649023, abs=1e-8)
    assert (found.density, found.coverage) == (1.0, 1.0)
    assert found.held == pytest.approx(0.641, abs=1e-12)
    np.testing.assert_allclose(expected(np.array([5, 75, 150]), 200, 5), [0.025, 0.36578787, 0.64078573], atol=1e-8)


def test_expected_share_is_that_of_a_simulation(rng: np.random.Generator) -> None:
    n, m, k = 30, 20, 3
    ball = np.sort(rng.random((20_000, n)), axis=1)[:, k - 1]  # of the mass, to the third of n neighbours
    held = np.minimum(rng.binomial(m, ball * n / n), k).mean() / k
    assert float(expected(np.array(m), n, k)) == pytest.approx(held, abs=0.02)


def test_far_fakes_score_nothing() -> None:
    real, fake = published()
    assert clipped(real, fake + 100)[:2] == (0.0, 0.0)


def test_an_outlier_among_the_reals_lifts_no_density() -> None:
    real, fake = published()
    far = fake + 3
    outliers = np.vstack([real, np.full((6, 8), 3.0) + np.eye(8)[:6]])
    assert clipped(outliers, far).unclipped < clipped(real, far).unclipped + 0.1


def test_half_good_fakes_cover_half() -> None:
    rng = np.random.default_rng(3)
    real, fake = rng.standard_normal((2, 400, 4))
    fake[200:] += 50
    assert clipped(real, fake).coverage == pytest.approx(0.5, abs=0.06)
    assert coverage_of(0.0, 400, 400, 5) == 0


def test_details_hold_the_null_and_the_unclipped_density() -> None:
    real, fake = (ArraySide(side) for side in published())
    density, coverage = estimate(real, fake, EstimatorPlan(), nearest=None)
    assert density.details["unclipped"]["value"] > 1
    for number in (density, coverage):
        assert number.details["null"]["value"] > 0.8
        assert number.interval is not None
        assert number.interval.low < number.interval.high == 1


def test_too_few_reals_are_refused() -> None:
    real, fake = published()
    with pytest.raises(TooFewError, match="k = 5"):
        clipped(real[:5], fake)
