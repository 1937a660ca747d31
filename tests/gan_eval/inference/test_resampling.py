"""Counts of draws: their sums, their moments, and what crossing two kinds of units gives."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.inference.resampling import chunks, crossed_draws, draws


def test_every_resample_has_as_many_units_as_there_are(rng: np.random.Generator) -> None:
    counts = draws(7, 50, rng)
    assert counts.shape == (50, 7)
    assert (counts.sum(1) == 7).all()
    assert (counts == counts.round()).all()


def test_a_unit_is_drawn_once_on_average_with_the_variance_of_a_multinomial(rng: np.random.Generator) -> None:
    counts = draws(5, 40_000, rng)
    np.testing.assert_allclose(counts.mean(0), 1, atol=0.03)
    np.testing.assert_allclose(counts.var(0), 1 - 1 / 5, atol=0.03)


def test_strata_keep_their_sizes_and_all_resamples_are_given(rng: np.random.Generator) -> None:
    parts = list(crossed_draws(3, [4, 400_000], 9, rng))
    assert len(parts) > 1
    first, second = (np.concatenate(each) for each in zip(*parts, strict=True))
    assert (first.shape, second.shape) == ((9, 3), (9, 400_004))
    assert (first.sum(1) == 3).all()
    assert (second[:, :4].sum(1) == 4).all()
    assert (second[:, 4:].sum(1) == 400_000).all()


def test_crossed_means_vary_by_both_kinds_of_units(rng: np.random.Generator) -> None:
    rows, columns = rng.normal(0, 1, 30), rng.normal(0, 2, 50)
    table = rows[:, None] + columns
    means = [
        np.einsum("bi,ij,bj->b", part.first / 30, table, part.second / 50)
        for part in crossed_draws(30, [50], 4000, rng)
    ]
    assert np.concatenate(means).var() == pytest.approx(rows.var() / 30 + columns.var() / 50, rel=0.15)


@pytest.mark.parametrize(("total", "width"), [(0, 5), (10, 1), (10, 400_000), (3, 5_000_000)])
def test_chunks_sum_to_the_total_and_stay_small(total: int, width: int) -> None:
    sizes = list(chunks(total, width))
    assert sum(sizes) == total
    assert all(size == 1 or size * width <= 1_000_000 for size in sizes)
