"""Sums of the kernel against the definition, one pair at a time in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gan_eval.errors import InputError, MismatchError, TooFewError
from gan_eval.metrics import rows as rows_module
from gan_eval.metrics.kernel_sums import CubicKernel, KernelSums, kernel_sums, paired_sums

Array = NDArray[Any]


def normal(n: int, dim: int, seed: int = 0, shift: float = 0.0) -> Array:
    return np.random.default_rng(seed).normal(shift, 1, (n, dim)).astype(np.float32)


def cubic(x: Array, y: Array) -> Array:
    """KID's kernel by its definition, in float64."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    values: Array = (x @ y.T / x.shape[1] + 1) ** 3
    return values


def constant(x: Array) -> float:
    """b³, which the sums leave out."""
    return CubicKernel.about(x).base ** 3


def mmd2(real: Array, fake: Array) -> float:
    """Unbiased MMD²: the mean over pairs of different images of each set, less twice that over both sets."""
    inside = sum((cubic(x, x).sum() - np.trace(cubic(x, x))) / (len(x) * (len(x) - 1)) for x in (real, fake))
    return float(inside - 2 * cubic(real, fake).mean())


@pytest.mark.parametrize(("n", "m", "dim"), [(2, 2, 1), (7, 5, 3), (30, 41, 8), (64, 64, 20)])
def test_mmd2_is_the_definitions(n: int, m: int, dim: int) -> None:
    real, fake = normal(n, dim), normal(m, dim, 1, 0.3)
    assert kernel_sums(real, fake).mmd2 == pytest.approx(mmd2(real, fake), rel=1e-5, abs=1e-6)


def test_every_part_is_the_sum_that_it_says() -> None:
    real, fake = normal(9, 4), normal(6, 4, 1)
    sums, b3 = kernel_sums(real, fake), constant(real)
    k = cubic(real, real) - b3
    np.testing.assert_allclose(sums.real.diagonal, np.trace(k), rtol=1e-5)
    np.fill_diagonal(k, 0)
    np.testing.assert_allclose(sums.real.rows, k.sum(1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(sums.real.squares, (k**2).sum(), rtol=1e-5)
    cross = cubic(real, fake) - b3
    np.testing.assert_allclose(sums.cross.rows, cross.sum(1), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(sums.cross.columns, cross.sum(0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(sums.cross.squares, (cross**2).sum(), rtol=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 20), st.integers(2, 20), st.integers(1, 9))
def test_tiles_do_not_show(n: int, m: int, tile: int) -> None:
    real, fake = normal(n, 3).astype(np.float64), normal(m, 3, 1).astype(np.float64)
    whole = kernel_sums(real, fake)
    with pytest.MonkeyPatch.context() as patch:
        for module in ("units", "kernel_sums"):
            patch.setattr(
                f"gan_eval.metrics.{module}.tiles", lambda count, size=tile: rows_module.tiles(count, size=size)
            )
        cut = kernel_sums(real, fake, kernel=CubicKernel.about(real[: len(real)]))
    assert cut.mmd2 == pytest.approx(whole.mmd2, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, 10.0, 1000.0])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_where_features_lie_costs_no_digits(shift: float, scale: float) -> None:
    """Float32 features far from 0: the sums agree with a computation in float64 of the same numbers."""
    real, fake = scale * (normal(20, 6) + shift), scale * (normal(25, 6, 1) + shift)
    single = kernel_sums(real.astype(np.float32), fake.astype(np.float32))
    double = kernel_sums(real.astype(np.float32).astype(np.float64), fake.astype(np.float32).astype(np.float64))
    spread = np.sqrt(double.cross.squares / (double.n * double.m))
    assert abs(single.mmd2 - double.mmd2) < 1e-5 * spread


def test_the_order_of_images_does_not_matter() -> None:
    real, fake = normal(12, 4), normal(10, 4, 1)
    order = np.random.default_rng(2).permutation(10)
    assert kernel_sums(real, fake[order]).mmd2 == pytest.approx(kernel_sums(real, fake).mmd2, rel=1e-6, abs=1e-9)


def test_exchanging_the_sides_exchanges_the_sums() -> None:
    real, fake = normal(12, 4).astype(np.float64), normal(10, 4, 1).astype(np.float64)
    kernel = CubicKernel.about(real)
    one, other = kernel_sums(real, fake, kernel=kernel), kernel_sums(fake, real, kernel=kernel)
    np.testing.assert_allclose(one.cross.rows, other.cross.columns)
    assert one.mmd2 == pytest.approx(other.mmd2)


@pytest.mark.parametrize("seed", range(4))
def test_pairs_of_one_group_are_left_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    real, fake = normal(12, 3, seed), normal(9, 3, seed + 50)
    gr, gf = np.sort(rng.integers(0, 4, 12)), np.sort(rng.integers(0, 3, 9))
    gr, gf = np.unique(gr, return_inverse=True)[1], np.unique(gf, return_inverse=True)[1]
    sums = kernel_sums(real, fake, real_groups=gr, fake_groups=gf)
    assert (sums.n, sums.m) == (gr.max() + 1, gf.max() + 1)
    pairs_left = [sum(int(c) ** 2 for c in np.bincount(g)) for g in (gr, gf)]
    inside = [
        (cubic(x, x)[g[:, None] != g]).sum() / (len(x) ** 2 - left)
        for x, g, left in ((real, gr, pairs_left[0]), (fake, gf, pairs_left[1]))
    ]
    wanted = inside[0] + inside[1] - 2 * cubic(real, fake).mean()
    assert sums.mmd2 == pytest.approx(wanted, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_paired_sums_are_the_difference_of_two_distances(seed: int) -> None:
    real = normal(14, 5, seed)
    a = normal(11, 5, seed + 10)
    b = (a + 0.1 * normal(11, 5, seed + 20)).astype(np.float32)
    difference = kernel_sums(real, a).mmd2 - kernel_sums(real, b).mmd2
    assert paired_sums(real, a, b).mmd2 == pytest.approx(difference, rel=1e-4, abs=1e-6)


def test_equal_models_differ_by_nothing() -> None:
    real, a = normal(14, 5), normal(11, 5, 1)
    sums = paired_sums(real, a, a)
    assert (sums.mmd2, sums.cross.squares, sums.fake.squares) == (0.0, 0.0, 0.0)


def test_what_is_too_large_for_float64_is_refused() -> None:
    huge = np.full((3, 2), 1e60) * np.array([[1.0], [-1.0], [2.0]])
    with pytest.raises(InputError, match="features too large"):
        kernel_sums(huge, huge)


def test_sets_of_one_image_have_no_distance() -> None:
    with pytest.raises(TooFewError, match="fake: 1 images"):
        kernel_sums(normal(3, 2), normal(1, 2))


def test_sets_of_two_networks_have_no_distance() -> None:
    with pytest.raises(MismatchError, match="dimension 2 and 3"):
        kernel_sums(normal(3, 2), normal(3, 3))


def test_a_kernel_of_ones_own_is_used() -> None:
    class Linear:
        def side(self, x: Any) -> Any:
            return np.asarray(x, np.float64)

        def values(self, left: Any, i: Any, right: Any, j: Any) -> Any:
            return left[i.rows] @ right[j.rows].T

    real, fake = normal(8, 3), normal(9, 3, 1, 0.5)
    sums: KernelSums = kernel_sums(real, fake, kernel=Linear())
    # With x·y the unbiased MMD² is |mean difference|² less what the spread of the two means adds to it.
    noise = sum(x.astype(np.float64).var(0, ddof=1).sum() / len(x) for x in (real, fake))
    shift = real.astype(np.float64).mean(0) - fake.astype(np.float64).mean(0)
    assert sums.mmd2 == pytest.approx(shift @ shift - noise, rel=1e-9)
