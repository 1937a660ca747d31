from __future__ import annotations

import numpy as np
import pytest

from gan_eval.errors import MismatchError, TooFewError
from gan_eval.metrics import manifold_cuts
from gan_eval.metrics.manifold_cuts import cut, too_few


def drawn(rng: np.random.Generator, n: int, gap: float) -> np.ndarray:
    return (rng.standard_normal((n, 8)) * (1 + gap) + gap).astype(np.float32)


@pytest.mark.parametrize("grouped", [False, True])
def test_cuts_from_distances_taken_once_are_cuts_of_the_features(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, grouped: bool
) -> None:
    real, fake = drawn(rng, 90, 0.0), drawn(rng, 72, 0.3)
    real[:5], fake[:3] = real[5:10], real[5:8]
    groups = (np.arange(90) // 6, np.arange(72) // 6) if grouped else (None, None)

    def numbers() -> np.ndarray:
        return cut(real, fake, 3, real_groups=groups[0], fake_groups=groups[1], cuts=3, seed=4).numbers

    cheap = numbers()
    monkeypatch.setattr(manifold_cuts, "CHEAP", 10)
    np.testing.assert_allclose(cheap, numbers(), rtol=1e-12)


def test_parts_share_no_group_and_hold_whole_groups(rng: np.random.Generator) -> None:
    groups = np.repeat(np.arange(12), [1, 2, 3, 4, 5, 6] * 2)
    first, second = manifold_cuts._parts(len(groups), groups, 1 / 2, 3, rng)
    assert not set(groups[first.rows]) & set(groups[second.rows])
    assert all(set(np.flatnonzero(groups == code)) <= set(first.rows) for code in set(groups[first.rows]))
    assert len(set(groups[first.rows])) == len(set(groups[second.rows])) == 6


def test_the_reals_are_cut_alike_whatever_the_fakes_are(rng: np.random.Generator) -> None:
    real = drawn(rng, 60, 0.0)
    fakes = [drawn(rng, n, 0.0) for n in (40, 50)]
    parts = [cut(real, np.vstack([real, fake]), 3, cuts=2, fake_share=0.5).numbers for fake in fakes]
    assert parts[0].shape == parts[1].shape == (2, 2, 2, 4)
    streams = [np.random.default_rng(0).spawn(2)[0].permutation(60) for _ in fakes]
    np.testing.assert_array_equal(*streams)


def test_a_share_of_the_fakes_makes_smaller_parts(rng: np.random.Generator) -> None:
    real, fake = drawn(rng, 60, 0.0), drawn(rng, 100, 0.0)
    assert cut(real, fake, 3, cuts=2).fake_share == 0.5
    assert cut(real, fake, 3, cuts=2, fake_share=0.5).fake_share == 0.25


def test_the_variance_of_a_mean_is_had_from_its_halves(rng: np.random.Generator) -> None:
    values = rng.standard_normal(200)
    halves = [rng.permutation(200) for _ in range(4000)]
    effect = np.array([values[order[:100]].mean() - values[order[100:]].mean() for order in halves])
    variance = manifold_cuts.variance_of((np.repeat(effect[:, None], 4, axis=1), 1 / 2))
    assert variance[0] / manifold_cuts.SHORT == pytest.approx(values.var() / 200, rel=0.1)


def test_students_t_reaches_further_for_few_cuts_and_few_units() -> None:
    assert manifold_cuts.widening(2000, 10_000) == pytest.approx(1, abs=0.003)
    assert manifold_cuts.widening(6, 10_000) == pytest.approx(2.447 / 1.96, abs=0.002)
    assert manifold_cuts.widening(10**9, 11) == pytest.approx(2.228 / 1.96, abs=0.001)


def test_what_is_too_few_is_told() -> None:
    assert too_few(11, None, 5) == "12 images are the least for one with nearest=5"
    assert too_few(12, None, 5) == ""
    assert "8 groups" in too_few(70, np.repeat(np.arange(7), 10), 5)
    assert "hold 5 images of other groups" in too_few(9, np.arange(9), 5)
    assert too_few(99, np.repeat(np.arange(11), 9), 5) == ""


def test_faults_are_named(rng: np.random.Generator) -> None:
    with pytest.raises(TooFewError, match="fake: 5 images"):
        cut(drawn(rng, 30, 0), drawn(rng, 5, 0), 5)
    with pytest.raises(MismatchError):
        cut(drawn(rng, 30, 0), drawn(rng, 30, 0)[:, :3], 5)
