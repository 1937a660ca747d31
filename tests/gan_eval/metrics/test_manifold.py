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
