"""Tests within people: reference values, exact against random arrangements, validity under the null."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from gan_eval.inference.permutation import label_permutation, sign_flip, vector_sign_flip

COUNTS = np.array([[4, 1, 0], [3, 1, 1], [2, 2, 1], [3, 0, 2], [1, 3, 1], [4, 1, 0]], dtype=float)


def test_label_permutation_reference(rng: np.random.Generator) -> None:
    found = label_permutation(COUNTS, rng=rng)
    assert (found.statistic, found.p_value, found.exact) == (78, pytest.approx(0.0494, abs=5e-5), True)


def test_sign_flips_of_eight_people_reference(rng: np.random.Generator) -> None:
    # Eight people: the 256 sign patterns hold 8 whose mean is as far from zero.
    differences = np.array([5, 4, 6, 3, 5, 2, 4, -4], dtype=float)
    expected = sum(abs(signs @ differences) >= 25 for signs in _signs(8)) / 256
    assert sign_flip(differences, rng=rng).p_value == pytest.approx(expected)


def _signs(n: int) -> list[np.ndarray]:
    return [np.array([1 - 2 * ((i >> bit) & 1) for bit in range(n)]) for i in range(2**n)]


def test_all_on_one_side_has_the_smallest_p(rng: np.random.Generator) -> None:
    assert sign_flip(np.arange(1.0, 7.0), rng=rng).p_value == 2 / 2**6


def test_sign_flip_is_scipys_permutation_test(rng: np.random.Generator) -> None:
    differences = rng.normal(0.3, 1, size=10)
    theirs = stats.permutation_test(
        (differences, np.zeros(10)), lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples", n_resamples=np.inf, vectorized=True,
    )  # fmt: skip
    assert sign_flip(differences, rng=rng).p_value == pytest.approx(theirs.pvalue)


def test_random_arrangements_approach_the_exact_p(rng: np.random.Generator) -> None:
    differences = rng.normal(0.2, 1, size=18)
    found = sign_flip(differences, rng=rng, arrangements=40_000)
    assert not found.exact
    signs = 1 - 2 * ((np.arange(2**18)[:, None] >> np.arange(18)) & 1)
    exact = (np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9).mean()
    assert found.p_value == pytest.approx(exact, abs=0.01)


def test_zeros_flip_to_themselves(rng: np.random.Generator) -> None:
    with_zeros = sign_flip(np.array([1.0, 2.0, 3.0, 0.0, 0.0]), rng=rng)
    assert with_zeros.p_value == sign_flip(np.array([1.0, 2.0, 3.0]), rng=rng).p_value
    assert with_zeros.people == 5
    assert sign_flip(np.zeros(6), rng=rng).p_value == 1


def test_missing_people_do_not_count(rng: np.random.Generator) -> None:
    assert sign_flip(np.array([1.0, np.nan, 2.0]), rng=rng).people == 2
    table = np.vstack([COUNTS, [np.nan, 1, 1]])
    assert label_permutation(table, rng=rng).people == 6


def test_many_people_take_random_arrangements(rng: np.random.Generator) -> None:
    found = label_permutation(np.tile(COUNTS, (4, 1)), rng=rng, arrangements=4999)
    assert not found.exact
    assert found.p_value == pytest.approx(1 / 5000, abs=2e-3)


def test_many_methods_take_the_same_path(rng: np.random.Generator) -> None:
    table = rng.random((9, 7))
    assert 0.01 < label_permutation(table, rng=rng, arrangements=999).p_value <= 1


def test_labels_of_two_are_sign_flips(rng: np.random.Generator) -> None:
    shares = rng.random(9)
    table = np.stack([shares, 1 - shares], axis=1)
    assert label_permutation(table, rng=rng).p_value == sign_flip(shares - (1 - shares), rng=rng).p_value


@pytest.mark.parametrize("people", [8, 25])
def test_level_holds_although_answers_depend_on_each_other(people: int, rng: np.random.Generator) -> None:
    rejected = [
        sign_flip(rng.binomial(20, rng.beta(4.5, 4.5, size=people)) / 20 - 0.5, rng=rng, arrangements=399).p_value
        <= 0.05
        for _ in range(400)
    ]
    # Three standard errors above 5 %.
    assert np.mean(rejected) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_vector_sign_flip_counts_every_arrangement() -> None:
    table = np.array([[1.0, -1.0, 0.0], [1.0, 0.0, -1.0], [2.0, -1.0, -1.0], [0.0, 0.0, 0.0]])
    sums = [((np.array(signs) @ table[:3]) ** 2).sum() for signs in itertools.product((1, -1), repeat=3)]
    found = vector_sign_flip(table, rng=np.random.default_rng(0))
    assert found.p_value == np.mean(np.array(sums) >= sums[0] - 1e-9)
    assert (found.exact, found.people) == (True, 4)


def test_vector_sign_flip_keeps_its_level_where_nobody_meets_every_method() -> None:
    rng = np.random.default_rng(5)
    p_values = []
    for _ in range(300):
        table = np.zeros((24, 8))
        for person in range(24):
            for _ in range(4):
                a, b = rng.choice(8, 2, replace=False)
                table[person, [a, b]] += rng.choice([(1, -1), (-1, 1)])
        p_values.append(vector_sign_flip(table, rng=rng, arrangements=199).p_value)
    assert 0.02 < np.mean(np.array(p_values) <= 0.05) < 0.09


@pytest.mark.parametrize("count", [100, 30_000])
def test_the_normal_limit_joins_on(count: int, rng: np.random.Generator) -> None:
    differences = rng.normal(1.5 / np.sqrt(count), 1, count)
    wanted = 2 * stats.norm.sf(abs(differences.sum()) / np.sqrt((differences**2).sum()))
    found = sign_flip(differences, rng=rng, arrangements=10_000, most=10_000)
    assert found.p_value == pytest.approx(wanted, abs=0.02)


def test_units_that_are_all_alike_are_not_told_apart(rng: np.random.Generator) -> None:
    for count in (0, 3, 20_000):
        assert sign_flip(np.zeros(count), rng=rng, most=10_000).p_value == 1
