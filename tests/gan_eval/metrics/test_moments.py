from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_eval.errors import InputError, MismatchError
from gan_eval.metrics.moments import Moments, Samples, StreamingMoments, statistics


def features(n: int, dim: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, dim)) * rng.uniform(0.1, 10, dim) + rng.uniform(-50, 50, dim)).astype(np.float32)


@pytest.mark.parametrize(("n", "form"), [(5, Samples), (8, Samples), (9, Moments), (2000, Moments)])
def test_small_sets_keep_their_images(n: int, form: type) -> None:
    x = features(n, 8)
    made = statistics(x)
    assert isinstance(made, form)
    np.testing.assert_allclose(made.mean, x.mean(0, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(made.cov, np.cov(x.astype(np.float64), rowvar=False), rtol=1e-10, atol=1e-10)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_the_cut_into_batches_changes_no_bit(sizes: list[int]) -> None:
    x = features(sum(sizes), 6)
    whole, parts = StreamingMoments(6), StreamingMoments(6)
    whole.update(x)
    for start, size in zip(np.cumsum([0, *sizes[:-1]]), sizes, strict=True):
        parts.update(x[start : start + size])
    np.testing.assert_array_equal(whole.finish().cov, parts.finish().cov)


@pytest.mark.parametrize(("n", "m"), [(3, 4), (5, 40), (40, 5), (300, 500)])
def test_parts_add_up(n: int, m: int) -> None:
    x = features(n + m, 8)
    together, whole = statistics(x[:n]) + statistics(x[n:]), statistics(x)
    assert together.n == whole.n
    np.testing.assert_allclose(together.mean, whole.mean, rtol=1e-12)
    np.testing.assert_allclose(together.cov, whole.cov, rtol=1e-9, atol=1e-9)


def test_the_root_is_a_root() -> None:
    made = statistics(features(6, 20))
    assert isinstance(made, Samples)
    root = made.root()
    assert root.shape == (5, 20)
    np.testing.assert_allclose(root.T @ root, made.cov, rtol=1e-10, atol=1e-10)


def test_other_dimensions_do_not_add_up() -> None:
    with pytest.raises(MismatchError):
        statistics(features(5, 8)) + statistics(features(5, 9))


def test_nan_is_refused() -> None:
    with pytest.raises(InputError, match="NaN"):
        statistics(np.full((3, 2), np.nan, np.float32))


@pytest.mark.parametrize("bits", [0x7FA00000, 0x7FC00000, 0x7F800000, 0xFF800000])
def test_a_file_of_moments_that_are_no_numbers_is_refused_without_a_warning(bits: int) -> None:
    """A signalling NaN warns when it is cast, which is how damage of a float32 file looks."""
    cov = np.eye(2, dtype=np.float32)
    cov.view(np.uint32)[0, 0] = bits
    with pytest.raises(InputError, match="NaN or infinity"):
        Moments.from_mean_and_cov(np.zeros(2), cov)
