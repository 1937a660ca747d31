"""How often the tests of pairs of models are wrong, and how often they find a difference.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.verdicts [--pool POOL.npz] [--repeats 200] [--dim 64] [--parts balls,is]

POOL.npz holds features `f` (N, D) and the source `src` (N,) that each shows, such as crops of photographs; without it
they are drawn: rectified normal features, nine near-copies of each of 900 points. Nominal level: 0.05.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gan_eval.metrics import inception_score
from gan_eval.metrics.frechet_error import assess, difference
from gan_eval.metrics.kernel_error import variance
from gan_eval.metrics.kernel_sums import kernel_sums, paired_sums
from gan_eval.metrics.manifold_difference import assess as assess_balls
from gan_eval.metrics.manifold_difference import difference as ball_difference
from gan_eval.metrics.relative import kernel_difference, paired_kernel_difference
from gan_eval.metrics.sides import EstimatorPlan

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


BALLS = ("precision", "recall", "density", "coverage")
#: Real images, and those of two models, and whether these show the same inputs.
BALL_CASES = (
    ((50, 50, 50), False),
    ((100, 100, 100), False),
    ((100, 100, 100), True),
    ((300, 300, 140), False),
    ((300, 300, 300), True),
    ((1000, 1000, 1000), False),
)


def ball_levels(pool: Floats, repeats: int, cuts: int) -> None:
    """Level of the tests by precision and its kin, and their power where the second model keeps 85 % of the spread."""
    rng = np.random.default_rng(3)
    points = (pool @ rng.standard_normal((pool.shape[1], 32)) / 16).astype(np.float32)
    spread, middle = points.std(), points.mean(axis=0)
    for sizes, paired in BALL_CASES:
        for kept in (1.0, 0.85):
            p_values, values = [], []
            for seed in range(repeats):
                drawing = np.random.default_rng(seed)
                real, a, b = np.split(points[drawing.integers(0, len(points), sum(sizes))], np.cumsum(sizes)[:-1])
                b = a if paired else b
                real, a, b = (
                    (x + 0.1 * spread * drawing.standard_normal(x.shape)).astype(np.float32)
                    for x in (real, a, middle + kept * (b - middle))
                )
                models = (assess_balls(real, x, 5, size=min(sizes[1:]), cuts=cuts, seed=seed) for x in (a, b))
                tests = ball_difference(*models, paired=paired)
                p_values.append([test.p_value for test in tests])
                values.append([test.value for test in tests])
            shares = (np.array(p_values) < 0.05).mean(axis=0)
            shown = ", ".join(f"{name} {share:.3f}" for name, share in zip(BALLS, shares, strict=True))
            what = "level" if kept == 1 else f"power at {kept:.0%} of the spread"
            print(f"{'paired ' * paired}n = {sizes}, {what}: {shown}", flush=True)


def inception_levels(repeats: int) -> None:
    """Level and power of the test by the Inception score; classes follow from a few factors."""
    weights = np.random.default_rng(4).standard_normal((8, 40))
    for sizes in ((50, 50), (300, 140), (1000, 1000)):
        for sharper in (1.0, 1.1):
            told = []
            for seed in range(repeats):
                rng = np.random.default_rng(seed)
                sides = {
                    name: _Classes(by * (rng.standard_normal((n, 8)) @ weights).astype(np.float32))
                    for name, n, by in zip("ab", sizes, (1.0, sharper), strict=True)
                }
                plan = EstimatorPlan(seed=seed)
                found = inception_score.differences(sides["a"], sides, plan=plan, matches={}, own={"splits": None})
                told.append(found.differences["is"]["a", "b"].p_value < 0.05)
            print(f"Inception score, n = {sizes}, logits times {sharper}: told apart {np.mean(told):.3f}", flush=True)


class _Classes:
    """A set of class scores (n, K), as the metrics take it."""

    label, statistics, vectors, groups = "", None, None, None

    def __init__(self, scores: Floats) -> None:
        self.n, self.logits, self._scores = len(scores), self, scores

    def array(self) -> Floats:
        return self._scores


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
    """Print the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--cuts", type=int, default=60, help="cuts of each test by precision and its kin")
    parser.add_argument("--parts", default="frechet,paired,grouped,balls,is")
    chosen = parser.parse_args()
    if chosen.pool is None:
        pool, sources = drawn_pool()
    else:
        with np.load(chosen.pool) as archive:
            pool, sources = archive["f"], archive["src"]
    parts = {
        "frechet": lambda: frechet_levels(pool, chosen.dim, chosen.repeats),
        "paired": lambda: paired_power(pool, chosen.repeats),
        "grouped": lambda: grouped_coverage(pool, sources, chosen.repeats),
        "balls": lambda: ball_levels(pool, chosen.repeats, chosen.cuts),
        "is": lambda: inception_levels(chosen.repeats),
    }
    for name in chosen.parts.split(","):
        parts[name]()


if __name__ == "__main__":
    main()
