"""Precision, recall, density and coverage with their intervals and tests. Higher is better; no unit.

Kynkäänniemi et al. 2019 and Naeem et al. 2020; the estimators are in `manifold`, `manifold_error` and
`manifold_difference`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gan_eval.inference.groups import Groups, subset
from gan_eval.metrics import manifold, manifold_cuts, manifold_difference, manifold_error
from gan_eval.metrics.manifold_difference import AssessedModel
from gan_eval.metrics.relative import Difference
from gan_eval.metrics.rows import Rows
from gan_eval.metrics.sides import EstimatorPlan, MatchedRows, Matches, MetricEstimate, PairTests, Side, rows_of
from gan_eval.result import Interval

NUMBERS = ("precision", "recall", "density", "coverage")


def estimate(real: Side, fake: Side, plan: EstimatorPlan, *, nearest: int | None) -> list[MetricEstimate]:
    """The four numbers, with balls to the `nearest`-th neighbour, which is of another group where there are groups."""
    nearest = _usual(plan) if nearest is None else nearest
    x, y = rows_of(real), rows_of(fake)
    values = manifold.prdc(x, y, k=nearest, real_groups=real.groups, fake_groups=fake.groups)
    few = _too_few([real, fake], nearest)
    intervals = _intervals(real, fake, values, plan.seed) if plan.interval and not few else {}
    warnings = (f"no interval, since {few}",) if plan.interval and few else ()
    return [
        MetricEstimate(name, getattr(values, name), intervals.get(name), {"nearest": nearest}, warnings)
        for name in NUMBERS
    ]


def _intervals(real: Side, fake: Side, values: manifold.Manifold, seed: int) -> dict[str, Interval]:
    found = manifold_error.intervals(
        rows_of(real), rows_of(fake), values, real_groups=real.groups, fake_groups=fake.groups, seed=seed
    )
    return found._asdict()


def differences(
    real: Side, fakes: Mapping[str, Side], *, plan: EstimatorPlan, matches: Matches, own: Mapping[str, Any]
) -> PairTests:
    """Test each pair of models at the smaller number of their images; none, and why, where a set is too small."""
    nearest = own["nearest"] or _usual(plan)
    if few := _too_few([real, *fakes.values()], nearest):
        return PairTests({}, (f"pairs are not tested, since {few}",))
    assessed: dict[tuple[str, int], AssessedModel] = {}

    def whole(name: str, size: int) -> AssessedModel:
        if (name, size) not in assessed:
            fake = fakes[name]
            assessed[name, size] = _assess(real, rows_of(fake), fake.groups, plan, nearest, size)
        return assessed[name, size]

    tests: dict[str, dict[tuple[str, str], Difference]] = {name: {} for name in NUMBERS}
    for a, b in itertools.combinations(fakes, 2):
        rows = _usable(matches.get((a, b)), fakes[a].groups, nearest)
        if rows is None:
            size = min(rows_of(fakes[name]).shape[0] for name in (a, b))
            pair = whole(a, size), whole(b, size)
        else:
            inputs = subset(fakes[a].groups, rows.a)
            sets = (rows_of(fakes[a])[rows.a], rows_of(fakes[b])[rows.b])
            pair = _assess(real, sets[0], inputs, plan, nearest), _assess(real, sets[1], inputs, plan, nearest)
        four = manifold_difference.difference(*pair, paired=rows is not None)
        for name, found in zip(NUMBERS, four, strict=True):
            tests[name][a, b] = replace(found, paired=0 if rows is None else len(rows.a))
    return PairTests(tests)


def _assess(
    real: Side, fake: Rows, groups: Groups | None, plan: EstimatorPlan, nearest: int, size: int | None = None
) -> AssessedModel:
    return manifold_difference.assess(
        rows_of(real), fake, nearest, real_groups=real.groups, fake_groups=groups, size=size, seed=plan.seed
    )


def _usable(rows: MatchedRows | None, groups: Groups | None, nearest: int) -> MatchedRows | None:
    """The matched rows, where they are enough for a test in pairs."""
    if rows is None or manifold_cuts.too_few(len(rows.a), subset(groups, rows.a), nearest):
        return None
    return rows


def _usual(plan: EstimatorPlan) -> int:
    """The neighbour that balls reach to where none is asked for; ADM's evaluator takes the third."""
    return 3 if plan.like == "adm" else 5


def _too_few(sides: Sequence[Side], nearest: int) -> str:
    """Why a set cannot be halved, as the end of a sentence; empty where all can."""
    found = [manifold_cuts.too_few(rows_of(side).shape[0], side.groups, nearest) for side in sides]
    return next(filter(None, found), "")
