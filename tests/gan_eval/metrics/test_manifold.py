from __future__ import annotations

import warnings

import numpy as np
import pytest

from gan_eval.errors import TooFewError
from gan_eval.metrics import manifold


@pytest.mark.parametrize(("n", "m", "dim"), [(30, 40, 3), (200, 150, 64), (1100, 1300, 16)])
@pytest.mark.parametrize("k", [3, 5])
def test_the_four_numbers_are_prdcs(n: int, m: int, dim: int, k: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from prdc import compute_prdc
    rng = np.random.default_rng(n)
    real = rng.standard_normal((n, dim)).astype(np.float32)
    fake = (rng.standard_normal((m, dim)) * 1.1 + 0.2).astype(np.float32)
    expected = compute_prdc(real.astype(np.float64), fake.astype(np.float64), nearest_k=k)
    found = manifold.prdc(real, fake, k=k)
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, abs=1e-9), name


def test_far_apart_is_zero_and_the_same_is_one(rng: np.random.Generator) -> None:
    x = rng.standard_normal((50, 4)).astype(np.float32)
    far, same = manifold.prdc(x, x + 1000), manifold.prdc(x, x)
    assert (far.precision, far.recall, far.density, far.coverage) == (0, 0, 0, 0)
    assert (same.precision, same.recall, same.coverage) == (1, 1, 1)


def test_too_few_for_k_neighbours(rng: np.random.Generator) -> None:
    with pytest.raises(TooFewError):
        manifold.prdc(rng.standard_normal((5, 3)), rng.standard_normal((20, 3)), k=5)


@pytest.mark.parametrize("n", [40, 1100])
def test_a_ball_reaches_another_group(rng: np.random.Generator, n: int) -> None:
    x = rng.standard_normal((n, 4)).astype(np.float32)
    groups = np.arange(n) % (n // 2)
    squares = ((x[:, None].astype(np.float64) - x) ** 2).sum(axis=2)
    squares[groups[:, None] == groups] = np.inf
    expected = np.sort(squares, axis=1)[:, 2]
    found = manifold.squared_radii(x, 3, centre=x.mean(axis=0), groups=groups)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_siblings_are_no_neighbours_even_where_others_are_few(rng: np.random.Generator) -> None:
    x = rng.standard_normal((8, 3)).astype(np.float32)
    groups = np.repeat([0, 1], 4)
    radii = manifold.squared_radii(x, 3, centre=x.mean(axis=0), groups=groups)
    gaps = ((x[:4, None] - x[4:]) ** 2).sum(axis=2)
    np.testing.assert_allclose(radii[:4], np.sort(gaps, axis=1)[:, 2], rtol=1e-5)
    with pytest.raises(TooFewError, match="other groups"):
        manifold.squared_radii(x, 5, centre=x.mean(axis=0), groups=groups)
