from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from gan_eval.discriminative import pair_tests
from gan_eval.discriminative.crossed import Heights
from gan_eval.discriminative.pair_tests import pair_p_values, pair_test
from gan_eval.inference.intervals import holm

RNG = np.random.Generator


def heights(values: NDArray[Any], name: str = "s") -> Heights:
    """One seed's heights; images of the same name and place show one source."""
    return Heights(np.atleast_2d(values), tuple(f"{name}{place}" for place in range(np.shape(values)[-1])))


def shown(rng: RNG, mean: float, count: int = 40, *, name: str = "s", spread: float = 0.1) -> Heights:
    return heights(mean + rng.normal(0, spread, (5, count)), name)


def p_value(a: Heights, b: Heights, rng: RNG) -> float:
    return pair_p_values([(a, b)], rng)[0]


def test_exchanges_agree_with_scipy(rng: RNG) -> None:
    a, b = rng.normal(0, 1, 30), rng.normal(0.5, 1, 20)
    wanted = stats.permutation_test(
        (a, b), lambda x, y: np.mean(x) - np.mean(y), n_resamples=9999, rng=np.random.default_rng(1)
    )
    assert p_value(heights(a, "a"), heights(b, "b"), rng) == pytest.approx(wanted.pvalue, abs=0.02)


def test_signs_agree_with_scipy(rng: RNG) -> None:
    a = rng.normal(0, 1, 30)
    b = a + rng.normal(0.25, 1, 30)
    wanted = stats.permutation_test(
        (a - b,), np.mean, permutation_type="samples", n_resamples=9999, rng=np.random.default_rng(1)
    )
    assert p_value(heights(a), heights(b), rng) == pytest.approx(wanted.pvalue, abs=0.02)


@pytest.mark.parametrize("units", [3, 5, 8])
def test_few_pairs_are_enumerated(rng: RNG, units: int) -> None:
    a, b = rng.normal(0.8, 1, units), rng.normal(0, 1, units)
    sums = [abs(np.dot(signs, a - b)) for signs in itertools.product((1, -1), repeat=units)]
    wanted = np.mean(np.array(sums) >= abs((a - b).sum()) - 1e-12)
    assert p_value(heights(a), heights(b), rng) == pytest.approx(wanted)


def test_copies_are_not_told_apart(rng: RNG) -> None:
    one = shown(rng, 0.5)
    renamed = Heights(one.values, tuple(f"other {name}" for name in one.sources))
    assert p_value(one, one, rng) == 1
    assert p_value(one, renamed, rng) == 1


def test_common_sources_are_compared_as_pairs(rng: RNG) -> None:
    one = shown(rng, 0.5, spread=0.2)
    better = Heights(one.values + 0.01 + rng.normal(0, 0.01, one.values.shape), one.sources)
    unpaired = Heights(better.values, tuple(f"other {name}" for name in one.sources))
    assert p_value(better, one, rng) < 0.001 < 0.5 < p_value(unpaired, one, rng)


def test_a_few_common_sources_make_no_pairs(rng: RNG) -> None:
    a = heights(rng.normal(size=10))
    b = Heights(rng.normal(size=(1, 10)), (*a.sources[:4], *(f"b{place}" for place in range(6))))
    assert pair_test(a, b).first == 10
    c = Heights(b.values, (*a.sources[:5], *(f"c{place}" for place in range(5))))
    assert (pair_test(a, c).first, len(pair_test(a, c).values)) == (0, 5)


@pytest.mark.parametrize("named_alike", [True, False])
def test_many_models_can_be_told_apart(rng: RNG, named_alike: bool) -> None:
    """Holm's steps over 561 pairs: 1/10,001 for each pair could never get below 0.05."""
    models = [shown(rng, mean, 24, name="s" if named_alike else f"{mean}") for mean in np.linspace(0, 10, 34)]
    adjusted = holm(pair_p_values(list(itertools.combinations(models, 2)), rng))
    assert np.mean(np.array(adjusted) < 0.05) > 0.97


@pytest.mark.parametrize("models", [2, 10, 33, 100])
def test_the_smallest_p_value_passes_holms_first_step(models: int) -> None:
    pairs = models * (models - 1) // 2
    most = max(pair_tests.ARRANGEMENTS, pair_tests.PER_PAIR * pairs)
    assert pairs / (1 + most) < 0.05


def test_no_model_is_told_from_its_likes_more_often_than_agreed() -> None:
    """Level of Holm's family at 5 % over 10 equal models: 200 families leave a binomial error of 1.5 points."""
    wrong = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        models = [shown(rng, 0.5, 18) for _ in range(5)]
        wrong += min(holm(pair_p_values(list(itertools.combinations(models, 2)), rng))) < 0.05
    assert wrong / 200 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def test_stopping_early_keeps_the_p_value_of_what_was_drawn(rng: RNG, monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = shown(rng, 0.5), shown(rng, 0.51)
    monkeypatch.setattr(pair_tests, "PER_PAIR", 30_000)
    other = heights(rng.normal(9, 1, 40))
    p = pair_p_values([(near, far), (near, other)], rng)
    assert p[1] == pytest.approx(1 / 60_001)
    assert (p[0] * 10_001) == pytest.approx(round(p[0] * 10_001))


def test_many_units_are_tested_by_the_normal_limit(rng: RNG, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [(shown(rng, 0.5, 300), shown(rng, 0.51, 300, name=name)) for name in ("s", "t")]
    exact = [p_value(a, b, rng) for a, b in cases]
    monkeypatch.setattr(pair_tests, "EXACT_LIMIT", 100)
    assert [p_value(a, b, rng) for a, b in cases] == pytest.approx(exact, abs=0.02)


def test_the_order_of_a_pair_does_not_matter(rng: RNG) -> None:
    a, b = shown(rng, 0.5), shown(rng, 0.55)
    one, other = (p_value(*pair, np.random.default_rng(3)) for pair in ((a, b), (b, a)))
    assert one == other


def test_no_pairs_have_no_p_values(rng: RNG) -> None:
    assert pair_p_values([], rng) == []
