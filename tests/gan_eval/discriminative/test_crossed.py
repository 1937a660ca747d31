from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from gan_eval.discriminative.crossed import (
    Heights,
    bootstrap,
    intervals,
    real_p_value,
    shares,
)

RNG = np.random.Generator


def heights(rng: RNG, mean: float, *, count: int = 40, seeds: int = 5, name: str = "s", spread: float = 0.1) -> Heights:
    """Images that differ among themselves, seeds that move all of a set, and a little of both at once."""
    image, seed = rng.normal(0, spread, count), rng.normal(0, 0.01, (seeds, 1))
    return Heights(mean + image + seed + rng.normal(0, 0.01, (seeds, count)), tuple(f"{name}{i}" for i in range(count)))


def test_shares_are_averaged_over_seeds() -> None:
    assert shares(np.array([[1.0, 3.0], [3.0, 1.0]])) == pytest.approx([0.5, 0.5])


def test_an_image_shown_twice_counts_once_as_a_source() -> None:
    one = Heights(np.array([[0.1, 0.3, 0.6]]), ("a", "a", "b"))
    assert one.by_source() == pytest.approx({"a": 0.2, "b": 0.6})


def test_the_crossed_bootstrap_covers_what_it_says(rng: RNG) -> None:
    hits, widths, values = 0, [], []
    for _ in range(60):
        sets = [heights(rng, 0.5, name=name) for name in "abc"]
        value = shares(np.stack([one.values.mean(axis=1) for one in sets]))
        drawn = bootstrap([heights(rng, 0.6, name="r")], sets, rng, [0, 0, 0])
        bars = intervals(value, drawn.shares, method="test")
        hits += all(bar.low <= 1 / 3 <= bar.high for bar in bars)
        widths.append(np.mean([bar.high - bar.low for bar in bars]))
        values.append(value)
    assert hits >= 52  # of all three at once; 95 % of 60 less three standard errors
    assert np.mean(widths) < 2 * 3.5 * np.std(values, axis=0).mean()


def test_fractions_are_of_the_real_height(rng: RNG) -> None:
    real, fake = heights(rng, 0.8, name="r"), heights(rng, 0.4, name="a")
    drawn = bootstrap([real], [fake, fake], rng, [0, 0])
    assert drawn.fractions.mean(axis=0) == pytest.approx([fake.values.mean() / real.values.mean()] * 2, abs=0.02)


def test_a_fraction_is_of_the_reals_that_the_model_faced(rng: RNG) -> None:
    reals, fake = [heights(rng, height, name="r") for height in (0.8, 0.5)], heights(rng, 0.4, name="a")
    drawn = bootstrap(reals, [fake, fake, fake], rng, [1, 0, 1])
    wanted = [fake.values.mean() / reals[group].values.mean() for group in (1, 0, 1)]
    assert drawn.fractions.mean(axis=0) == pytest.approx(wanted, abs=0.03)


def test_copies_move_together(rng: RNG) -> None:
    one = heights(rng, 0.5)
    drawn = bootstrap([heights(rng, 0.6, name="r")], [one, one, one], rng, [0, 0, 0])
    bars = intervals(np.full(3, 1 / 3), drawn.shares, method="test")
    assert all(bar.low <= 1 / 3 <= bar.high and bar.high - bar.low < 1e-12 for bar in bars)


def test_simultaneous_intervals_are_wider_than_single_ones(rng: RNG) -> None:
    replicates = rng.normal(size=(20_000, 6))
    bars = intervals(np.zeros(6), replicates, method="test", signed=True)
    single = stats.norm.ppf((1 + 0.95 ** (1 / 6)) / 2)  # six independent ones that hold at once
    assert np.mean([bar.high for bar in bars]) == pytest.approx(single, rel=0.02)


def test_the_real_p_value_is_twice_the_median() -> None:
    real, fake = np.arange(5.0) + 10, np.arange(5.0)
    lowest = stats.mannwhitneyu(real, fake, alternative="greater").pvalue
    assert real_p_value([(real, fake)] * 3) == pytest.approx(2 * lowest)
    assert real_p_value([(real, fake), (fake, real), (fake, real)]) == 1
