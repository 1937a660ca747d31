"""How often the tests of pairs of models are wrong, and how often they find a difference.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.verdicts [--pool POOL.npz] [--repeats 200] [--dim 64]

POOL.npz holds features `f` (N, D) and the source `src` (N,) that each shows, such as crops of photographs; without it
they are drawn: rectified normal features, nine near-copies of each of 900 points. Nominal level: 0.05.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gan_eval.metrics.frechet_error import assess, difference
from gan_eval.metrics.kernel_error import variance
from gan_eval.metrics.kernel_sums import kernel_sums, paired_sums
from gan_eval.metrics.relative import kernel_difference, paired_kernel_difference

Floats = NDArray[np.float32]
#: Real images, and those of two models, all of one distribution.
SIZES = ((300, 300, 300), (300, 300, 140), (1000, 1000, 1000), (1000, 1000, 200), (200, 1000, 140), (1000, 140, 1000))


def drawn_pool() -> tuple[Floats, NDArray[np.intp]]:
    """900 sources, nine near-copies each, 256 rectified features."""
    rng = np.random.default_rng(0)
    sources = np.repeat(np.arange(900), 9)
    points = rng.standard_normal((900, 40)) @ rng.standard_normal((40, 256))
    return np.maximum(points[sources] + rng.standard_normal((8100, 256)), 0).astype(np.float32), sources


def frechet_levels(pool: Floats, dim: int, repeats: int) -> None:
    """Share of comparisons by FID that tell two samples of one distribution apart."""
    rng = np.random.default_rng(0)
    points = (pool @ rng.standard_normal((pool.shape[1], dim))).astype(np.float32)
    points /= points.std()
    for sizes in SIZES:
        p_values, held = [], []
        for seed in range(repeats):
            drawing = np.random.default_rng(seed)
            rows = points[drawing.integers(0, len(points), sum(sizes))]
            rows = rows + 0.05 * drawing.standard_normal(rows.shape).astype(np.float32)
            real, a, b = np.split(rows, np.cumsum(sizes)[:-1])
            first, second = assess(real, a, cuts=8, seed=seed), assess(real, b, cuts=8, seed=seed)
            p_values.append(difference(first, second).p_value)
            interval = first.population_interval()
            held.append(interval is not None and interval.low <= 0 <= interval.high)
        level, coverage = np.mean(np.array(p_values) < 0.05), np.mean(held)
        print(f"FID, D = {dim}, n = {sizes}: level {level:.3f}; population value covered {coverage:.3f}", flush=True)


def paired_power(pool: Floats, repeats: int) -> None:
    """Level and power for two translators of the same 100 inputs, the second shifted further from the real images."""
    rng = np.random.default_rng(1)
    spread, step = pool.std(axis=0), pool[: len(pool) // 2].mean(axis=0) - pool[len(pool) // 2 :].mean(axis=0)
    step *= np.linalg.norm(spread) / np.linalg.norm(step) * 0.6
    for further in (0.0, 0.01, 0.02):
        paired, apart = [], []
        for _ in range(repeats):
            rows = rng.choice(len(pool), 200, replace=False)
            real, inputs = pool[rows[:100]], pool[rows[100:]]
            a, b = (
                (inputs + way * step + 0.2 * spread * rng.standard_normal(inputs.shape)).astype(np.float32)
                for way in (0.1, 0.1 + further)
            )
            paired.append(paired_kernel_difference(paired_sums(real, a, b)).p_value < 0.05)
            apart.append(kernel_difference(kernel_sums(real, a), kernel_sums(real, b)).p_value < 0.05)
        print(
            f"KID, shift {further:.0%}: told apart in pairs {np.mean(paired):.3f}, as independent {np.mean(apart):.3f}",
            flush=True,
        )


def grouped_coverage(pool: Floats, sources: NDArray[np.intp], repeats: int) -> None:
    """Coverage and level for 11 and 40 sources of nine images each a side."""
    rng = np.random.default_rng(2)
    rows_of = {source: np.flatnonzero(sources == source)[:9] for source in np.unique(sources)}
    names = np.array([source for source, rows in rows_of.items() if len(rows) == 9])
    for count in (11, 40):
        groups = np.repeat(np.arange(count), 9)
        held = {"groups": 0, "images": 0}
        wrong = {"groups": 0, "images": 0}
        for _ in range(repeats):
            picked = rng.choice(names, 3 * count, replace=False).reshape(3, count)
            real, a, b = (pool[np.concatenate([rows_of[name] for name in side])] for side in picked)
            for unit, codes in (("groups", groups), ("images", None)):
                sums, other = (kernel_sums(real, x, real_groups=codes, fake_groups=codes) for x in (a, b))
                error = variance(sums)
                if error is not None:
                    interval = error.interval(sums.mmd2)
                    held[unit] += interval.low <= 0 <= interval.high
                wrong[unit] += kernel_difference(sums, other).p_value < 0.05
        shares = {unit: (held[unit] / repeats, wrong[unit] / repeats) for unit in held}
        print(f"KID, {count} sources x 9: coverage and level {shares}", flush=True)


def main() -> None:
    """Print all three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--dim", type=int, default=64)
    chosen = parser.parse_args()
    if chosen.pool is None:
        pool, sources = drawn_pool()
    else:
        with np.load(chosen.pool) as archive:
            pool, sources = archive["f"], archive["src"]
    frechet_levels(pool, chosen.dim, chosen.repeats)
    paired_power(pool, chosen.repeats)
    grouped_coverage(pool, sources, chosen.repeats)


if __name__ == "__main__":
    main()
