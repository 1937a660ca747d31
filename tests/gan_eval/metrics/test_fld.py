"""FLD: the authors' ranges, the fit's optimum, copies, and what the metric shows beside it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from gan_eval.errors import TooFewError
from gan_eval.metrics.fld import HALVED, Likelihood, estimate, fitted, fld, nll
from gan_eval.metrics.sides import EstimatorPlan
from tests.gan_eval.metrics.newer import ArraySide


def sets() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    seeds = ((10, 400), (11, 200), (12, 300))
    train, test, fake = (np.random.default_rng(seed).standard_normal((n, 8)) for seed, n in seeds)
    return train, test, fake


def of(fake: np.ndarray) -> Likelihood:
    train, test, _ = sets()
    found = [fld(train, test, fake, np.random.default_rng(seed)) for seed in range(5)]
    return Likelihood(*np.mean(found, axis=0))


def test_values_lie_in_the_ranges_of_the_authors_program() -> None:
    train, _, fake = sets()
    assert of(fake).fld == pytest.approx(-0.9, abs=1.5)
    assert of(fake + 0.5).fld == pytest.approx(7.7, abs=1.5)
    assert of(np.concatenate([fake[:150], train[:150]])).fld == pytest.approx(9.4, abs=1.5)


def test_likelihood_is_that_of_the_authors_program() -> None:
    train, test, fake = sets()
    train, fake, test = ((side - test.mean(0)) / test.std(0, ddof=1) for side in (train, fake, test))
    assert nll(fake, fitted(fake, train), test) == pytest.approx(1.5133331421569993, abs=1e-7)


def test_copies_of_the_fitting_reals_are_found_by_score_and_gap() -> None:
    train, _, fake = sets()
    copied = of(train[:300])
    assert copied.fld > 1e6
    assert copied.gap < -1e6
    assert abs(of(fake).gap) < 10


def test_the_likelihood_is_that_of_the_mixture() -> None:
    _, x, centres = (side[:20] for side in sets())
    logs = np.linspace(-1, 1, 20)
    densities = [multivariate_normal(c, np.exp(s) * np.eye(8)).pdf(x) for c, s in zip(centres, logs, strict=True)]
    assert nll(centres, logs, x) == pytest.approx(-np.log(np.mean(densities, axis=0)).mean() / 8)


def test_a_lone_centre_gets_the_variance_about_it(rng: np.random.Generator) -> None:
    x = 3 * rng.standard_normal((2000, 8)) + 30  # far from its own mean's Gaussian of variance 1 at the start
    (log_variance,) = fitted(np.full((1, 8), 30.0), x)
    assert np.exp(log_variance) == pytest.approx(9, rel=0.35)


def test_the_metric_shows_gap_spread_and_null() -> None:
    train, _, fake = (ArraySide(side) for side in sets())
    (score,) = estimate(train, fake, EstimatorPlan())
    assert abs(score.value) < 5
    assert abs(score.details["null"]["value"]) < 8
    assert 0 < score.details["spread_over_halves"] < 5
    assert HALVED in score.warnings
    (copied,) = estimate(train, ArraySide(train.vectors[:300]), EstimatorPlan())
    assert copied.details["gap"]["value"] < -100


def test_the_same_seed_gives_the_same_value() -> None:
    train, _, fake = (ArraySide(side) for side in sets())
    assert estimate(train, fake, EstimatorPlan(seed=3)) == estimate(train, fake, EstimatorPlan(seed=3))


def test_too_few_reals_are_refused() -> None:
    with pytest.raises(TooFewError, match="at least 24"):
        estimate(ArraySide(np.zeros((23, 2))), ArraySide(np.zeros((9, 2))), EstimatorPlan())
