"""The proportional-odds model."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import special

from gan_eval.inference.ordinal import ordinal_strengths

COUNTS = np.array([[5, 10, 30, 40, 15], [10, 25, 35, 20, 10], [30, 30, 25, 10, 5]], dtype=float)


def test_it_is_statsmodels() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsmodels.miscmodels.ordinal_model import OrderedModel

        method, points = np.nonzero(COUNTS)
        whole = COUNTS[method, points].astype(int)
        x = np.repeat(np.eye(3)[method][:, :2], whole, axis=0)
        fit = OrderedModel(np.repeat(points, whole), x, distr="logit").fit(method="bfgs", disp=False, gtol=1e-9)
    theirs = np.array([*fit.params[:2], 0.0])
    # A hundredth of an answer in every cell moves strengths by a thousandth.
    assert ordinal_strengths(COUNTS[None])[0] == pytest.approx(theirs - theirs.mean(), abs=3e-3)


def test_two_categories_are_logistic() -> None:
    counts = np.array([[30, 70], [60, 40]], dtype=float)
    gap = special.logit(0.7) - special.logit(0.4)
    assert ordinal_strengths(1000 * counts[None])[0] == pytest.approx([gap / 2, -gap / 2], abs=1e-4)


def test_equal_methods_have_no_strength() -> None:
    assert ordinal_strengths(np.tile(COUNTS[:1], (1, 4, 1))) == pytest.approx(np.zeros((1, 4)), abs=1e-9)


def test_planted_strengths_come_back(rng: np.random.Generator) -> None:
    theta, tau = np.array([0.8, 0.0, -0.8]), np.array([-2.0, -0.5, 0.5, 2.0])
    latent = theta[:, None] + rng.logistic(size=(3, 20_000))
    counts = np.stack([np.bincount((row[:, None] > tau).sum(1), minlength=5) for row in latent]).astype(float)
    assert ordinal_strengths(counts[None])[0] == pytest.approx(theta, abs=0.05)


@pytest.mark.parametrize(
    "counts",
    [
        [[0, 0, 0, 0, 9], [9, 0, 0, 0, 0]],
        [[0, 0, 9, 0, 0], [0, 0, 9, 0, 0]],
        [[1, 0, 0, 0, 0], [0, 0, 0, 0, 1]],
        [[0, 5, 0, 5, 0], [5, 0, 0, 0, 5]],
    ],
)
def test_degenerate_tables_have_finite_numbers(counts: list[list[float]]) -> None:
    assert np.isfinite(ordinal_strengths(np.array([counts], dtype=float))).all()


def test_a_method_without_an_answer_has_none_and_moves_no_other() -> None:
    with_silent = np.concatenate([COUNTS, np.zeros((1, 5))])
    found = ordinal_strengths(with_silent[None])[0]
    assert np.isnan(found[3])
    assert found[:3] == pytest.approx(ordinal_strengths(COUNTS[None])[0], abs=1e-3)
