from __future__ import annotations

import warnings

import numpy as np
import pytest

from gan_eval.errors import InputError, TooFewError
from gan_eval.metrics.inception_score import differences, inception_score, influence
from gan_eval.metrics.sides import EstimatorPlan, MatchedRows


def test_uniform_scores_give_one() -> None:
    assert inception_score(np.zeros((50, 7)), splits=1).mean == pytest.approx(1, abs=1e-12)


def test_as_many_certain_classes_as_images_give_their_number() -> None:
    assert inception_score(np.eye(9) * 1e4, splits=1).mean == pytest.approx(9, rel=1e-9)


def test_minus_infinity_gives_no_nan() -> None:
    logits = np.where(np.eye(4, dtype=bool), 0.0, -np.inf)
    assert inception_score(logits, splits=1).mean == pytest.approx(4)


@pytest.mark.parametrize("splits", [1, 3, 10])
def test_it_is_torch_fidelitys_number(splits: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from torch_fidelity.metric_isc import isc_features_to_metric
    logits = np.random.default_rng(0).standard_normal((205, 1008)).astype(np.float32) * 3
    expected = isc_features_to_metric(torch.from_numpy(logits), splits=splits, shuffle=True, rng_seed=2020)
    found = inception_score(logits, splits=splits)
    assert found.mean == pytest.approx(expected["inception_score_mean"], abs=1e-6)
    assert found.std == pytest.approx(expected["inception_score_std"], abs=1e-6)


def test_order_does_not_matter_in_one_part(rng: np.random.Generator) -> None:
    logits = rng.standard_normal((40, 10))
    shuffled = inception_score(logits[::-1], splits=1).mean
    assert shuffled == pytest.approx(inception_score(logits, splits=1).mean, rel=1e-12)


def test_faults_are_named() -> None:
    with pytest.raises(TooFewError, match="3 images for 10 splits"):
        inception_score(np.zeros((3, 5)))
    with pytest.raises(InputError, match="NaN"):
        inception_score(np.full((20, 5), np.nan))


def test_influences_give_the_standard_error(rng: np.random.Generator) -> None:
    logits = rng.standard_normal((300, 10)) * 2
    score, effect = inception_score(logits, splits=3), influence(logits, splits=3)
    assert effect.sum() == pytest.approx(0, abs=1e-12)
    assert np.sqrt(effect @ effect) == pytest.approx(score.mean * score.log_standard_error, rel=0.01)


def test_the_influence_is_what_leaving_an_image_out_changes(rng: np.random.Generator) -> None:
    logits = rng.standard_normal((400, 6)) * 2
    whole, effect = inception_score(logits, splits=1).mean, influence(logits, splits=1)
    for row in (0, 7):
        without = inception_score(np.delete(logits, row, axis=0), splits=1).mean
        assert whole - without == pytest.approx(effect[row], abs=2e-4)


class FakeSide:
    """A set of class scores."""

    def __init__(self, logits: np.ndarray, groups: np.ndarray | None = None) -> None:
        self.label, self.n, self.logits, self.groups = "fakes", len(logits), self, groups
        self.array = lambda: logits


def scores_of(rng: np.random.Generator, n: int, sharpness: float) -> np.ndarray:
    return rng.standard_normal((n, 10)) * sharpness


def by_score(a: FakeSide, b: FakeSide, rows: MatchedRows | None = None) -> object:
    matches = {} if rows is None else {("a", "b"): rows}
    tests = differences(a, {"a": a, "b": b}, plan=EstimatorPlan(), matches=matches, own={"splits": None})
    return tests.differences["is"]["a", "b"] if tests.differences else tests.notes


def test_pairs_by_the_score_hold_their_level_and_find_a_difference() -> None:
    rng = np.random.default_rng(0)
    alike = [by_score(*(FakeSide(scores_of(rng, 100, 2)) for _ in range(2))).p_value for _ in range(300)]
    assert 0.02 <= np.mean(np.array(alike) < 0.05) <= 0.09
    found = by_score(FakeSide(scores_of(rng, 200, 2)), FakeSide(scores_of(rng, 200, 3)))
    assert found.value < 0
    assert found.p_value < 1e-6


def test_a_larger_set_is_scored_at_the_smaller_size() -> None:
    rng = np.random.default_rng(1)
    values = [by_score(FakeSide(scores_of(rng, 400, 2)), FakeSide(scores_of(rng, 40, 2))).value for _ in range(60)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(60)


def test_images_of_one_input_are_tested_in_pairs(rng: np.random.Generator) -> None:
    inputs = scores_of(rng, 80, 2)
    a, b = (FakeSide(inputs + 0.1 * rng.standard_normal(inputs.shape)) for _ in range(2))
    paired, apart = by_score(a, b, MatchedRows(np.arange(80), np.arange(80))), by_score(a, b)
    assert paired.value == pytest.approx(apart.value)
    assert paired.standard_error < 0.3 * apart.standard_error
    assert (paired.paired, apart.paired) == (80, 0)


def test_groups_of_scores_are_the_unit_of_the_test(rng: np.random.Generator) -> None:
    groups = np.repeat(np.arange(20), 5)
    a, b = (scores_of(rng, 20, 2)[groups] for _ in range(2))
    grouped = by_score(FakeSide(a, groups), FakeSide(b, groups))
    apart = by_score(FakeSide(a), FakeSide(b))
    assert grouped.standard_error == pytest.approx(np.sqrt(5) * apart.standard_error, rel=0.1)
    assert (grouped.freedom, apart.freedom) == (19, 99)


def test_too_few_scores_are_not_tested(rng: np.random.Generator) -> None:
    few = FakeSide(scores_of(rng, 7, 2))
    assert by_score(few, few) == ("pairs are not tested, since 8 images or groups are the least",)
