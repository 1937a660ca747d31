"""Power: reference values, statsmodels as an independent implementation, analytic against simulated."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import GofChisquarePower, TTestPower

from gan_eval.inference.power import (
    answers_for_half_width,
    answers_needed,
    binomial_power,
    chi_square_answers,
    chi_square_effect,
    design_effect,
    difference_sd,
    people_needed,
    person_power,
    share_sd,
    simulated_power,
)


@pytest.mark.parametrize(("share", "n"), [(0.55, 820), (0.60, 210), (0.65, 97), (0.70, 54)])
def test_answers_reference(share: float, n: int) -> None:
    assert answers_needed(share) == n


@pytest.mark.parametrize(("half_width", "n"), [(0.10, 93), (0.05, 381), (0.03, 1064)])
def test_half_width_reference(half_width: float, n: int) -> None:
    assert answers_for_half_width(half_width) == n


def test_best_of_three_reference() -> None:
    shares = (0.45, 0.30, 0.25)
    assert chi_square_effect(shares) == pytest.approx(0.2550, abs=5e-5)
    assert chi_square_answers(shares) == 149
    theirs = GofChisquarePower().solve_power(chi_square_effect(shares), power=0.8, alpha=0.05, n_bins=3)
    assert chi_square_answers(shares) == np.ceil(theirs)


@pytest.mark.parametrize(("trials", "rho", "effect"), [(30, 0.05, 2.45), (50, 0.10, 5.90)])
def test_design_effect_reference(trials: int, rho: float, effect: float) -> None:
    assert design_effect(trials, rho) == pytest.approx(effect)


def test_binomial_power_counts_scipys_rejections() -> None:
    rejects = [k for k in range(31) if stats.binomtest(k, 30).pvalue <= 0.05]
    assert float(binomial_power(0.7, 30)) == pytest.approx(stats.binom.pmf(rejects, 30, 0.7).sum())


def test_person_power_is_statsmodels() -> None:
    theirs = TTestPower().power(effect_size=0.5, nobs=20, alpha=0.05)
    assert person_power(0.5, 1.0, 20) == pytest.approx(theirs)


@pytest.mark.parametrize(
    ("people", "trials", "power"),
    [(10, 20, 0.454), (20, 20, 0.778), (30, 20, 0.925), (10, 60, 0.595), (20, 40, 0.890)],
)
def test_simulated_power_reference(people: int, trials: int, power: float, rng: np.random.Generator) -> None:
    found = simulated_power(0.6, people, trials, 0.05, runs=20_000, rng=rng)
    assert found == pytest.approx(power, abs=0.02)
    assert person_power(0.1, share_sd(0.6, trials, 0.05), people) == pytest.approx(found, abs=0.025)


def test_people_needed_is_the_first_that_suffices() -> None:
    n = people_needed(0.1, 0.2)
    assert person_power(0.1, 0.2, n) >= 0.8 > person_power(0.1, 0.2, n - 1)


def test_independent_people_without_correlation(rng: np.random.Generator) -> None:
    assert simulated_power(0.5, 20, 20, 0.0, runs=4000, rng=rng) == pytest.approx(0.05, abs=0.015)


def test_difference_sd_is_that_of_multinomial_people(rng: np.random.Generator) -> None:
    shares, rho = np.array([0.5, 0.3, 0.2]), 0.1
    own = rng.dirichlet(shares * (1 / rho - 1), size=40_000)
    counts = rng.multinomial(25, own)
    spread = ((counts[:, 0] - counts[:, 1]) / 25).std()
    assert difference_sd(0.5, 0.3, 25, rho) == pytest.approx(spread, rel=0.02)
