"""Estimates over people: reference values, Student's t, weights as resamples, rules for few people."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from gan_eval.inference.persons import (
    dependence,
    estimate,
    expanded_level,
    mean_estimates,
    people_and_items,
    percentiles,
    person_mean,
    resamples,
)

COUNTS = np.array([[4, 1, 0], [3, 1, 1], [2, 2, 1], [3, 0, 2], [1, 3, 1], [4, 1, 0]], dtype=float)
SHARES = COUNTS / 5


def test_best_of_three_reference(rng: np.random.Generator) -> None:
    weights = resamples(6, 6**6, rng)
    found = estimate(person_mean(SHARES), 6, weights=weights, bounds=(0, 1))
    t = [(0.3213, 0.8120), (0.0499, 0.4834), (0.0087, 0.3247)]
    for one, bounds, value in zip(found, t, (0.5667, 0.2667, 0.1667), strict=True):
        assert one.value == pytest.approx(value, abs=5e-5)
        assert one.interval is one.t
        assert one.t is not None
        assert (one.t.low, one.t.high) == pytest.approx(bounds, abs=5e-5)


def test_all_resamples_of_six_people_reference(rng: np.random.Generator) -> None:
    weights = resamples(6, 6**6, rng)
    replicates = person_mean(SHARES)(weights)
    assert len(weights) == 46_656
    expected = [(0.4, 11 / 15), (2 / 15, 13 / 30), (1 / 15, 4 / 15)]
    assert [percentiles(column, 0.95) for column in replicates.T] == [pytest.approx(pair) for pair in expected]
    assert replicates.std(0) == pytest.approx([0.0871, 0.0770, 0.0561], abs=5e-5)


def test_jackknife_of_a_mean_is_students_t(rng: np.random.Generator) -> None:
    values = rng.normal(size=15)
    [found] = estimate(person_mean(values[:, None]), 15, weights=resamples(15, 200, rng))
    expected = stats.ttest_1samp(values, 0).confidence_interval()
    assert found.t is not None
    assert (found.t.low, found.t.high) == pytest.approx((expected.low, expected.high))


def test_a_missing_value_leaves_the_person_out_of_that_mean(rng: np.random.Generator) -> None:
    table = np.array([[0.5, np.nan], [0.7, 0.2], [0.9, 0.4]])
    first, second = estimate(person_mean(table), 3, weights=resamples(3, 10, rng))
    assert (first.value, second.value) == pytest.approx((0.7, 0.3))


def test_leaving_one_person_out(rng: np.random.Generator) -> None:
    [found] = estimate(person_mean(np.array([[0.0], [0.5], [1.0]])), 3, weights=resamples(3, 10, rng))
    assert found.without_one == pytest.approx((0.25, 0.75))


@pytest.mark.parametrize(("people", "quoted"), [(4, None), (5, "t"), (19, "t"), (20, "bootstrap")])
def test_number_of_people_decides_what_is_quoted(people: int, quoted: str | None, rng: np.random.Generator) -> None:
    values = rng.random((people, 1))
    [found] = estimate(person_mean(values), people, weights=resamples(people, 200, rng))
    assert found.interval == (None if quoted is None else getattr(found, quoted))


def test_people_who_all_agree_are_so_many_observations(rng: np.random.Generator) -> None:
    [found] = estimate(person_mean(np.ones((20, 1))), 20, weights=resamples(20, 100, rng), bounds=(0, 1))
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    assert "20 people" in found.interval.method


def test_intervals_of_shares_stay_within_their_range(rng: np.random.Generator) -> None:
    values = np.array([[0.0], [0.0], [0.0], [0.0], [0.4]])
    [found] = estimate(person_mean(values), 5, weights=resamples(5, 100, rng), bounds=(0, 1))
    assert found.t is not None
    assert found.t.low == 0


def test_one_person_has_an_estimate_and_no_more(rng: np.random.Generator) -> None:
    [found] = estimate(person_mean(np.array([[0.3]])), 1, weights=resamples(1, 10, rng))
    assert (found.value, found.t, found.interval) == (0.3, None, None)


def test_resamples_have_as_many_people_as_asked(rng: np.random.Generator) -> None:
    weights = resamples(25, 300, rng)
    assert weights.shape == (300, 25)
    assert (weights.sum(1) == 25).all()


def test_expanded_percentiles_of_normal_people_match_t(rng: np.random.Generator) -> None:
    values = rng.normal(size=(24, 1))
    [found] = estimate(person_mean(values), 24, weights=resamples(24, 40_000, rng))
    assert found.t is not None
    assert found.bootstrap is not None
    ratio = (found.bootstrap.high - found.bootstrap.low) / (found.t.high - found.t.low)
    assert ratio == pytest.approx(1, abs=0.05)
    assert expanded_level(0.95, 24) > 0.95
    assert expanded_level(0.95, 100_000) == pytest.approx(0.95, abs=1e-4)


@pytest.mark.parametrize("rho", [0.0, 0.05, 0.2])
def test_correlation_within_people_is_estimated(rho: float, rng: np.random.Generator) -> None:
    mean = np.array([0.3, 0.6])
    own = rng.beta(mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1), size=(600, 2)) if rho else np.tile(mean, (600, 1))
    found = dependence(rng.binomial(15, own).astype(float), np.full((600, 2), 15.0))
    assert found is not None
    assert found.rho == pytest.approx(rho, abs=0.015)
    assert found.design_effect == pytest.approx(1 + 14 * found.rho)


def test_correlation_needs_people_and_answers() -> None:
    assert dependence(np.ones((4, 1)), np.full((4, 1), 2.0)) is None
    assert dependence(np.array([[1.0], [0], [1], [0], [1]]), np.ones((5, 1))) is None
    assert dependence(np.ones((9, 1)), np.ones((9, 1))) is None


def test_people_and_items_agree_with_people_where_items_are_alike(rng: np.random.Generator) -> None:
    shares = rng.random(30)
    table = np.repeat(shares[:, None, None], 12, axis=1)
    table = np.concatenate([table, np.ones_like(table)], axis=2)
    [both] = people_and_items(table, lambda sums: sums[:, :1] / sums[:, 1:], count=4000, rng=rng)
    alone = percentiles(person_mean(shares[:, None])(resamples(30, 4000, rng))[:, 0], 0.95)
    assert both is not None
    assert alone is not None
    assert (both.low, both.high) == pytest.approx(alone, abs=0.02)


def test_people_and_items_are_wider_where_items_differ(rng: np.random.Generator) -> None:
    chosen = (rng.random((30, 12)) < np.linspace(0.1, 0.9, 12)).astype(float)
    table = np.stack([chosen, np.ones_like(chosen)], axis=2)
    [both] = people_and_items(table, lambda sums: sums[:, :1] / sums[:, 1:], count=2000, rng=rng)
    [alone] = estimate(person_mean(chosen.mean(1)[:, None]), 30, weights=resamples(30, 2000, rng))
    assert both is not None
    assert alone.t is not None
    assert both.high - both.low > 2 * (alone.t.high - alone.t.low)


def test_only_people_with_a_value_count_as_people() -> None:
    table = np.full((24, 3), np.nan)
    table[:, 0] = np.linspace(0, 1, 24)
    table[:3, 1] = (0.2, 0.3, 0.7)
    weights = resamples(24, 500, np.random.default_rng(0))
    whole, few, none = mean_estimates(table, weights=weights, bounds=(0, 1))
    [alone] = estimate(person_mean(table[:, :1]), 24, weights=weights, bounds=(0, 1))
    assert whole == alone
    assert (few.people, few.value, few.interval) == (3, pytest.approx(0.4), None)
    assert (none.people, none.interval) == (0, None)
