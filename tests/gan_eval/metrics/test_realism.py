"""Realism of single fakes: the definition, copies, and outliers among the reals."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.metrics.realism import HIGHEST, estimate, realism
from gan_eval.metrics.sides import EstimatorPlan
from tests.gan_eval.metrics.newer import ArraySide, published


def test_it_is_the_plain_definition() -> None:
    real, fake = published()
    own = np.sort(np.linalg.norm(real[:, None] - real, axis=2), axis=1)[:, 3]
    kept = own <= np.median(own)
    across = np.linalg.norm(real[:, None] - fake, axis=2)
    expected = (own[kept, None] / across[kept]).max(axis=0)
    np.testing.assert_allclose(realism(real, fake), expected, rtol=1e-6)


def test_a_fake_far_away_is_nearly_0_and_a_copy_the_highest() -> None:
    real, fake = published()
    kept = realism(real, real[:50]) == HIGHEST
    assert kept.mean() == pytest.approx(0.5, abs=0.2)  # balls larger than the median are left out
    assert (realism(real, fake + 1000) < 0.01).all()


def test_the_score_is_the_median_with_the_null_beside_it() -> None:
    real, fake = (ArraySide(side) for side in published())
    (score,) = estimate(real, fake, EstimatorPlan(), nearest=None)
    assert score.value == pytest.approx(np.median(realism(real.vectors, fake.vectors)))
    assert score.interval is not None
    assert score.interval.low < score.value < score.interval.high
    assert 0.5 < score.details["null"]["value"] < 1.5
