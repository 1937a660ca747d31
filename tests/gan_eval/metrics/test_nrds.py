from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import trapezoid

from gan_eval.errors import InputError, TooFewError
from gan_eval.metrics.nrds import NearZeroWarning, areas, auc, near_zero, relative_scores

unit = st.floats(0, 1, width=32)
positive = st.floats(0.5, 30)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_area_of_a_straight_line_is_its_mean_times_its_length(dtype: Any) -> None:
    curves = np.stack([np.linspace(1, 0, 21), np.full(21, 0.25), np.linspace(0.5, 0.5, 21)]).astype(dtype)
    assert areas(curves) == pytest.approx([10, 5, 10], rel=1e-6 if dtype is np.float32 else 1e-12)


def test_area_of_a_parabola_has_the_trapezoids_known_error() -> None:
    # Trapezoids of width h over x² on [0, 1] give 1/3 + h²/6; in epochs, times their number.
    x = np.linspace(0, 1, 11)
    assert areas({"a": x**2})["a"] == pytest.approx(10 * (1 / 3 + 0.01 / 6), abs=1e-12)


@given(st.lists(st.lists(unit, min_size=7, max_size=7), min_size=2, max_size=5))
def test_areas_are_numpys_trapezoids_in_double_precision(rows: list[list[float]]) -> None:
    wanted = [trapezoid(np.array(row, np.float64)) for row in rows]
    assert areas(np.array(rows, np.float32)) == pytest.approx(wanted, abs=1e-9)
    assert areas({str(i): row for i, row in enumerate(rows)}) == pytest.approx(
        {str(i): value for i, value in enumerate(wanted)}, abs=1e-9
    )


@given(st.lists(positive, min_size=2, max_size=8))
def test_scores_sum_to_one_and_keep_ratios(values: list[float]) -> None:
    scores = relative_scores(values)
    assert scores.sum() == pytest.approx(1, abs=1e-12)
    assert scores / scores[0] == pytest.approx(np.array(values) / values[0], rel=1e-12)


@given(st.lists(positive, min_size=2, max_size=6), st.randoms())
def test_permuting_areas_permutes_scores(values: list[float], random: Any) -> None:
    names = [f"m{i}" for i in range(len(values))]
    shuffled = random.sample(names, len(names))
    table = dict(zip(names, values, strict=True))
    assert relative_scores({name: table[name] for name in shuffled}) == pytest.approx(relative_scores(table))


def test_equal_areas_share_equally() -> None:
    assert relative_scores({"a": 3.0, "b": 3.0, "c": 3.0}) == pytest.approx({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3})


@pytest.mark.parametrize(
    "curves", [{"a": [0.1, 0.2], "b": [0.1]}, [[0.1, 0.2, 0.3], [0.1, 0.2]], {}, [0.1, 0.2], {"a": [0.1, np.nan]}]
)
def test_curves_that_have_no_common_area_are_refused(curves: Any) -> None:
    with pytest.raises(InputError, match="curves"):
        areas(curves)


def test_one_epoch_has_no_area() -> None:
    with pytest.raises(TooFewError, match="at least 2"):
        areas({"a": [0.5], "b": [0.4]})


def test_one_model_has_no_relative_score() -> None:
    with pytest.raises(TooFewError, match="at least 2"):
        relative_scores({"a": 3.0})


@pytest.mark.parametrize("values", [[0.0, 0.0], [1.0, -0.1], [1.0, np.inf]])
def test_areas_that_cannot_be_shared_are_refused(values: list[float]) -> None:
    with pytest.raises(InputError):
        relative_scores(values)


def test_areas_near_zero_warn() -> None:
    with pytest.warns(NearZeroWarning, match="mostly noise"):
        relative_scores({"a": 0.4, "b": 0.5}, epochs=20)


def test_the_threshold_is_a_twentieth_of_the_largest_sum() -> None:
    assert near_zero([0.94, 0.95], epochs=20)
    assert not near_zero([0.95, 0.96], epochs=20)


def pairs(x: NDArray[Any], y: NDArray[Any]) -> float:
    return float(np.mean((x[:, None] > y) + 0.5 * (x[:, None] == y)))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=9), st.lists(st.integers(0, 5), min_size=1, max_size=9))
def test_auc_is_the_share_of_pairs_in_order_with_ties_half(real: list[int], fake: list[int]) -> None:
    assert auc(real, fake) == pytest.approx(pairs(np.array(real), np.array(fake)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e308, -1e308, 1e101])
def test_outputs_without_a_sum_are_refused(value: float) -> None:
    with pytest.raises(InputError, match="not finite, or so large"):
        areas({"a": [0.1, 0.2, value], "b": [0.1, 0.2, 0.3]})
