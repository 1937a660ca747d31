from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel

from gan_eval.errors import InputError, MismatchError, TooFewError
from gan_eval.metrics import kernel


def sets(n: int, m: int, dim: int = 32, shift: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n + m)
    x, y = rng.standard_normal((n, dim)), rng.standard_normal((m, dim)) + shift
    return np.maximum(x, 0).astype(np.float32), np.maximum(y, 0).astype(np.float32)


def by_definition(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x.astype(np.float64), y.astype(np.float64)
    kxx, kyy, kxy = (polynomial_kernel(a, b, degree=3, coef0=1) for a, b in ((x, x), (y, y), (x, y)))
    n, m = len(x), len(y)
    within = (kxx.sum() - np.trace(kxx)) / (n * (n - 1)) + (kyy.sum() - np.trace(kyy)) / (m * (m - 1))
    return float(within - 2 * kxy.mean())


@pytest.mark.parametrize(("n", "m"), [(2, 3), (10, 10), (50, 80), (1500, 1100)])
def test_it_is_the_unbiased_mmd(n: int, m: int) -> None:
    x, y = sets(n, m)
    assert kernel.mmd2(x, y).value == pytest.approx(by_definition(x, y), abs=1e-6)


@pytest.mark.parametrize(("n", "m"), [(10, 12), (300, 280), (1500, 1100)])
def test_float64_features_agree_to_the_last_digits(n: int, m: int) -> None:
    x, y = (side.astype(np.float64) for side in sets(n, m))
    assert kernel.mmd2(x, y).value == pytest.approx(by_definition(x, y), rel=1e-12)


@pytest.mark.parametrize("mean", [0.0, 1.0, 10.0, 30.0, -10.0])
@pytest.mark.parametrize("spread", [0.01, 0.1, 1.0])
def test_features_far_from_the_origin_lose_nothing(mean: float, spread: float) -> None:
    rng = np.random.default_rng(0)
    x = (mean + spread * rng.standard_normal((400, 64))).astype(np.float32)
    y = (mean + spread * (rng.standard_normal((300, 64)) + 0.3)).astype(np.float32)
    assert kernel.mmd2(x, y).value == pytest.approx(by_definition(x, y), rel=2e-5, abs=1e-12)


@pytest.mark.parametrize("scale", [1e-8, 1e-3, 1e4, 1e8, 1e20])
def test_any_scale_has_a_finite_value_and_interval(scale: float) -> None:
    x, y = (scale * side for side in sets(60, 50))
    found = kernel.mmd2(x, y)
    interval = found.interval()
    assert interval is not None
    assert interval.low < found.value < interval.high
    assert np.isfinite([interval.low, interval.high]).all()
    assert found.value == pytest.approx(by_definition(x, y), rel=1e-4, abs=1e-12)


@pytest.mark.parametrize("value", [1e38, np.inf, np.nan])
def test_features_beyond_arithmetic_are_refused(value: float) -> None:
    x, y = sets(30, 30)
    x[3, 4] = value
    with pytest.raises(InputError, match="too large"):
        kernel.mmd2(x, y)


def test_blocks_use_every_image_and_agree_with_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = sets(1000, 900)
    exact = kernel.mmd2(x, y)
    monkeypatch.setattr(kernel, "EXACT_LIMIT", 300)
    monkeypatch.setattr(kernel, "BLOCK", 200)
    blocked = kernel.mmd2(x, y)
    assert blocked.method == "5 disjoint blocks"
    assert blocked.standard_error is not None
    assert blocked.value == pytest.approx(exact.value, abs=4 * blocked.standard_error)
    assert kernel.mmd2(x, y, exact=True).value == exact.value


def test_torch_fidelitys_subsets() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from torch_fidelity.metric_kid import kid_features_to_metric
    x, y = sets(300, 280, 2048)
    named = {"kid_subsets": 20, "kid_subset_size": 100, "kid_kernel": "poly", "rng_seed": 2020, "verbose": False}
    named |= {"kid_kernel_poly_degree": 3, "kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1}
    expected = kid_features_to_metric(torch.from_numpy(y), torch.from_numpy(x), **named)
    found = kernel.subsets(x, y, like="torch-fidelity", seed=2020, count=20, size=100)
    assert found.mean == pytest.approx(expected["kernel_inception_distance_mean"], abs=1e-6)
    assert found.std == pytest.approx(expected["kernel_inception_distance_std"], abs=1e-6)


def test_clean_fids_subsets() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cleanfid.fid import kernel_distance
    x, y = sets(300, 280, 2048)
    np.random.seed(7)  # noqa: NPY002 - clean-fid draws from the global state
    expected = kernel_distance(x, y, num_subsets=10, max_subset_size=100)
    found = kernel.subsets(x, y, like="clean-fid", seed=7, count=10, size=100)
    assert found.mean == pytest.approx(expected, abs=1e-6)


def test_the_interval_covers_the_truth_of_equal_sets() -> None:
    covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x, y = (rng.standard_normal((60, 8)).astype(np.float32) for _ in range(2))
        interval = kernel.mmd2(x, y).interval()
        assert interval is not None
        covered += interval.low <= 0 <= interval.high
    assert covered >= 51  # 95 % of 60 is 57; fewer than 51 has probability 0.001


def test_faults_are_named() -> None:
    x, y = sets(10, 10)
    with pytest.raises(MismatchError):
        kernel.mmd2(x, y[:, :5])
    with pytest.raises(TooFewError, match="fake: 1 images"):
        kernel.mmd2(x, y[:1])
