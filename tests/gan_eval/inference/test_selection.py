"""Honest scores of what was chosen: closed forms, and no bias over equal checkpoints."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.errors import InputError
from gan_eval.inference.selection import cross_fit, random_halves


def simulated(rng: np.random.Generator, count: int, true: np.ndarray, n: int = 40) -> tuple[float, float, float]:
    """Honest and apparent score of the best of `count` checkpoints whose scores are means over n images."""
    images = true[:, None] + rng.standard_normal((count, n))
    first = random_halves(n, 20, int(rng.integers(1 << 31)))
    halves = np.stack([images @ first.T / first.sum(axis=1), images @ ~first.T / (~first).sum(axis=1)], axis=2)
    found = cross_fit(images.mean(axis=1).tolist(), halves)
    return found.honest, found.apparent, float(true[found.best])


@pytest.mark.parametrize("count", [5, 20, 50])
def test_equal_checkpoints_are_scored_without_bias(count: int) -> None:
    rng = np.random.default_rng(count)
    found = np.array([simulated(rng, count, np.zeros(count)) for _ in range(2000)])
    spread = 1 / np.sqrt(40)  # standard deviation of one checkpoint's score
    assert abs(found[:, 0].mean()) < 0.1 * spread
    assert found[:, 1].mean() < -1.0 * spread


def test_a_clearly_best_checkpoint_keeps_its_score() -> None:
    rng = np.random.default_rng(0)
    true = np.r_[0.0, np.full(9, 3.0)]
    found = np.array([simulated(rng, 10, true) for _ in range(300)])
    assert found[:, 0].mean() == pytest.approx(0, abs=0.03)
    assert (found[:, 2] == 0).all()


def test_the_best_on_one_half_is_scored_on_the_other() -> None:
    halves = np.repeat([[[1.0, 5.0]], [[2.0, 3.0]]], 20, axis=1)
    found = cross_fit([3.0, 2.5], halves)
    assert (found.best, found.apparent, found.honest, found.splits) == (1, 2.5, (5.0 + 2.0) / 2, 20)
    assert found.optimism == 1.0


def test_one_checkpoint_is_not_chosen() -> None:
    halves = np.random.default_rng(0).standard_normal((1, 20, 2))
    assert cross_fit([0.0], halves).honest == pytest.approx(halves.mean())


def test_halves_share_no_image_and_differ_between_splits() -> None:
    first = random_halves(11, 20, 0)
    assert (first.sum(axis=1) == 5).all()
    assert len({tuple(row) for row in first}) > 15
    np.testing.assert_array_equal(first, random_halves(11, 20, 0))


@pytest.mark.parametrize("shape", [(2, 20), (3, 20, 2), (2, 20, 3), (2, 19, 2)])
def test_faults_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="splits"):
        cross_fit([1.0, 2.0], np.zeros(shape))
