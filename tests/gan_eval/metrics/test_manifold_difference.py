from __future__ import annotations

import numpy as np
import pytest

from gan_eval.errors import MismatchError
from gan_eval.metrics.manifold import prdc
from gan_eval.metrics.manifold_difference import assess, difference


def drawn(rng: np.random.Generator, n: int, gap: float = 0.0) -> np.ndarray:
    return (rng.standard_normal((n, 8)) * (1 + gap) + gap).astype(np.float32)


def test_the_difference_is_that_of_the_numbers(rng: np.random.Generator) -> None:
    real, a, b = drawn(rng, 60), drawn(rng, 50), drawn(rng, 50, 0.5)
    found = difference(assess(real, a, 3), assess(real, b, 3))
    first, second = prdc(real, a, k=3), prdc(real, b, k=3)
    for name, each in zip(("precision", "recall", "density", "coverage"), found, strict=True):
        assert each.value == pytest.approx(getattr(first, name) - getattr(second, name)), name
        assert each.interval.low < each.value < each.interval.high


def test_models_alike_are_told_apart_as_often_as_the_level_says() -> None:
    p_values = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        real, a, b = drawn(rng, 60), drawn(rng, 60, 0.2), drawn(rng, 60, 0.2)
        p_values.append([each.p_value for each in difference(*(assess(real, model, 3, cuts=30) for model in (a, b)))])
    assert (np.mean(np.array(p_values) < 0.05, axis=0) <= 0.11).all()
    assert (np.mean(np.array(p_values) < 0.5, axis=0) >= 0.35).all()


def test_a_worse_model_is_found(rng: np.random.Generator) -> None:
    real, good, bad = drawn(rng, 150), drawn(rng, 150), drawn(rng, 150, 0.6)
    precision, _, density, coverage = difference(assess(real, good, 3), assess(real, bad, 3))
    assert min(precision.value, density.value, coverage.value) > 0
    assert max(precision.p_value, density.p_value, coverage.p_value) < 1e-3


def test_sets_of_different_sizes_are_compared_at_the_smaller_one() -> None:
    apart, alike = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        real, large, small = drawn(rng, 80), drawn(rng, 160), drawn(rng, 40)
        found = difference(
            assess(real, large, 3, size=40, cuts=9, seed=seed), assess(real, small, 3, size=40, cuts=9, seed=seed)
        )
        alike.append(found[3].value)
        apart.append(prdc(real, large, k=3).coverage - prdc(real, small, k=3).coverage)
    assert np.mean(apart) > 0.15
    assert abs(np.mean(alike)) < 3 * np.std(alike) / np.sqrt(12)


def test_pairing_takes_out_what_the_inputs_add(rng: np.random.Generator) -> None:
    real, inputs = drawn(rng, 80), drawn(rng, 80, 0.3)
    noise = [0.05 * rng.standard_normal(inputs.shape).astype(np.float32) for _ in range(2)]
    a, b = (assess(real, inputs + each, 3) for each in noise)
    paired, apart = difference(a, b, paired=True), difference(a, b)
    for one, other in zip(paired, apart, strict=True):
        assert one.value == other.value
        assert one.standard_error < 0.6 * other.standard_error
        assert one.interval.method.endswith("paired by input")


def test_groups_that_are_images_change_nothing_but_the_draw(rng: np.random.Generator) -> None:
    real, fake = drawn(rng, 60), drawn(rng, 60, 0.3)
    groups = np.arange(60)
    plain, grouped = assess(real, fake, 2), assess(real, fake, 2, real_groups=groups, fake_groups=groups)
    np.testing.assert_allclose(plain.values, grouped.values)
    np.testing.assert_allclose(plain.cuts.numbers, grouped.cuts.numbers)


def test_a_larger_set_of_groups_is_sampled_by_groups(rng: np.random.Generator) -> None:
    real, fake = drawn(rng, 60), np.repeat(drawn(rng, 30), 4, axis=0)
    found = assess(real, fake, 3, fake_groups=np.repeat(np.arange(30), 4), size=60)
    assert found.cuts.fake_share == pytest.approx(7 / 30)
    assert ((found.values >= 0) & (found.values[2] < 3)).all()


def test_a_set_does_not_differ_from_itself(rng: np.random.Generator) -> None:
    found = assess(drawn(rng, 40), drawn(rng, 40), 3)
    assert [(each.value, each.p_value) for each in difference(found, found, paired=True)] == [(0.0, 1.0)] * 4


def test_sets_that_were_cut_otherwise_are_refused(rng: np.random.Generator) -> None:
    real = drawn(rng, 80)
    a, b, small = (
        assess(real, drawn(rng, 80), 3),
        assess(real, drawn(rng, 80), 3, cuts=20),
        assess(real, drawn(rng, 40), 3, size=20),
    )
    with pytest.raises(MismatchError, match="one seed"):
        difference(a, b)
    with pytest.raises(MismatchError, match="equal sets"):
        difference(a, small, paired=True)
