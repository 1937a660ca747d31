from __future__ import annotations

import itertools

import numpy as np
import pytest

from gan_eval.guards.likeness import between, is_ordered, notes_of, within


def drawn(rng: np.random.Generator, n: int = 60) -> np.ndarray:
    return rng.standard_normal((n, 128)).astype(np.float32)


def altered(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    return (x + 0.1 * rng.standard_normal(x.shape)).astype(np.float32)


def test_nearly_identical_images_of_a_set_are_found_once(rng: np.random.Generator) -> None:
    x = drawn(rng)
    x[[50, 7]] = altered(rng, x[[3, 20]])
    assert within(x) == [(3, 50), (7, 20)]
    x[51] = x[9]  # an exact copy
    assert (9, 51) in within(x)


def test_nearly_identical_images_of_two_sets_are_found(rng: np.random.Generator) -> None:
    real, fake = drawn(rng), drawn(rng, 40)
    fake[[5, 6]] = altered(rng, real[[11, 30]])
    assert between(real, fake) == [(11, 5), (30, 6)]


def test_clean_sets_are_left_alone() -> None:
    rng = np.random.default_rng(0)
    sets = [drawn(rng, 40) for _ in range(101)]
    assert not any(within(x) for x in sets)
    assert not any(between(x, y) for x, y in itertools.pairwise(sets))
    assert sum(is_ordered(x) for x in sets[:60]) <= 1


def test_a_set_in_an_order_is_told(rng: np.random.Generator) -> None:
    x = drawn(rng) + np.repeat([0.0, 1.0], 30)[:, None].astype(np.float32)
    assert is_ordered(x)
    assert not is_ordered(x[rng.permutation(60)])


def test_large_sets_are_looked_at_in_part(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_eval.guards.likeness.MOST", 30)
    x = drawn(rng, 59)  # rows 0, 2, 4, … are looked at
    x[[10, 40]] = x[[4, 7]]
    assert within(x) == [(4, 10)]


def test_few_images_and_few_features_are_not_judged(rng: np.random.Generator) -> None:
    few, narrow = np.repeat(drawn(rng, 5), 2, axis=0), np.repeat(drawn(rng)[:, :20], 2, axis=0)
    for x in (few, narrow):
        assert (within(x), between(x, x), is_ordered(x)) == ([], [], False)


def test_notes_name_the_images(rng: np.random.Generator) -> None:
    real, fake = drawn(rng), drawn(rng)
    fake[:5] = altered(rng, real[:5])
    real[59] = real[30]
    notes = notes_of({"real": real, "fake": fake}, {"real": [f"{n}.png" for n in range(60)], "fake": None})
    shown = "image 1 like 0.png; image 2 like 1.png; image 3 like 2.png …"
    assert notes == [
        "real: 1 pair of images nearly identical (30.png and 59.png)",
        f"5 fake images are nearly identical to real ones ({shown})",
    ]
    assert notes_of({"fake": None}, {"fake": None}) == []
