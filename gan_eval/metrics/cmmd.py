"""CMMD: 1000 · MMD² with a Gaussian kernel on unit CLIP embeddings, in its published biased form. Lower is better.

    1000 · ( mean k(xᵢ, xⱼ) + mean k(yᵢ, yⱼ) - 2 mean k(xᵢ, yⱼ) ),  k = exp(-|x - y|² / 2σ²),  σ = 10

Jayasumana et al. 2024 (arXiv:2401.09603), eq. 4; the means keep i = j, which adds to the value whatever images show.
The unbiased form is in the details. With σ = 10 and unit vectors the kernel is linear to about 1 %: CMMD is then
10 · |mean x - mean y|², so that it sees neither spread nor modes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gan_eval.inference.groups import subset
from gan_eval.metrics import half_samples, relative
from gan_eval.metrics.gaussian_kernel import GaussianKernel, unit
from gan_eval.metrics.kernel_error import LEAST, variance
from gan_eval.metrics.kernel_sums import KernelSums, kernel_sums, paired_sums
from gan_eval.metrics.moments import Array
from gan_eval.metrics.rows import Rows, tiles
from gan_eval.metrics.sides import EstimatorPlan, MatchedRows, Matches, MetricEstimate, PairTests, Side, rows_of
from gan_eval.result import Interval

SCALE = 1000
SIGMA = 10.0
BLIND = "it sees the mean of the embeddings alone, not their spread or their modes"


def estimate(real: Side, fake: Side, plan: EstimatorPlan) -> list[MetricEstimate]:
    """The published biased form; unbiased form, linear form and the value of two halves of the reals in the details."""
    x, y = rows_of(real), rows_of(fake)
    kernel = GaussianKernel(SIGMA)
    sums = kernel_sums(x, y, kernel=kernel)
    grouped = real.groups is not None or fake.groups is not None
    units = kernel_sums(x, y, real_groups=real.groups, fake_groups=fake.groups, kernel=kernel) if grouped else sums
    details: dict[str, Any] = {
        "unbiased": {"value": SCALE * units.mmd2},
        "linear": {"value": SCALE / SIGMA**2 * float(np.sum((_mean(x) - _mean(y)) ** 2))},
    }
    null = half_samples.null(lambda a, b: biased(kernel_sums(a, b, kernel=kernel)), real, plan.seed)
    if null is not None:
        details["null"] = null
    interval = _interval(units, biased(sums) - SCALE * units.mmd2) if plan.interval else None
    return [MetricEstimate("cmmd", biased(sums), interval, details, (BLIND,))]


def biased(sums: KernelSums) -> float:
    """1000 · MMD² over all pairs of images, an image and itself included."""
    n, m = sums.n, sums.m
    within = (sums.real.rows.sum() + sums.real.diagonal) / n**2 + (sums.fake.rows.sum() + sums.fake.diagonal) / m**2
    return float(SCALE * (within - 2 * sums.cross.rows.sum() / (n * m)))


def differences(
    real: Side, fakes: Mapping[str, Side], *, plan: EstimatorPlan, matches: Matches, own: Mapping[str, Any]
) -> PairTests:
    """Test each pair of models by the unbiased form, in pairs of images where they show the same inputs."""
    if min(rows_of(side).shape[0] for side in (real, *fakes.values())) < LEAST:
        return PairTests({}, (f"pairs are not tested, since {LEAST} images are the least",))
    tests = {
        (a, b): _difference(real, fakes[a], fakes[b], matches.get((a, b))) for a, b in itertools.combinations(fakes, 2)
    }
    return PairTests({"cmmd": tests})


def _difference(real: Side, a: Side, b: Side, rows: MatchedRows | None) -> relative.Difference:
    x, y, z = rows_of(real), rows_of(a), rows_of(b)
    kernel = GaussianKernel(SIGMA)
    if rows is not None:
        inputs = subset(a.groups, rows.a)
        sums = paired_sums(x, y[rows.a], z[rows.b], real_groups=real.groups, fake_groups=inputs, kernel=kernel)
        return replace(_scaled(relative.paired_kernel_difference(sums)), paired=len(rows.a))
    first = kernel_sums(x, y, real_groups=real.groups, fake_groups=a.groups, kernel=kernel)
    second = kernel_sums(x, z, real_groups=real.groups, fake_groups=b.groups, kernel=kernel)
    return _scaled(relative.kernel_difference(first, second))


def _scaled(test: relative.Difference) -> relative.Difference:
    bar = replace(test.interval, low=SCALE * test.interval.low, high=SCALE * test.interval.high)
    return replace(test, value=SCALE * test.value, standard_error=SCALE * test.standard_error, interval=bar)


def _interval(sums: KernelSums, excess: float) -> Interval | None:
    """Interval of the biased form's expectation at these numbers of images: the unbiased form's, moved by the bias."""
    spread = variance(sums)
    if spread is None:
        return None
    bar = spread.interval(sums.mmd2, method="score interval, for the expectation at these numbers of images")
    return replace(bar, low=SCALE * bar.low + excess, high=SCALE * bar.high + excess)


def _mean(x: Rows) -> Array:
    n = x.shape[0]
    return np.asarray(sum(unit(x[part]).sum(axis=0) for part in tiles(n)) / n)
