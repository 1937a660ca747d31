"""KID: the squared kernel distance (MMD²), by our estimator or by a peer's subsets. Lower is better; unbiased; no unit.

Bińkowski et al. 2018; the estimators are in `kernel` and, for the difference of two models, in `relative`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from gan_eval.metrics import kernel, relative
from gan_eval.metrics.rows import Rows
from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate, Side, rows_of
from gan_eval.settings import Like

Tool = Literal["torch-fidelity", "clean-fid", "nice-gan"]


def estimate(
    real: Side, fake: Side, plan: EstimatorPlan, *, exact: bool, subsets: int | None, subset_size: int
) -> list[MetricEstimate]:
    """The distance; exact: over all pairs. subsets: the mean over so many random subsets of subset_size images."""
    x, y = rows_of(real), rows_of(fake)
    whole = kernel.mmd2(x, y, exact=exact, seed=plan.seed)
    interval = whole.interval() if plan.interval else None
    tool = _tool(plan.like, subsets)
    if tool is None:
        details: dict[str, Any] = {"estimator": whole.method, "standard_error": whole.standard_error}
        return [MetricEstimate("kid", whole.value, interval, details)]
    size = min(subset_size, x.shape[0], y.shape[0])
    seed = 2020 if tool == "torch-fidelity" and plan.seed == 0 else plan.seed
    drawn = kernel.subsets(x, y, like=tool, seed=seed, count=subsets, size=size)
    details = {
        "estimator": f"mean of {len(drawn.values)} random subsets of {size}, as {tool}",
        "subset_std": drawn.std,
        "standard_error": whole.standard_error,
        "seed": seed,
    }
    return [MetricEstimate("kid", drawn.mean, interval, details)]


def differences(real: Side, fakes: Mapping[str, Side], *, seed: int) -> dict[tuple[str, str], relative.Difference]:
    """The difference of each pair of models."""
    return {
        (a, b): kernel_difference(rows_of(real), rows_of(fakes[a]), rows_of(fakes[b]), seed=seed)
        for a, b in itertools.combinations(fakes, 2)
    }


def kernel_difference(real: Rows, a: Rows, b: Rows, *, seed: int = 0) -> relative.Difference:
    """MMD²(a, real) - MMD²(b, real) with interval and p-value; past 10,000 images over disjoint blocks of all three."""
    largest = max(side.shape[0] for side in (real, a, b))
    blocks = 1 if largest <= kernel.EXACT_LIMIT else max(1, round(largest / kernel.BLOCK))
    blocks = max(1, min(blocks, *(side.shape[0] // 4 for side in (real, a, b))))
    rng = np.random.default_rng(seed)
    parts = [np.array_split(rng.permutation(side.shape[0]), blocks) for side in (real, a, b)]
    block_differences = []
    for i, j, k in zip(*parts, strict=True):
        x = real[np.sort(i)]
        block_differences.append(
            relative.kernel_difference(kernel.kernel_sums(x, a[np.sort(j)]), kernel.kernel_sums(x, b[np.sort(k)]))
        )
    value = float(np.mean([one.value for one in block_differences]))
    error = float(np.sqrt(np.mean([one.standard_error**2 for one in block_differences]) / blocks))
    return relative.difference(value, error, method=block_differences[0].interval.method)


def _tool(like: Like | None, subsets: int | None) -> Tool | None:
    """The tool whose subsets are asked for; pytorch-fid has no KID."""
    if like in ("torch-fidelity", "clean-fid", "nice-gan"):
        return like
    return "clean-fid" if subsets else None
