"""The error of a Fréchet distance: influences against finite differences, halves, and what the interval covers."""

import numpy as np
import pytest
from numpy.typing import NDArray

from gan_eval.errors import InputError, MismatchError, TooFewError
from gan_eval.metrics.frechet import distance
from gan_eval.metrics.frechet_error import assess, difference
from gan_eval.metrics.frechet_influence import influence
from gan_eval.metrics.moments import Moments, statistics

DIM = 24


def sets(n: int, m: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, DIM)) ** 2, 1.2 * rng.standard_normal((m, DIM)) ** 2


def weighted(x: NDArray[np.float64], row: int, step: float) -> Moments:
    """Moments of x with weight 1 + step on one row, to first order in step."""
    mean, n = x.mean(axis=0), len(x)
    centred = x - mean
    scatter = centred.T @ centred + step * np.outer(centred[row], centred[row])
    return Moments(n, mean + step * centred[row] / n, scatter / (n - 1))


@pytest.mark.parametrize(("n", "m"), [(80, 90), (80, 20), (20, 80)])
def test_influence_is_the_derivative_by_an_images_weight(n: int, m: int) -> None:
    x, y = sets(n, m)
    a, b = statistics(x), statistics(y)
    found = influence(x, y, a, b).real
    assert found is not None
    slopes = []
    for row in (0, 7):
        up, down = (distance(weighted(x, row, sign * 1e-4), b) for sign in (1, -1))
        slopes.append((up - down) / 2e-4)
    # Influences are centred; the difference of two is not affected by that.
    assert found[0] - found[7] == pytest.approx(slopes[0] - slopes[1], rel=1e-4)


def test_swapping_the_sides_swaps_the_influences() -> None:
    x, y = sets(60, 20)
    a, b = statistics(x), statistics(y)
    one, two = influence(x, y, a, b), influence(y, x, b, a)
    assert one.real == pytest.approx(two.fake, rel=1e-8)
    assert one.fake == pytest.approx(two.real, rel=1e-8)


@pytest.mark.parametrize("n", [16, 60])
def test_the_interval_covers_the_mean_over_samples(n: int) -> None:
    made = [assess(*sets(n, n, seed)) for seed in range(80)]
    truth = np.mean([one.value for one in made])
    held = [one.interval().low <= truth <= one.interval().high for one in made]
    assert 0.88 <= np.mean(held) <= 1.0


def test_taking_the_bias_away_leaves_the_distance_of_the_distributions() -> None:
    made = [assess(*sets(300, 300, seed)) for seed in range(40)]
    # Each coordinate has mean 1 and variance 2, or 1.2 times and 1.44 times as much.
    truth = DIM * (0.2**2 + 2 * (1 - 1.2) ** 2)
    values, without = np.array([(one.value, one.value - one.bias) for one in made]).T
    four_errors = 4 * without.std(ddof=1) / np.sqrt(len(made))
    assert all(one.enough for one in made)
    assert abs(without.mean() - truth) < four_errors < values.mean() - truth


def test_a_side_without_features_counts_as_exact() -> None:
    both, one = [], []
    for seed in range(20):
        x, y = sets(80, 90, seed)
        whole, given = assess(x, y), assess(statistics(x), y)
        assert given.value == pytest.approx(whole.value)
        both.append(whole.standard_error)
        one.append(given.standard_error)
    assert np.mean(one) < np.mean(both)
    assert "given the real statistics" in given.interval().method


def test_two_moments_have_no_error_estimate() -> None:
    x, y = sets(80, 90)
    with pytest.raises(InputError, match="at least one side"):
        assess(statistics(x), statistics(y))


def test_seven_images_are_too_few() -> None:
    x, y = sets(80, 7)
    with pytest.raises(TooFewError, match="fake: 7 images"):
        assess(x, y)


def test_what_is_left_after_taking_a_part_away() -> None:
    x, _ = sets(100, 8)
    rest = Moments.from_features(x) - Moments.from_features(x[:40])
    wanted = Moments.from_features(x[40:])
    assert rest.n == 60
    assert rest.cov == pytest.approx(wanted.cov, abs=1e-12)


def test_two_like_models_are_told_apart_as_often_as_the_level_says() -> None:
    p_values = []
    for seed in range(120):
        real, one = sets(60, 60, seed)
        _, other = sets(60, 60, 1000 + seed)
        p_values.append(difference(assess(real, one), assess(real, other)).p_value)
    assert np.mean(np.array(p_values) < 0.05) <= 0.11
    assert np.mean(np.array(p_values) < 0.5) >= 0.3


def test_a_shared_real_set_makes_the_difference_surer_than_two_intervals() -> None:
    real, one = sets(60, 200)
    _, other = sets(60, 200, 1)
    a, b = assess(real, one), assess(real, other)
    assert difference(a, b).standard_error < 0.9 * np.hypot(a.standard_error, b.standard_error)


def test_difference_has_the_sign_of_its_values_and_turns_with_them() -> None:
    real, far = sets(80, 80)
    near, _ = sets(80, 80, 1)
    a, b = assess(real, near), assess(real, 1.5 * far)
    there, back = difference(a, b), difference(b, a)
    assert there.value == pytest.approx(a.value - b.value)
    assert there.value < 0
    assert there.p_value < 0.05
    assert back.interval.low == pytest.approx(-there.interval.high)


def test_another_cut_of_the_real_set_is_refused() -> None:
    real, one = sets(60, 60)
    with pytest.raises(MismatchError, match="one seed"):
        difference(assess(real, one, seed=0), assess(real, one, seed=1))
