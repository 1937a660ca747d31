from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_eval.cache import Cache
from gan_eval.discriminative.published import RECIPE, published_curves, steps_per_epoch
from gan_eval.discriminative.sets import ImageSet
from gan_eval.errors import TooFewError

RECIPE_16 = replace(RECIPE, size=16, epochs=2, batch_size=4)


def image_set(name: str, low: int, count: int = 8) -> ImageSet:
    rng = np.random.default_rng(low)
    pixels = torch.from_numpy(rng.integers(low, low + 60, (count, 16, 16, 3)).astype(np.uint8))
    return ImageSet(name, name, name, tuple(map(str, range(count))), pixels, None, {})


REAL, BRIGHT, DARK = image_set("real", 180), image_set("bright", 150), image_set("dark", 10)


def curves(
    *models: ImageSet, seed: int = 0, cache: Cache | None = None
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return published_curves(RECIPE_16, REAL, list(models), seed, cache=cache or Cache(keep=False))


def test_there_is_a_curve_for_every_set_with_a_number_an_epoch() -> None:
    made = curves(BRIGHT, DARK)
    assert made.shape == (3, 2)
    assert ((made > 0) & (made < 1)).all()


def test_a_seed_gives_the_same_bits_and_another_does_not() -> None:
    one, two, other = (curves(BRIGHT, DARK, seed=seed) for seed in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).any()


@pytest.mark.parametrize(("reals", "fakes", "batch", "wanted"), [(10, 400, 1, 10), (100, 30, 4, 7), (8, 8, 8, 1)])
def test_an_epoch_has_as_many_steps_as_the_smaller_side_fills(reals: int, fakes: int, batch: int, wanted: int) -> None:
    assert steps_per_epoch(replace(RECIPE, batch_size=batch), reals, fakes) == wanted


def test_a_side_that_fills_no_batch_is_refused() -> None:
    with pytest.raises(TooFewError, match="batch"):
        steps_per_epoch(replace(RECIPE, batch_size=16), 10, 400)


def test_a_finished_run_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    first = curves(BRIGHT, DARK, cache=Cache())
    monkeypatch.setattr("gan_eval.discriminative.published._train", None)
    assert (curves(BRIGHT, DARK, cache=Cache()) == first).all()
