"""Choice models: reference values, choix and statsmodels as independent implementations, separation."""

from __future__ import annotations

import choix
import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gan_eval.inference.choice import (
    bradley_terry,
    bradley_terry_many,
    components,
    connected,
    davidson,
    elo,
    equal_loglik,
    first_choice,
    saturated_loglik,
    with_half_wins,
    with_side,
)

WINS = np.array([[0, 13, 15, 17], [7, 0, 12, 14], [5, 8, 0, 11], [3, 6, 9, 0]], dtype=float)
LEFT = np.array([[0, 8, 9], [5, 0, 7], [3, 6, 0]], dtype=float)
RIGHT = np.array([[0, 2, 1], [5, 0, 3], [7, 4, 0]], dtype=float)
SEPARATED = np.array([[0, 10, 10], [0, 0, 6], [0, 4, 0]], dtype=float)


def four(values: list[float]) -> object:
    """Equal to four digits."""
    return pytest.approx(values, abs=5e-5)


def random_wins(rng: np.random.Generator, k: int = 5, most: int = 12) -> np.ndarray:
    wins = rng.integers(1, most, size=(k, k)).astype(float)
    np.fill_diagonal(wins, 0)
    return wins


def test_bradley_terry_reference() -> None:
    fit = bradley_terry(WINS)
    assert fit.theta == four([0.8454, 0.1569, -0.3314, -0.6710])
    assert fit.se == four([0.2268, 0.2050, 0.2071, 0.2172])
    assert np.exp(fit.theta) / np.exp(fit.theta).sum() == four([0.4926, 0.2474, 0.1518, 0.1081])
    assert fit.loglik == four(-72.2408)
    assert 1 / (1 + np.exp(fit.theta[1] - fit.theta[0])) == four(0.6656)


def test_likelihood_ratio_and_deviance_reference() -> None:
    fit = bradley_terry(WINS)
    ratio, deviance = 2 * (fit.loglik - equal_loglik(WINS)), 2 * (saturated_loglik(WINS) - fit.loglik)
    assert (ratio, stats.chi2.sf(ratio, 3)) == (four(21.8736), pytest.approx(6.9302e-05, rel=1e-4))
    assert (deviance, stats.chi2.sf(deviance, 3)) == (four(0.3015), four(0.9598))


def test_elo_reference() -> None:
    assert elo(bradley_terry(WINS).theta) == four([1646.8624, 1527.2638, 1442.4315, 1383.4424])


def test_side_term_reference() -> None:
    fit = with_side(LEFT, RIGHT)
    assert (fit.extra, fit.extra_se) == (four(0.6590), four(0.3022))
    assert fit.theta - fit.theta[2] == four([1.2746, 0.3977, 0])
    ratio = 2 * (fit.loglik - bradley_terry(LEFT + RIGHT.T).loglik)
    assert (ratio, stats.chi2.sf(ratio, 1)) == (four(5.1381), four(0.0234))
    assert 2 * stats.norm.sf(0.6590 / 0.3022) == four(0.0292)


def test_top_of_three_reference() -> None:
    assert first_choice(np.array([17.0, 8.0, 5.0])) == four([0.6592, -0.0946, -0.5646])


@pytest.mark.parametrize("seed", range(5))
def test_bradley_terry_is_choix(seed: int) -> None:
    wins = random_wins(np.random.default_rng(seed))
    data = [(i, j) for i in range(5) for j in range(5) for _ in range(int(wins[i, j]))]
    assert bradley_terry(wins).theta == pytest.approx(choix.opt_pairwise(5, data, alpha=0), abs=1e-5)
    assert bradley_terry(wins).theta == pytest.approx(choix.ilsr_pairwise_dense(wins), abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_bradley_terry_errors_are_those_of_a_logistic_regression(seed: int) -> None:
    wins = random_wins(np.random.default_rng(seed), k=4)
    pairs = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    design = np.array([np.eye(4)[i] - np.eye(4)[j] for i, j in pairs])[:, 1:]
    counts = np.array([[wins[i, j], wins[j, i]] for i, j in pairs])
    glm = sm.GLM(counts, design, family=sm.families.Binomial()).fit(tol=1e-12)
    fit = bradley_terry(wins)
    assert fit.theta[1:] - fit.theta[0] == pytest.approx(glm.params, abs=1e-6)
    contrast = np.hstack([-np.ones((3, 1)), np.eye(3)])
    assert np.sqrt(np.diag(contrast @ fit.covariance @ contrast.T)) == pytest.approx(glm.bse, rel=1e-4)


def test_first_choice_is_choix(rng: np.random.Generator) -> None:
    counts = rng.integers(1, 20, size=4)
    data = [(i, tuple(j for j in range(4) if j != i)) for i in range(4) for _ in range(counts[i])]
    assert first_choice(counts.astype(float)) == pytest.approx(choix.ilsr_top1(4, data, alpha=0), abs=1e-6)


def test_davidson_maximises_its_likelihood(rng: np.random.Generator) -> None:
    wins = random_wins(rng, k=3)
    ties = np.array([[0, 4, 2], [4, 0, 7], [2, 7, 0]], dtype=float)
    fit = davidson(wins, ties)

    def loglik(theta: np.ndarray, log_nu: float) -> float:
        pi, nu, total = np.exp(theta), np.exp(log_nu), 0.0
        for i in range(3):
            for j in range(i + 1, 3):
                scale = pi[i] + pi[j] + nu * np.sqrt(pi[i] * pi[j])
                total += wins[i, j] * np.log(pi[i] / scale) + wins[j, i] * np.log(pi[j] / scale)
                total += ties[i, j] * np.log(nu * np.sqrt(pi[i] * pi[j]) / scale)
        return total

    assert fit.extra is not None
    best = loglik(fit.theta, fit.extra)
    assert fit.loglik == pytest.approx(best)
    for step in rng.normal(0, 0.05, size=(40, 4)):
        assert loglik(fit.theta + step[:3], fit.extra + step[3]) < best


def test_davidson_of_equals_counts_the_ties() -> None:
    wins, ties = np.array([[0.0, 6.0], [6.0, 0.0]]), np.array([[0.0, 3.0], [3.0, 0.0]])
    # P(tie) = ν/(2 + ν) = 3/15.
    assert davidson(wins, ties).extra == pytest.approx(np.log(0.5))


def test_separation_is_found_and_named() -> None:
    assert components(SEPARATED) == [[0], [1, 2]]
    assert components(WINS) == [[0, 1, 2, 3]]
    with pytest.raises(ValueError, match="unbounded"):
        bradley_terry(SEPARATED)


def test_half_wins_reference() -> None:
    assert with_half_wins(SEPARATED) == four([2.0383, -0.8503, -1.1880])


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=4, max_size=4))
def test_connected_is_one_strong_component(table: list[list[int]]) -> None:
    wins = np.array(table, dtype=float) * (1 - np.eye(4))
    assert bool(connected(wins[None])[0]) == (len(components(wins)) == 1)


def test_many_tables_are_fitted_as_one_by_one(rng: np.random.Generator) -> None:
    tables = np.stack([random_wins(rng, k=3) for _ in range(4)])
    assert bradley_terry_many(tables) == pytest.approx(np.stack([bradley_terry(t).theta for t in tables]))


def test_separated_tables_among_many_get_half_wins() -> None:
    found = bradley_terry_many(np.stack([SEPARATED, WINS[:3, :3]]))
    assert found[0] == pytest.approx(with_half_wins(SEPARATED))
    assert found[1] == pytest.approx(bradley_terry(WINS[:3, :3]).theta)


def test_near_separation_converges() -> None:
    fit = bradley_terry(np.array([[0.0, 999.0], [1.0, 0.0]]))
    assert fit.theta[0] - fit.theta[1] == pytest.approx(np.log(999))


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(4)))
def test_strengths_follow_their_methods(order: list[int]) -> None:
    assert bradley_terry(WINS[np.ix_(order, order)]).theta == pytest.approx(bradley_terry(WINS).theta[order])
