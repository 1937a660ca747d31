"""The Fréchet distance against closed forms, the peers' formula and a singular-value reference."""

import numpy as np
import pytest

from gan_eval.errors import InputError, MismatchError, TooFewError
from gan_eval.metrics.frechet import distance
from gan_eval.metrics.moments import Moments, statistics


def test_closed_form_of_diagonal_gaussians() -> None:
    a = Moments.from_mean_and_cov([0.0, 0.0], np.diag([1.0, 4.0]))
    b = Moments.from_mean_and_cov([3.0, 4.0], np.diag([9.0, 16.0]))
    assert distance(a, b) == pytest.approx(25 + (1 - 3) ** 2 + (2 - 4) ** 2, rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(30, 40), (30, 400), (400, 30), (400, 500)])
def test_equals_singular_values_of_the_features(rng: np.random.Generator, n: int, m: int) -> None:
    x, y = rng.standard_normal((n, 64)) ** 2, rng.standard_normal((m, 64)) + 1
    a, b = ((z - z.mean(0)) / np.sqrt(len(z) - 1) for z in (x, y))
    nuclear = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    wanted = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.sum(a**2) + np.sum(b**2) - 2 * nuclear
    assert distance(statistics(x), statistics(y)) == pytest.approx(wanted, rel=1e-9)


def test_of_a_set_with_itself_is_zero(rng: np.random.Generator) -> None:
    for n in (20, 200):
        side = statistics(rng.standard_normal((n, 64)))
        assert distance(side, side) < 1e-10


def test_dimensions_must_agree(rng: np.random.Generator) -> None:
    with pytest.raises(MismatchError, match="64 and 32"):
        distance(statistics(rng.standard_normal((9, 64))), statistics(rng.standard_normal((9, 32))))


def test_one_image_is_too_few(rng: np.random.Generator) -> None:
    with pytest.raises(TooFewError, match="fake: 1 images"):
        distance(statistics(rng.standard_normal((9, 64))), statistics(rng.standard_normal((1, 64))))


@pytest.mark.parametrize("n", [20, 400])
def test_copies_of_a_few_images_cost_no_digits(rng: np.random.Generator, n: int) -> None:
    x, y = rng.standard_normal((300, 64)), rng.standard_normal((5, 64))[rng.integers(0, 5, n)]
    a, b = ((z - z.mean(0)) / np.sqrt(len(z) - 1) for z in (x, y))
    nuclear = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    wanted = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.sum(a**2) + np.sum(b**2) - 2 * nuclear
    assert distance(statistics(x), statistics(y)) == pytest.approx(wanted, rel=1e-9)


def test_a_matrix_that_is_no_covariance_is_refused() -> None:
    good = Moments.from_mean_and_cov(np.zeros(3), np.eye(3))
    bad = Moments.from_mean_and_cov(np.zeros(3), np.diag([1.0, 1.0, -1.0]))
    with pytest.raises(InputError, match="positive semi-definite"):
        distance(bad, good)
