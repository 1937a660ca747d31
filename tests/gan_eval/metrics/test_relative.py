from __future__ import annotations

import numpy as np
import pytest

from gan_eval.errors import MismatchError
from gan_eval.metrics.kernel_sums import kernel_sums
from gan_eval.metrics.relative import kernel_difference


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
