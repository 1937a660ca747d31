"""Influence functions against a numerical derivative, and against leaving one image out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gan_eval.metrics.frechet import distance
from gan_eval.metrics.frechet_influence import influence
from gan_eval.metrics.moments import Moments, Statistics, statistics

Array = NDArray[Any]


def normal(n: int, dim: int, seed: int, shift: float = 0.0) -> Array:
    rng = np.random.default_rng(seed)
    return rng.normal(shift, 1, (n, dim)) @ rng.normal(0, 1, (dim, dim)) / np.sqrt(dim)


def weighted(x: Array, weights: Array) -> Moments:
    """Moments of weighted images; with equal weights those of the plain set."""
    n = len(x)
    weights = weights / weights.sum()
    mean = weights @ x
    return Moments(n, mean, ((x - mean).T * weights) @ (x - mean) * n / (n - 1))


def derivative(real: Array, fake: Array, side: str, step: float = 1e-4) -> Array:
    """d FID / d w of each image of one side, by central differences, centred."""
    n = len(real if side == "real" else fake)

    def value(weights: Array) -> float:
        ones = np.ones(len(fake if side == "real" else real))
        a = weighted(real, weights if side == "real" else ones)
        b = weighted(fake, weights if side == "fake" else ones)
        return distance(a, b)

    slopes = []
    for place in range(n):
        up, down = np.ones(n), np.ones(n)
        up[place] += step
        down[place] -= step
        slopes.append((value(up) - value(down)) / (2 * step))
    return np.array(slopes) - np.mean(slopes)


@pytest.mark.parametrize(("n", "m", "dim"), [(40, 30, 4), (60, 25, 3), (20, 20, 2)])
@pytest.mark.parametrize("side", ["real", "fake"])
def test_it_is_the_derivative_by_the_weight_of_an_image(n: int, m: int, dim: int, side: str) -> None:
    real, fake = normal(n, dim, 0), normal(m, dim, 1, 0.4)
    found = influence(real, fake, Moments.from_features(real), Moments.from_features(fake))
    mine = found.real if side == "real" else found.fake
    assert mine is not None
    np.testing.assert_allclose(mine, derivative(real, fake, side), rtol=2e-3, atol=1e-5)


def test_the_low_rank_form_gives_what_the_full_one_gives() -> None:
    """n ≤ D is kept as samples; the influence of these images is that of their covariance."""
    real, fake = normal(80, 6, 0), normal(6, 6, 1, 0.5)
    low = influence(real, fake, statistics(real), statistics(fake))
    again = influence(fake, real, statistics(fake), statistics(real))
    assert low.fake is not None
    assert again.real is not None
    np.testing.assert_allclose(low.fake, again.real, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_its_squares_estimate_what_leaving_one_out_does(seed: int) -> None:
    """The infinitesimal jackknife against the jackknife."""
    real, fake = normal(120, 3, seed), normal(100, 3, seed + 10, 0.6)
    found = influence(real, fake, Moments.from_features(real), Moments.from_features(fake))
    assert found.fake is not None
    left_out = np.array(
        [distance(Moments.from_features(real), Moments.from_features(np.delete(fake, i, 0))) for i in range(len(fake))]
    )
    jackknife = (len(fake) - 1) / len(fake) * np.square(left_out - left_out.mean()).sum()
    assert np.square(found.fake).sum() == pytest.approx(jackknife, rel=0.1)


@pytest.mark.parametrize("missing", ["real", "fake"])
def test_a_side_without_its_features_has_none(missing: str) -> None:
    real, fake = normal(30, 3, 0), normal(30, 3, 1)
    given: dict[str, Array | None] = {"real": real, "fake": fake}
    given[missing] = None
    found = influence(given["real"], given["fake"], statistics(real), statistics(fake))
    assert (found.real is None, found.fake is None) == (missing == "real", missing == "fake")


def test_the_sides_may_be_exchanged() -> None:
    real, fake = normal(30, 3, 0), normal(25, 3, 1)
    a: Statistics = Moments.from_features(real)
    b: Statistics = Moments.from_features(fake)
    one, other = influence(real, fake, a, b), influence(fake, real, b, a)
    assert one.real is not None
    assert other.fake is not None
    np.testing.assert_allclose(one.real, other.fake, rtol=1e-6, atol=1e-9)


def test_a_covariance_without_full_rank_has_finite_influences() -> None:
    real = normal(30, 4, 0)
    real[:, 3] = real[:, 0]
    found = influence(real, normal(30, 4, 1), Moments.from_features(real), Moments.from_features(normal(30, 4, 1)))
    assert found.real is not None
    assert found.fake is not None
    assert np.isfinite(found.real).all()
    assert np.isfinite(found.fake).all()


def test_contributions_add_up_to_nothing() -> None:
    real, fake = normal(50, 4, 0), normal(40, 4, 1)
    found = influence(real, fake, statistics(real), statistics(fake))
    assert found.real is not None
    assert found.fake is not None
    assert abs(found.real.sum()) < 1e-9
    assert abs(found.fake.sum()) < 1e-9
