from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from gan_eval.errors import TooFewError
from gan_eval.metrics import manifold_cuts, manifold_error
from gan_eval.metrics.manifold import Manifold, prdc


def drawn(rng: np.random.Generator, n: int, gap: float) -> np.ndarray:
    return (rng.standard_normal((n, 8)) * (1 + gap) + gap).astype(np.float32)


@pytest.mark.parametrize("gap", [0.0, 0.5])
def test_intervals_hold_the_expectation_as_often_as_they_say(gap: float) -> None:
    rng = np.random.default_rng(0)
    made, found = [], []
    for _ in range(80):
        real, fake = drawn(rng, 80, 0.0), drawn(rng, 60, gap)
        made.append(prdc(real, fake, k=3))
        found.append(manifold_error.intervals(real, fake, made[-1], cuts=100))
    truth = np.mean([astuple(one)[:4] for one in made], axis=0)
    for at, name in enumerate(("precision", "recall", "density", "coverage")):
        share = np.mean([each[at].low <= truth[at] <= each[at].high for each in found])
        assert 0.87 <= share <= 1, name


def test_intervals_are_no_wider_than_the_scatter_asks_for() -> None:
    rng = np.random.default_rng(1)
    made, widths = [], []
    for _ in range(60):
        real, fake = drawn(rng, 100, 0.0), drawn(rng, 100, 0.5)
        made.append(astuple(prdc(real, fake, k=3))[:4])
        found = manifold_error.intervals(real, fake, Manifold(*made[-1], 3), cuts=100)
        widths.append([each.high - each.low for each in found])
    ratio = np.mean(widths, axis=0) / (2 * 1.96 * np.std(made, axis=0))
    assert (ratio > 0.85).all()
    assert (ratio < 1.35).all()


def test_each_interval_holds_its_value_and_stays_in_range(rng: np.random.Generator) -> None:
    for gap in (0.0, 0.5, 50.0):
        real, fake = drawn(rng, 40, 0.0), drawn(rng, 30, gap)
        made = prdc(real, fake)
        found = manifold_error.intervals(real, fake, made)
        for name, each in found._asdict().items():
            assert 0 <= each.low <= getattr(made, name) <= each.high, name
            assert name == "density" or each.high <= 1


def test_parts_of_large_sets_give_the_width_of_halves(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, fake = drawn(rng, 600, 0.0), drawn(rng, 600, 0.3)
    made = prdc(real, fake)
    halves = manifold_error.intervals(real, fake, made, cuts=20)
    monkeypatch.setattr(manifold_cuts, "MOST", 100)
    parts = manifold_error.intervals(real, fake, made, cuts=60)
    for name, half in halves._asdict().items():
        part = getattr(parts, name)
        assert part.high - part.low == pytest.approx(half.high - half.low, rel=0.35), name


@pytest.mark.parametrize(("n", "gap"), [(40, 0.3), (100, 0.0), (100, 0.5), (256, 0.3)])
def test_another_seed_hardly_moves_a_width(n: int, gap: float) -> None:
    rng = np.random.default_rng(2)
    real, fake = drawn(rng, n, 0.0), drawn(rng, n, gap)
    made = prdc(real, fake)
    found = [manifold_error.intervals(real, fake, made, seed=seed) for seed in range(5)]
    widths = np.array([[each.high - each.low for each in four] for four in found])
    assert (widths.max(axis=0) < 1.1 * widths.min(axis=0)).all()


def test_one_seed_gives_one_answer(rng: np.random.Generator) -> None:
    real, fake = drawn(rng, 50, 0.0), drawn(rng, 50, 0.3)
    made = prdc(real, fake)
    assert manifold_error.intervals(real, fake, made, seed=3) == manifold_error.intervals(real, fake, made, seed=3)


def test_too_few_to_halve(rng: np.random.Generator) -> None:
    real = drawn(rng, 11, 0.0)
    with pytest.raises(TooFewError):
        manifold_error.intervals(real, real, prdc(real, real), seed=0)


def test_intervals_of_groups_are_as_wide_as_their_scatter() -> None:
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(20), 6)
    made, widths = [], {"groups": [], "images": []}
    for _ in range(40):
        real, fake = (
            (drawn(rng, 20, gap)[groups] + 0.2 * rng.standard_normal((120, 8))).astype(np.float32) for gap in (0.0, 0.3)
        )
        values = prdc(real, fake, k=3, real_groups=groups, fake_groups=groups)
        made.append(astuple(values)[:4])
        for unit, codes in (("groups", groups), ("images", None)):
            found = manifold_error.intervals(real, fake, values, real_groups=codes, fake_groups=codes, cuts=40)
            widths[unit].append([each.high - each.low for each in found])
    ratio = {unit: np.mean(found, axis=0) / (2 * 1.96 * np.std(made, axis=0)) for unit, found in widths.items()}
    assert (ratio["groups"] > 0.85).all()
    assert (ratio["groups"] < 1.6).all()
    assert ratio["images"].min() < 0.7
