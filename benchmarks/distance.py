"""Seconds of the distance steps against scipy's sqrtm and the peers' subsets, the network left out.

    python -m benchmarks.distance [--dim 2048] [--fid 500,2048,5000] [--kid 50000,5000]

The error of the Fréchet distance is relative to singular values of the features' own triangular factors in float64.
KID above 10,000 images runs in disjoint blocks; the peers' cost does not depend on n. Peak memory is the process's so
far, features and their making included: run the largest KID alone, or first, for its own.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from gan_eval.metrics.frechet import distance
from gan_eval.metrics.kernel import mmd2
from gan_eval.metrics.moments import statistics

T = TypeVar("T")


def features(n: int, dim: int, seed: int) -> NDArray[np.float32]:
    """Rectified features (n, dim) with a falling spectrum, made in parts so that memory is that of the result."""
    mixing = np.random.default_rng(0).standard_normal((dim, dim), dtype=np.float32) / np.float32(np.sqrt(dim))
    scale = (np.arange(1, dim + 1) ** -0.7).astype(np.float32)
    rng, out = np.random.default_rng(seed), np.empty((n, dim), np.float32)
    for start in range(0, n, 4096):
        part = out[start : start + 4096]
        part[:] = np.maximum((rng.standard_normal(part.shape, dtype=np.float32) * scale) @ mixing + 0.05 * seed, 0)
    return out


def timed(call: Callable[[], T], repeats: int) -> tuple[float, T]:
    """Least seconds of `repeats` calls, and the result."""
    best, result = np.inf, None
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        best = min(best, time.perf_counter() - start)
    assert result is not None
    return best, result


def reference(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
    """The Fréchet distance from singular values, float64."""
    means, factors = [], []
    for z in (x.astype(np.float64), y.astype(np.float64)):
        means.append(z.mean(axis=0))
        centred = (z - means[-1]) / np.sqrt(len(z) - 1)
        factors.append(np.linalg.qr(centred, mode="r") if len(z) > z.shape[1] else centred)
    nuclear = np.linalg.svd(factors[0] @ factors[1].T, compute_uv=False).sum()
    return float(np.sum((means[0] - means[1]) ** 2) + sum(np.sum(f * f) for f in factors) - 2 * nuclear)


def fid_row(n: int, dim: int) -> None:
    """One line: ours and sqrtm."""
    x, y = features(n, dim, 1), features(n, dim, 2)
    a, b = statistics(x), statistics(y)
    product = a.cov @ b.cov
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, _ = timed(lambda: scipy.linalg.sqrtm(product), 1)
    ours, value = timed(lambda: distance(a, b), 3)
    exact = reference(x, y)
    print(
        f"FID n = {n:6d}: sqrtm {theirs:7.3f} s, ours {ours:7.3f} s, {theirs / ours:6.1f} times; "
        f"relative error {abs(value - exact) / exact:.1e}",
        flush=True,
    )


def kid_row(n: int, dim: int) -> None:
    """One line: ours and the peers' subsets (torch-fidelity's and clean-fid's)."""
    x, y = features(n, dim, 1), features(n, dim, 2)
    ours, made = timed(lambda: mmd2(x, y), 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    line = f"KID n = {n:6d}: ours {ours:7.2f} s ({made.method}), peak memory {peak:.2f} GB"
    if n >= 1000:
        for name, seconds in _peers(x, y):
            line += f", {name} {seconds:.2f} s, {seconds / ours:.1f} times"
    print(line, flush=True)


def _peers(x: NDArray[np.float32], y: NDArray[np.float32]) -> list[tuple[str, float]]:
    import torch
    from cleanfid.fid import kernel_distance
    from torch_fidelity.metric_kid import kid_features_to_metric

    settings = {
        "kid_subsets": 100,
        "kid_subset_size": 1000,
        "kid_kernel": "poly",
        "kid_kernel_poly_degree": 3,
        "kid_kernel_poly_gamma": None,
        "kid_kernel_poly_coef0": 1,
        "rng_seed": 2020,
        "verbose": False,
    }
    tensors = torch.from_numpy(y), torch.from_numpy(x)
    first, _ = timed(lambda: kid_features_to_metric(*tensors, **settings), 1)
    second, _ = timed(lambda: kernel_distance(x, y), 1)
    return [("torch-fidelity", first), ("clean-fid", second)]


def main() -> None:
    """Print the table. KID comes first, so that its peak memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dim", type=int, default=2048)
    parser.add_argument("--fid", default="500,2048,5000")
    parser.add_argument("--kid", default="50000,5000")
    chosen = parser.parse_args()
    for n in filter(None, chosen.kid.split(",")):
        kid_row(int(n), chosen.dim)
    for n in filter(None, chosen.fid.split(",")):
        fid_row(int(n), chosen.dim)


if __name__ == "__main__":
    main()
