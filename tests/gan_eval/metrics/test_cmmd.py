"""CMMD: the authors' value, its bias, its linear form, and its tests of pairs."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.errors import InputError
from gan_eval.metrics import cmmd
from gan_eval.metrics.sides import EstimatorPlan, MatchedRows
from tests.gan_eval.metrics.newer import ArraySide, published


def sides() -> tuple[ArraySide, ArraySide]:
    real, fake = published()
    return ArraySide(real), ArraySide(fake)


def test_values_of_the_authors_program() -> None:
    (estimate,) = cmmd.estimate(*sides(), EstimatorPlan())
    assert estimate.value == pytest.approx(0.7817569, abs=1e-6)
    assert estimate.details["unbiased"]["value"] == pytest.approx(0.6697663, abs=1e-6)
    assert estimate.details["linear"]["value"] == pytest.approx(0.7890401, abs=1e-6)


def test_it_is_the_plain_formula(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((9, 5)), rng.standard_normal((7, 5)) + 1
    x, y = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (x, y))

    def mean(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.exp(-((a[:, None] - b) ** 2).sum(2) / 200).mean())

    expected = 1000 * (mean(x, x) + mean(y, y) - 2 * mean(x, y))
    (estimate,) = cmmd.estimate(ArraySide(3 * x), ArraySide(y), EstimatorPlan(interval=False))
    assert estimate.value == pytest.approx(expected, rel=1e-9)
    assert estimate.interval is None


def test_the_interval_holds_the_biased_value_and_the_null_lies_below() -> None:
    (estimate,) = cmmd.estimate(*sides(), EstimatorPlan())
    assert estimate.interval is not None
    assert estimate.interval.low < estimate.value < estimate.interval.high
    assert 0 < estimate.details["null"]["value"] < estimate.value
    assert estimate.details["null"]["n"] == 100


def test_spread_is_not_seen(rng: np.random.Generator) -> None:
    x = rng.standard_normal((300, 3)) * (1, 0.1, 0.1) + (9, 0, 0)
    wide = (x - x.mean(0)) * (1, 2, 2) + x.mean(0)
    (estimate,) = cmmd.estimate(ArraySide(x), ArraySide(wide), EstimatorPlan())
    assert abs(estimate.value) < 0.01
    assert cmmd.BLIND in estimate.warnings


def test_images_that_show_one_input_are_tested_in_pairs(rng: np.random.Generator) -> None:
    real, inputs = rng.standard_normal((100, 6)) + 1, rng.standard_normal((100, 6)) + 1
    near, far = ArraySide(inputs + 0.1), ArraySide(inputs + 0.3)
    rows = MatchedRows(np.arange(100), np.arange(100))

    def p(matches: dict[tuple[str, str], MatchedRows]) -> float:
        fakes = {"near": near, "far": far}
        tests = cmmd.differences(ArraySide(real), fakes, plan=EstimatorPlan(), matches=matches, own={})
        return tests.differences["cmmd"]["near", "far"].p_value

    assert p({("near", "far"): rows}) < 0.01 < 0.3 < p({})


def test_a_zero_row_has_no_direction() -> None:
    with pytest.raises(InputError, match="no direction"):
        cmmd.estimate(ArraySide(np.zeros((20, 8))), sides()[1], EstimatorPlan())
