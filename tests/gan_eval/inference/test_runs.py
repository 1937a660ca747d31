"""Runs as the unit: against scipy, and what one run may not say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from gan_eval.errors import TooFewError
from gan_eval.inference.runs import recipe, welch


def test_interval_is_students_over_runs() -> None:
    scores = [3.0, 3.4, 2.9, 3.1]
    found = recipe(scores).interval
    assert found is not None
    wanted = stats.t.interval(0.95, 3, np.mean(scores), stats.sem(scores))
    assert (found.low, found.high) == pytest.approx(wanted)


def test_one_run_says_nothing_of_the_recipe() -> None:
    found = recipe([3.0], standard_errors=[0.1])
    assert (found.interval, found.sigma_train, found.sigma_sample) == (None, None, 0.1)
    with pytest.raises(TooFewError, match="at least two training runs"):
        welch([3.0], [2.0, 2.1])


def test_training_luck_is_what_images_do_not_explain() -> None:
    rng = np.random.default_rng(0)
    scores = 10 + 0.5 * rng.standard_normal(4000) + 0.3 * rng.standard_normal(4000)
    assert recipe(scores.tolist(), standard_errors=[0.3] * 4000).sigma_train == pytest.approx(0.5, abs=0.03)
    calm = 10 + 0.3 * rng.standard_normal(10)
    assert recipe(calm.tolist(), standard_errors=[0.9] * 10).sigma_train == 0


def test_welch_agrees_with_scipy() -> None:
    a, b = [3.0, 3.4, 2.9, 3.1], [2.0, 2.9, 2.2]
    assert welch(a, b).p_value == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue)


def test_runs_without_spread() -> None:
    assert welch([1.0, 1.0], [1.0, 1.0]).p_value == 1
    assert welch([1.0, 1.0], [2.0, 2.0]).p_value == 0


def test_no_run_is_refused() -> None:
    with pytest.raises(TooFewError):
        recipe([])
