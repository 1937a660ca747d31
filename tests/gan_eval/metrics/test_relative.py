from __future__ import annotations

import numpy as np
import pytest

from gan_eval.errors import MismatchError, TooFewError
from gan_eval.metrics.kernel_sums import kernel_sums, paired_sums
from gan_eval.metrics.relative import kernel_difference, paired_kernel_difference


def draw(seed: int, shift: float, n: int = 60) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal((n, 8)) + shift).astype(np.float32)


def test_the_nearer_model_is_told() -> None:
    real = draw(0, 0)
    made = kernel_difference(kernel_sums(real, draw(1, 0.1)), kernel_sums(real, draw(2, 1)))
    assert made.value < 0
    assert made.p_value < 0.01
    assert made.p_nearer < 0.01


def test_swapping_the_models_swaps_the_sign() -> None:
    real = draw(0, 0)
    a, b = kernel_sums(real, draw(1, 0.1)), kernel_sums(real, draw(2, 0.4))
    forth, back = kernel_difference(a, b), kernel_difference(b, a)
    assert forth.value == pytest.approx(-back.value)
    assert forth.p_value == pytest.approx(back.p_value)


def test_two_models_alike_are_seldom_told_apart() -> None:
    rejected = 0
    for seed in range(100):
        real, a, b = (draw(3 * seed + i, shift, 50) for i, shift in enumerate((0, 0.3, 0.3)))
        rejected += kernel_difference(kernel_sums(real, a), kernel_sums(real, b)).p_value < 0.05
    assert rejected <= 13  # of 100 at 5 %: more has probability 0.001


def test_another_real_set_is_refused() -> None:
    with pytest.raises(MismatchError):
        kernel_difference(kernel_sums(draw(0, 0), draw(1, 0)), kernel_sums(draw(0, 0, 50), draw(1, 0)))


def paired_draw(seed: int, further: float, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Real images, and two translations of common inputs, the second `further` off."""
    real, inputs = draw(3 * seed, 0, n), draw(3 * seed + 1, 0.3, n)
    noise = draw(3 * seed + 2, 0, 2 * n) * np.float32(0.1)
    return real, inputs + noise[:n], inputs + np.float32(further) + noise[n:]


def test_paired_difference_is_that_of_the_two_distances() -> None:
    real, a, b = paired_draw(0, 0.2)
    apart = kernel_sums(real, a).mmd2 - kernel_sums(real, b).mmd2
    assert paired_kernel_difference(paired_sums(real, a, b)).value == pytest.approx(apart, rel=1e-9)


def test_pairing_finds_what_independent_sets_hide() -> None:
    real, a, b = paired_draw(0, 0.05)
    assert paired_kernel_difference(paired_sums(real, a, b)).p_value < 1e-3
    assert kernel_difference(kernel_sums(real, a), kernel_sums(real, b)).p_value > 0.05


def test_paired_models_alike_are_told_apart_as_often_as_the_level_says() -> None:
    p = [paired_kernel_difference(paired_sums(*paired_draw(seed, 0))).p_value for seed in range(150)]
    assert np.mean(np.array(p) < 0.05) <= 0.11
    assert np.mean(np.array(p) < 0.5) >= 0.35


def test_a_set_paired_with_itself_does_not_differ() -> None:
    real, a, _ = paired_draw(0, 0)
    found = paired_kernel_difference(paired_sums(real, a, a))
    assert (found.value, found.p_value) == (0.0, 1.0)


def test_four_units_are_the_least() -> None:
    real, a, b = paired_draw(0, 0, 3)
    with pytest.raises(TooFewError):
        paired_kernel_difference(paired_sums(real, a, b))
