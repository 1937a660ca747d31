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
    for seed in range(60):
        real, one = sets(200, 200, seed)
        _, other = sets(200, 200, 1000 + seed)
        p_values.append(difference(assess(real, one), assess(real, other)).p_value)
    assert np.mean(np.array(p_values) < 0.05) <= 0.12
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
    assert a.population is not None
    assert b.population is not None
    assert there.value == pytest.approx(a.population - b.population)
    assert there.value < 0
    assert there.p_value < 0.05
    assert back.interval.low == pytest.approx(-there.interval.high)


@pytest.mark.parametrize(("many", "few"), [(200, 60), (400, 100)])
def test_the_larger_of_two_samples_of_one_distribution_is_not_called_nearer(many: int, few: int) -> None:
    p_values, differences = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        real, large, small = (rng.standard_normal((n, DIM)) for n in (300, many, few))
        found = difference(assess(real, large), assess(real, small))
        p_values.append(found.p_value)
        differences.append(found.value / found.standard_error)
    assert np.mean(np.array(p_values) < 0.05) <= 0.12  # 0.05 and two standard errors of 40 runs
    assert abs(np.mean(differences)) < 1.2  # the bias alone is 5 to 10 standard errors


@pytest.mark.parametrize("sizes", [(48, 100, 100), (100, 48, 100), (100, 100, 48)])
def test_no_difference_where_a_bias_cannot_be_told(sizes: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(0)
    real, one, other = (rng.standard_normal((n, DIM)) for n in sizes)
    a, b = assess(real, one), assess(real, other)
    assert a.population is None or b.population is None
    with pytest.raises(TooFewError, match=r"cannot rank these.*48 independent images"):
        difference(a, b)


def pairs(eps: float, seed: int, n: int = 100) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Real images, and two translations of common inputs, the second shifted further by `eps`."""
    rng = np.random.default_rng(seed)
    real, inputs = rng.standard_normal((n, DIM)), rng.standard_normal((n, DIM)) + 0.3
    return real, inputs + 0.1 * rng.standard_normal((n, DIM)), inputs + eps + 0.1 * rng.standard_normal((n, DIM))


def test_pairing_finds_a_difference_that_independent_sets_hide() -> None:
    real, one, other = pairs(0.03, 0)
    a, b = assess(real, one), assess(real, other)
    assert difference(a, b, paired=True).p_value < 1e-3
    assert difference(a, b).p_value > 0.05


def test_pairing_keeps_the_level_where_nothing_differs() -> None:
    found = [
        difference(assess(real, one), assess(real, other), paired=True).p_value
        for real, one, other in (pairs(0.0, seed) for seed in range(40))
    ]
    assert 0.0 <= np.mean(np.array(found) < 0.05) <= 0.12


def test_paired_sets_of_unequal_size_are_refused() -> None:
    real, one, other = pairs(0.0, 0)
    with pytest.raises(MismatchError, match="per input"):
        difference(assess(real, one), assess(real, other[:-1]), paired=True)


def grouped(count: int, each: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """`each` near-copies of `count` points."""
    groups = np.repeat(np.arange(count), each)
    points = rng.standard_normal((count, DIM))[groups]
    return points + 0.3 * rng.standard_normal(points.shape), groups


def test_groups_widen_the_interval_to_that_of_as_many_independent_images() -> None:
    rng = np.random.default_rng(0)
    (x, g), (y, h) = grouped(60, 9, rng), grouped(60, 9, rng)
    alone, together = assess(x, y), assess(x, y, real_groups=g, fake_groups=h)
    independent = assess(x[::9], y[::9])
    assert together.value == alone.value
    assert together.standard_error > 2 * alone.standard_error
    assert together.standard_error == pytest.approx(independent.standard_error, rel=0.5)


def test_population_value_of_grouped_images_is_that_of_their_distribution() -> None:
    found = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        (x, g), (y, h) = grouped(150, 4, rng), grouped(150, 4, rng)
        found.append(assess(x, y, real_groups=g, fake_groups=h).population)
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(30)  # both sets follow one distribution


def test_few_groups_give_no_population_value() -> None:
    rng = np.random.default_rng(0)
    (x, g), (y, h) = grouped(60, 9, rng), grouped(60, 9, rng)
    assert assess(x, y).population is not None
    assert assess(x, y, real_groups=g, fake_groups=h).population is None


def test_another_cut_of_the_real_set_is_refused() -> None:
    real, one = sets(60, 60)
    with pytest.raises(MismatchError, match="one seed"):
        difference(assess(real, one, seed=0), assess(real, one, seed=1))
