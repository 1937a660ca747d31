"""KID: the squared kernel distance (MMD²), by our estimator or by a peer's subsets. Lower is better; unbiased; no unit.

Bińkowski et al. 2018; the estimators are in `kernel` and, for the difference of two models, in `relative`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gan_eval.inference.selection import random_halves
from gan_eval.metrics import kernel, relative
from gan_eval.metrics.kernel_sums import kernel_sums, paired_sums
from gan_eval.metrics.rows import Rows
from gan_eval.metrics.sides import EstimatorPlan, MatchedRows, Matches, MetricEstimate, PairTests, Side, rows_of
from gan_eval.settings import Like

Tool = Literal["torch-fidelity", "clean-fid", "nice-gan"]


def estimate(
    real: Side, fake: Side, plan: EstimatorPlan, *, exact: bool, subsets: int | None, subset_size: int
) -> list[MetricEstimate]:
    """The distance; exact: over all pairs. subsets: the mean over so many random subsets of subset_size images."""
    x, y = rows_of(real), rows_of(fake)
    whole = kernel.mmd2(x, y, real_groups=real.groups, fake_groups=fake.groups, exact=exact, seed=plan.seed)
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


def of_halves(real: Rows, fake: Rows, *, splits: int, seed: int = 0) -> NDArray[np.float64]:
    """(splits, 2): the distance of each random half of the fakes from a half of the reals that no other one has."""
    sides = [(side, random_halves(side.shape[0], splits, seed + place)) for place, side in enumerate((real, fake))]
    found = np.empty((splits, 2))
    for split in range(splits):
        for half in (0, 1):
            x, y = (np.asarray(side[np.flatnonzero(first[split] == (half == 0))]) for side, first in sides)
            found[split, half] = kernel.mmd2(x, y).value
    return found


def differences(
    real: Side, fakes: Mapping[str, Side], *, plan: EstimatorPlan, matches: Matches, own: Mapping[str, Any]
) -> PairTests:
    """Test each pair of models, by the pairs of images that show one input where there are such."""
    tests = {}
    for a, b in itertools.combinations(fakes, 2):
        rows = matches.get((a, b))
        if real.groups is not None:
            tests[a, b] = _of_groups(real, fakes[a], fakes[b], rows)
            continue
        tests[a, b] = kernel_difference(rows_of(real), rows_of(fakes[a]), rows_of(fakes[b]), rows=rows, seed=plan.seed)
    return PairTests({"kid": tests})


def _of_groups(real: Side, a: Side, b: Side, rows: MatchedRows | None) -> relative.Difference:
    """The difference over all pairs of different groups; rows: of images that show one input."""
    x, y, z = rows_of(real), rows_of(a), rows_of(b)
    if rows is not None and a.groups is not None:
        of_input = np.unique(a.groups[rows.a], return_inverse=True)[1]
        sums = paired_sums(x, y[rows.a], z[rows.b], real_groups=real.groups, fake_groups=of_input)
        return replace(relative.paired_kernel_difference(sums), paired=len(rows.a))
    first = kernel_sums(x, y, real_groups=real.groups, fake_groups=a.groups)
    return relative.kernel_difference(first, kernel_sums(x, z, real_groups=real.groups, fake_groups=b.groups))


def kernel_difference(
    real: Rows, a: Rows, b: Rows, *, rows: MatchedRows | None = None, seed: int = 0
) -> relative.Difference:
    """MMD²(a, real) - MMD²(b, real) with interval and p-value; past 10,000 images over disjoint blocks of all sets.

    rows: rows of `a` and `b` that show one input; None where the sets are independent.
    """
    if rows is not None:
        return _paired(real, a, b, rows, seed)
    counts = [side.shape[0] for side in (real, a, b)]
    tests = [
        relative.kernel_difference(kernel_sums(real[i], a[j]), kernel_sums(real[i], b[k]))
        for i, j, k in zip(*_parts(counts, seed), strict=True)
    ]
    return _mean(tests)


def _paired(real: Rows, a: Rows, b: Rows, rows: MatchedRows, seed: int) -> relative.Difference:
    count = len(rows.a)
    tests = [
        relative.paired_kernel_difference(paired_sums(real[i], a[rows.a[j]], b[rows.b[j]]))
        for i, j in zip(*_parts([real.shape[0], count], seed), strict=True)
    ]
    return replace(_mean(tests), paired=count)


def _parts(counts: Sequence[int], seed: int) -> list[list[NDArray[np.intp]]]:
    """Random partitions of sets of so many images into equally many blocks; one block where sets are small."""
    most = max(counts)
    blocks = 1 if most <= kernel.EXACT_LIMIT else max(1, round(most / kernel.BLOCK))
    blocks = max(1, min(blocks, *(count // 4 for count in counts)))
    rng = np.random.default_rng(seed)
    return [[np.sort(part) for part in np.array_split(rng.permutation(count), blocks)] for count in counts]


def _mean(tests: Sequence[relative.Difference]) -> relative.Difference:
    """The mean of independent blocks' differences."""
    value = float(np.mean([test.value for test in tests]))
    error = float(np.sqrt(np.mean([test.standard_error**2 for test in tests]) / len(tests)))
    return relative.difference(value, error, method=tests[0].interval.method)


def _tool(like: Like | None, subsets: int | None) -> Tool | None:
    """The tool whose subsets are asked for; pytorch-fid has no KID."""
    if like in ("torch-fidelity", "clean-fid", "nice-gan"):
        return like
    return "clean-fid" if subsets else None
