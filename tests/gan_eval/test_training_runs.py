from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import gan_eval
from gan_eval.comparison import compare
from gan_eval.errors import InputError
from gan_eval.metrics.table import number_rows
from gan_eval.result import Interval, Score
from gan_eval.training_runs import TrainingRuns, labels_of, mean_score, recipe_differences, sources_of

MakeFolder = Callable[..., Path]


def score(value: float, metric: str = "kid", n: int = 50, **details: object) -> Score:
    return Score(metric, value, "lower", 50, n, "net", Interval(value - 1, value + 1, 0.95, "m"), details=details)


def feature_file(path: Path, features: np.ndarray) -> Path:
    np.savez(path, features=features.astype(np.float32))
    return path


def runs_of(tmp_path: Path, name: str, shifts: list[float], seed: int, n: int = 60) -> TrainingRuns:
    rng = np.random.default_rng(seed)
    files = [
        feature_file(tmp_path / f"{name}-{place}.npz", rng.standard_normal((n, 6)) + shift)
        for place, shift in enumerate(shifts)
    ]
    return TrainingRuns(*files)


@pytest.fixture
def real(tmp_path: Path) -> Path:
    return feature_file(tmp_path / "real.npz", np.random.default_rng(0).standard_normal((60, 6)))


def test_a_recipes_score_is_the_mean_of_its_runs(tmp_path: Path, real: Path) -> None:
    runs = runs_of(tmp_path, "ours", [0.5, 0.7, 0.9], 1)
    [model] = gan_eval.compare(real, {"ours": runs}, metrics=["kid"]).models
    each = [
        float(gan_eval.compare(real, {"one": source}, metrics=["kid"]).models[0].scores[0]) for source in runs.sources
    ]
    [mean] = model.scores
    assert mean.value == pytest.approx(np.mean(each))
    assert mean.details["runs"]["values"] == pytest.approx(each)
    assert (mean.interval.low, mean.interval.high) == pytest.approx(
        stats.t.interval(0.95, 2, np.mean(each), stats.sem(each))
    )
    assert [run.label for run in model.runs] == ["ours (run 1)", "ours (run 2)", "ours (run 3)"]


def test_recipes_are_compared_by_welch_and_say_so(tmp_path: Path, real: Path) -> None:
    models = {
        "near": runs_of(tmp_path, "near", [0.1, 0.2, 0.15], 1),
        "far": runs_of(tmp_path, "far", [1.5, 1.6, 1.7], 2),
    }
    comparison = compare(real, models, ["kid"])
    [pair] = comparison.pairs
    values = {model.name: [float(run.scores[0]) for run in model.runs] for model in comparison.models}
    assert pair.p_value == pytest.approx(stats.ttest_ind(values["near"], values["far"], equal_var=False).pvalue)
    assert (pair.of, pair.better, pair.a) == ("training runs", "near", "near")
    assert [str(model.ranks) for model in comparison.models] == ["1", "2"]


def test_training_luck_that_one_run_would_hide_is_not_called_a_difference(tmp_path: Path, real: Path) -> None:
    shifts = {"a": [0.2, 0.9, 0.4, 1.0], "b": [0.7, 0.3, 1.1, 0.5]}
    models = {name: runs_of(tmp_path, name, values, place) for place, (name, values) in enumerate(shifts.items())}
    [pair] = compare(real, models, ["kid"]).pairs
    assert pair.better is None
    first = {name: runs.sources[0] for name, runs in models.items()}
    [checkpoints] = compare(real, first, ["kid"]).pairs
    assert (checkpoints.better, checkpoints.of) == ("a", "checkpoints")


def test_luck_and_images_are_told_apart(tmp_path: Path, real: Path) -> None:
    calm = compare(real, {"ours": runs_of(tmp_path, "calm", [0.5] * 8, 1)}, ["kid"]).models[0].scores[0].details["runs"]
    wild = (
        compare(real, {"ours": runs_of(tmp_path, "wild", [0.1, 1.5] * 4, 1)}, ["kid"])
        .models[0]
        .scores[0]
        .details["runs"]
    )
    assert calm["spread"] == pytest.approx(calm["sigma_sample"], rel=0.7)
    assert wild["sigma_train"] > 3 * wild["sigma_sample"] > 0
    assert wild["sigma_train"] ** 2 == pytest.approx(wild["spread"] ** 2 - wild["sigma_sample"] ** 2)


def test_a_model_of_one_run_is_not_tested_among_recipes(tmp_path: Path, real: Path) -> None:
    models = {"ours": runs_of(tmp_path, "ours", [0.1, 0.2], 1), "theirs": runs_of(tmp_path, "x", [1.0], 2).sources[0]}
    comparison = compare(real, models, ["kid"])
    assert comparison.pairs == ()
    assert any("no pair with theirs is tested: one training run" in warning for warning in comparison.warnings)


def test_scores_that_depend_on_the_number_of_images_need_equal_numbers() -> None:
    row = number_rows()["precision"]
    runs = {name: [score(0.5, n=n), score(0.6, n=n)] for name, n in (("a", 50), ("b", 60))}
    found, notes = recipe_differences(row, runs)
    assert found == {}
    assert "50 to 60" in notes[0]
    assert recipe_differences(number_rows()["kid"], runs)[0]


def test_frechet_distances_are_compared_without_their_bias() -> None:
    row = number_rows()["fid"]
    runs = {
        name: [score(10 + up + step, bias=up, bias_is_a_lower_bound=False) for step in (0, 1, 2)]
        for name, up in (("a", 5), ("b", 1))
    }
    [found] = recipe_differences(row, runs)[0].values()
    assert (found.value, found.p_value) == (0, 1)
    below = {
        name: [replace(one, details={"bias": 5, "bias_is_a_lower_bound": True}) for one in runs[name]] for name in runs
    }
    assert recipe_differences(row, below) == ({}, ("recipes are not tested, since the bias of a run cannot be told",))
    assert recipe_differences(row, {name: [score(1), score(2)] for name in "ab"})[0] == {}


def test_a_single_runs_score_stays_as_it_is() -> None:
    one = score(3.0)
    assert mean_score([one], 0.1) is one


def test_only_what_runs_agree_in_stays_among_the_details() -> None:
    mean = mean_score([score(1, nearest=5, seed=1), score(2, nearest=5, seed=2)], None)
    assert set(mean.details) == {"nearest", "runs"}
    assert mean.details["runs"]["sigma_train"] is None


def test_names_of_runs_may_not_be_those_of_models() -> None:
    assert labels_of({"a": TrainingRuns("x", "y"), "b": "z"}) == {"a": ("a (run 1)", "a (run 2)"), "b": ("b",)}
    assert sources_of({"a": TrainingRuns("x", "y"), "b": "z"}) == {"a (run 1)": "x", "a (run 2)": "y", "b": "z"}
    with pytest.raises(InputError, match="rename the latter"):
        labels_of({"a": TrainingRuns("x", "y"), "a (run 1)": "z"})


def test_faults_of_runs_are_named() -> None:
    with pytest.raises(InputError, match="at least one training run"):
        TrainingRuns()
    with pytest.raises(InputError, match="run 2"):
        TrainingRuns("x", 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("margin", [0, -1, float("nan"), True, "1"])
def test_a_margin_is_a_number_above_zero(real: Path, margin: object) -> None:
    with pytest.raises(InputError, match="margin="):
        compare(real, {"a": real}, ["kid"], margin=margin)  # type: ignore[arg-type]


@pytest.mark.parametrize(("margin", "alike"), [(10.0, True), (1e-4, False)])
def test_models_closer_than_the_margin_are_called_so(tmp_path: Path, real: Path, margin: float, alike: bool) -> None:
    a, b = runs_of(tmp_path, "a", [0.1, 0.12], 1).sources
    comparison = compare(real, {"a": a, "b": b}, ["kid", "prdc"], margin=margin)
    assert {pair.metric: pair.equivalent for pair in comparison.pairs if pair.equivalent is not None} == {"kd": alike}
    assert comparison.to_dict()["margin"] == margin
