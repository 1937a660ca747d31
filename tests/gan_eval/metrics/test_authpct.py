"""AuthPct: values of dgm-eval's program, copies, and the interval."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.metrics.authpct import TRAINING, authpct, estimate
from gan_eval.metrics.sides import EstimatorPlan
from tests.gan_eval.metrics.newer import ArraySide


def sets() -> tuple[np.ndarray, np.ndarray]:
    return np.random.default_rng(10).standard_normal((400, 8)), np.random.default_rng(12).standard_normal((300, 8))


def test_values_of_the_published_program() -> None:
    train, fake = sets()
    copied = np.concatenate([fake[:150], train[:150]])
    assert authpct(train, fake) == pytest.approx(60.333, abs=1e-3)
    assert authpct(train, fake + 0.5) == pytest.approx(70.333, abs=1e-3)
    assert authpct(train, train[:300]) == 0
    assert authpct(train, copied) == pytest.approx(29.667, abs=1e-3)


def test_it_is_the_plain_definition() -> None:
    train, fake = sets()
    own = np.linalg.norm(train[:, None] - train, axis=2)
    np.fill_diagonal(own, np.inf)
    across = np.linalg.norm(train[:, None] - fake, axis=2)
    authentic = own.min(0)[across.argmin(0)] < across.min(0)
    assert authpct(train, fake) == pytest.approx(100 * authentic.mean())


def test_a_copy_of_a_repeated_training_image_is_no_authentic_one() -> None:
    train, _ = sets()
    twice = np.concatenate([train, train]).astype(np.float32)
    assert authpct(twice, train.astype(np.float32)) == 0


def test_interval_null_and_what_it_needs_are_told() -> None:
    train, fake = (ArraySide(side) for side in sets())
    (score,) = estimate(train, fake, EstimatorPlan())
    assert score.interval is not None
    assert 0 < score.interval.low < score.value < score.interval.high < 100
    assert 40 < score.details["null"]["value"] < 80
    assert TRAINING in score.warnings
