from __future__ import annotations

import warnings

import numpy as np
import pytest

from gan_eval.errors import InputError, TooFewError
from gan_eval.metrics.inception_score import inception_score


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
