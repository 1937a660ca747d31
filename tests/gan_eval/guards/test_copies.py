from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from gan_eval.guards.copies import nearness

RNG = np.random.Generator


def cloud(rng: RNG, count: int = 50, shift: float = 0.0) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return (rng.normal(size=(count, 6)) + shift).astype(np.float32)


def test_the_ratio_is_of_median_nearest_distances(rng: RNG) -> None:
    real, fake = cloud(rng), cloud(rng, 30, shift=1)
    own = cdist(real, real) + np.diag([np.inf] * 50)
    wanted = np.median(cdist(fake, real).min(axis=1)) / np.median(own.min(axis=1))
    assert nearness(real, [fake])[0].ratio == pytest.approx(wanted, rel=1e-6)


def test_further_reals_are_about_as_near_as_reals(rng: RNG) -> None:
    found = nearness(cloud(rng, 400), [cloud(rng, 400)])[0]
    assert found.ratio == pytest.approx(1, abs=0.1)
    assert found.near_copies < 0.1


def test_copies_are_found_and_strangers_are_not(rng: RNG) -> None:
    real = cloud(rng)
    copies = real + rng.normal(0, 0.01, real.shape).astype(np.float32)
    half = np.concatenate([copies[:25], cloud(rng, 25, shift=9)])
    assert [one.near_copies for one in nearness(real, [copies, half, cloud(rng, shift=9)])] == [1, 0.5, 0]


def test_reals_that_are_one_image_have_no_usual_distance() -> None:
    real = np.ones((5, 3), np.float32)
    found = nearness(real, [real, real + 1])
    assert [one.ratio for one in found] == [None, None]
    assert [one.near_copies for one in found] == [1, 0]


def test_large_sets_are_thinned(rng: RNG) -> None:
    real = cloud(rng, 6000)
    assert nearness(real, [real])[0].near_copies == 1
