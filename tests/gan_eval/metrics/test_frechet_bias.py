"""How the bias of a Fréchet distance falls: against the simulated bias itself, and its limits."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.metrics.frechet import distance
from gan_eval.metrics.frechet_bias import rise_at_half
from gan_eval.metrics.moments import statistics

DIM = 32


def simulated(spectrum: np.ndarray, n: int, m: int) -> float:
    """The same ratio from whole samples by the project's own distance."""
    rng = np.random.default_rng(1)
    whole, halves = [], []
    for _ in range(150):
        x, y = (rng.standard_normal((size, DIM)) * np.sqrt(spectrum) for size in (n, m))
        whole.append(distance(statistics(x), statistics(y)))
        halves += [distance(statistics(p), statistics(q)) for p in (x[::2], x[1::2]) for q in (y[::2], y[1::2])]
    return float(np.mean(halves) / np.mean(whole) - 1)


@pytest.mark.parametrize(("n", "m"), [(70, 70), (70, 700), (700, 70)])
@pytest.mark.parametrize("steep", [0.0, 1.0])
def test_agrees_with_whole_samples(n: int, m: int, steep: float) -> None:
    spectrum = (1 + np.arange(DIM)) ** -steep
    assert rise_at_half(spectrum, n / DIM, m / DIM) == pytest.approx(simulated(spectrum, n, m), abs=0.06)


def test_one_large_side_makes_the_bias_rise_faster_than_doubling() -> None:
    assert rise_at_half(np.ones(DIM), 2.2, 50.0) > 1.05


def test_many_images_have_a_bias_that_doubles() -> None:
    assert rise_at_half(np.ones(DIM), 100.0, np.inf) == pytest.approx(1.0, abs=0.08)


def test_exact_sides_and_a_flat_spectrum_have_no_bias_to_tell() -> None:
    assert rise_at_half(np.zeros(DIM), 3.0, 3.0) == 1.0
    assert rise_at_half(np.ones(DIM), np.inf, np.inf) == 1.0
