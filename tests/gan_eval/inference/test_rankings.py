"""Plackett–Luce strengths of rankings."""

from __future__ import annotations

import choix
import numpy as np
import pytest

from gan_eval.inference.paired_strengths import paired_strengths
from gan_eval.inference.rankings import ChoiceSets


def drawn(theta: list[float], count: int, seed: int = 0) -> np.ndarray:
    """Rankings by the model: the order of strengths with Gumbel noise."""
    noise = np.random.default_rng(seed).gumbel(size=(count, len(theta)))
    return (-(np.array(theta) + noise)).argsort(1)


def fitted(rankings: np.ndarray) -> np.ndarray:
    people = len(rankings)
    return ChoiceSets(rankings, np.arange(people), people).strengths(np.ones((1, people)))[0]


@pytest.mark.parametrize("k", [3, 5])
def test_it_is_choix(k: int) -> None:
    rankings = drawn(list(np.linspace(1, -1, k)), 120)
    theirs = choix.opt_rankings(k, rankings.tolist(), alpha=0, tol=1e-12)
    assert fitted(rankings) == pytest.approx(theirs - theirs.mean(), abs=1e-5)


def test_planted_strengths_come_back() -> None:
    theta = [0.7, 0.1, -0.2, -0.6]
    assert fitted(drawn(theta, 20_000)) == pytest.approx(theta, abs=0.05)


def test_two_methods_are_bradley_and_terrys() -> None:
    rankings = drawn([0.4, -0.4], 50)
    wins = np.array([[0, (rankings[:, 0] == 0).sum()], [(rankings[:, 0] == 1).sum(), 0]], dtype=float)
    assert fitted(rankings) == pytest.approx(paired_strengths(wins[None])[0])


def test_how_often_one_stood_above_another() -> None:
    rankings = np.array([[0, 1, 2], [0, 2, 1], [1, 0, 2]])
    above = ChoiceSets(rankings, np.array([0, 0, 1]), 2).above()
    assert above.sum(0).tolist() == [[0, 2, 3], [1, 0, 2], [0, 1, 0]]
    assert above[1].tolist() == [[0, 0, 1], [1, 0, 1], [0, 0, 0]]


def test_weights_are_repeated_people() -> None:
    rankings = drawn([0.3, 0, -0.3], 30)
    sets = ChoiceSets(rankings, np.arange(30), 30)
    twice = np.concatenate([rankings, rankings[:10]])
    weights = np.ones(30)
    weights[:10] = 2
    assert sets.strengths(weights[None])[0] == pytest.approx(fitted(twice))


def test_a_method_that_is_always_first_gets_a_finite_stand_in() -> None:
    assert np.isfinite(fitted(np.tile([0, 1, 2], (9, 1)))).all()
