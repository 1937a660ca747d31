"""MIND: its exact laws, its symmetry, and what few images do to it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from gan_eval.errors import MismatchError
from gan_eval.metrics.mind import directions_of, estimate, mind
from gan_eval.metrics.sides import EstimatorPlan
from tests.gan_eval.metrics.newer import ArraySide, published

AXES = directions_of(8, 1000)


def test_a_shift_by_c_gives_three_times_its_square(rng: np.random.Generator) -> None:
    x, c = rng.standard_normal((50, 8)), np.full(8, 0.5)
    assert mind(x, x + c, axes=directions_of(8, 10_000)) == pytest.approx(3 * c @ c, rel=0.03)
    assert mind(x, x, axes=AXES) == 0


def test_a_stretch_gives_its_law(rng: np.random.Generator) -> None:
    x = rng.standard_normal((20_000, 8))
    assert mind(x, 1.5 * x, axes=AXES) == pytest.approx(3 * 8 * 0.5**2, rel=0.03)


def test_one_dimension_is_the_distance_of_sorted_values(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((40, 1)), rng.standard_normal((40, 1)) + 5  # disjoint: W2² is the mean squared gap
    gap = np.sort(x[:, 0]) - np.sort(y[:, 0])
    assert mind(x, y, axes=directions_of(1, 3)) == pytest.approx(3 * (gap**2).mean())
    assert wasserstein_distance(x[:, 0], y[:, 0]) == pytest.approx(abs(gap).mean())


def test_few_images_of_one_law_are_far_from_0_and_many_are_not(rng: np.random.Generator) -> None:
    draws = {n: mind(*(rng.standard_normal((n, 8)) for _ in range(2)), axes=AXES) for n in (200, 20_000)}
    assert draws[200] == pytest.approx(0.65, abs=0.15)
    assert draws[20_000] == pytest.approx(0.007, abs=0.002)


def test_the_larger_set_is_cut_and_the_null_stands_beside() -> None:
    real, fake = published()
    (score,) = estimate(ArraySide(real), ArraySide(fake), EstimatorPlan(), directions=200)
    assert score.details["n"] == 150
    assert 0.5 < score.details["null"]["value"] < score.value
    assert score.interval is not None
    assert score.interval.low < score.value < score.interval.high


def test_features_of_two_widths_are_refused() -> None:
    with pytest.raises(MismatchError):
        estimate(ArraySide(np.ones((9, 3))), ArraySide(np.ones((9, 4))), EstimatorPlan(), directions=5)
