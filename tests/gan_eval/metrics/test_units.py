"""Groups as units: kernel sums against a plain double loop, and what independence they restore."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_eval.metrics import units as layout
from gan_eval.metrics.kernel_error import variance
from gan_eval.metrics.kernel_sums import kernel_sums, paired_sums
from gan_eval.metrics.units import Units


def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray((x.astype(np.float64) @ y.T.astype(np.float64) / x.shape[1] + 1) ** 3)


def plain(x: np.ndarray, y: np.ndarray, g: np.ndarray, h: np.ndarray) -> float:
    """MMD² over all pairs of images in different groups."""
    inner = [kernel(side, side)[labels[:, None] != labels].mean() for side, labels in ((x, g), (y, h))]
    return float(sum(inner) - 2 * kernel(x, y).mean())


def features(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, 6))


def labels(sizes: list[int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))


@given(st.lists(st.integers(1, 5), min_size=2, max_size=12), st.lists(st.integers(1, 5), min_size=2, max_size=12))
def test_mmd2_is_the_mean_over_pairs_of_different_groups(first: list[int], second: list[int]) -> None:
    g, h = labels(first), labels(second, 1)
    x, y = features(len(g), 0), features(len(h), 1)
    assert kernel_sums(x, y, real_groups=g, fake_groups=h).mmd2 == pytest.approx(plain(x, y, g, h), abs=1e-7)


def test_groups_of_one_are_no_groups() -> None:
    x, y = features(30, 0), features(20, 1)
    alone = kernel_sums(x, y)
    grouped = kernel_sums(x, y, real_groups=np.arange(30), fake_groups=np.arange(20))
    assert grouped.mmd2 == pytest.approx(alone.mmd2, rel=1e-12)
    assert variance(grouped) == pytest.approx(variance(alone), rel=1e-9)


def test_tiles_do_not_change_the_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    g, h = labels([7, 1, 3, 4, 2]), labels([2, 5, 5])
    x, y = features(len(g), 0), features(len(h), 1)
    whole = kernel_sums(x, y, real_groups=g, fake_groups=h)
    monkeypatch.setattr(layout, "TILE", 4)
    assert len(Units.of(len(g), g).tiles) > 2
    cut = kernel_sums(x, y, real_groups=g, fake_groups=h)
    assert cut.real.rows == pytest.approx(whole.real.rows)
    assert cut.cross.squares == pytest.approx(whole.cross.squares)


def test_grouped_pairs_are_the_difference_of_grouped_distances() -> None:
    g, h = labels([3] * 6), labels([2] * 8)
    x, a, b = features(18, 0), features(16, 1), features(16, 2)
    apart = kernel_sums(x, a, real_groups=g, fake_groups=h).mmd2 - kernel_sums(x, b, real_groups=g, fake_groups=h).mmd2
    assert paired_sums(x, a, b, real_groups=g, fake_groups=h).mmd2 == pytest.approx(apart, abs=1e-7)


def test_groups_restore_the_coverage_that_copies_cost() -> None:
    held = {"images": 0, "groups": 0}
    for seed in range(120):
        rng = np.random.default_rng(seed)
        g = np.repeat(np.arange(12), 9)
        x, y = (
            (rng.standard_normal((12, 8))[g] + 0.3 * rng.standard_normal((108, 8))).astype(np.float32) for _ in range(2)
        )
        for name, groups in (("images", None), ("groups", g)):
            sums = kernel_sums(x, y, real_groups=groups, fake_groups=groups)
            error = variance(sums)
            assert error is not None
            interval = error.interval(sums.mmd2)
            held[name] += interval.low <= 0 <= interval.high
    assert held["groups"] >= 0.88 * 120
    assert held["images"] < 0.6 * 120
