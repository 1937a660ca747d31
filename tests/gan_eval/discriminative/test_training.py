from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.integrate import trapezoid
from torch import Tensor

from gan_eval.discriminative.discriminators import RECIPES, DiscriminatorName
from gan_eval.discriminative.splitting import Fold, folds
from gan_eval.discriminative.training import FoldResult, train_fold

NAMES = [str(i) for i in range(24)]


def clouds(*shifts: float, count: int = 24, dim: int = 8) -> list[Tensor]:
    """Normal features, each set moved by its shift along one direction."""
    made = []
    for number, shift in enumerate(shifts):
        rng = np.random.default_rng(number)
        made.append(torch.from_numpy((rng.normal(size=(count, dim)) + shift).astype(np.float32)))
    return made


def run(sets: list[Tensor], *, epochs: int = 60, seed: int = 0, fold: Fold | None = None) -> FoldResult:
    fold = fold or next(folds(NAMES, [NAMES] * (len(sets) - 1), [seed]))
    return train_fold(replace(RECIPES["features"], epochs=epochs), sets, fold, [seed])


def test_training_stops_when_the_sets_are_separated() -> None:
    result = run(clouds(0, 6), epochs=200)
    assert result.separated
    assert result.trained.shape[1] < 200
    assert result.trained[0, -1] >= 0.95
    assert result.trained[1, -1] <= 0.05


def test_the_very_images_of_the_real_set_are_never_separated() -> None:
    real = clouds(0)[0]
    result = run([real, real])
    assert not result.separated
    assert result.told == (False,)
    assert result.held_out.shape == (2, 60)


def test_a_model_farther_away_has_less_area() -> None:
    result = run(clouds(0, 0.5, 1, 2))
    means = [np.nanmean(height) for height in result.heights]
    assert sorted(means, reverse=True) == means


def test_heights_are_areas_over_their_length() -> None:
    result = run(clouds(0, 1))
    wanted = trapezoid(result.held_out, axis=1) / (result.held_out.shape[1] - 1)
    assert [np.nanmean(height) for height in result.heights] == pytest.approx(wanted, abs=1e-9)


def test_what_was_learnt_from_has_no_held_out_height() -> None:
    fold = next(folds(NAMES, [NAMES], [0]))
    result = run(clouds(0, 1), fold=fold)
    assert (np.isnan(result.heights[1]) == ~fold.judged[1]).all()


def test_copies_get_the_same_curves() -> None:
    real, fake = clouds(0, 1)
    result = run([real, fake, fake])
    assert (result.held_out[1] == result.held_out[2]).all()


def test_confusion_is_half_where_nothing_tells_the_sets_apart() -> None:
    sets = clouds(0, 0, count=400)
    names = [str(i) for i in range(400)]
    result = run(sets, epochs=5, fold=next(folds(names, [[f"f{i}" for i in range(400)]], [0])))
    assert result.confusion.mean() == pytest.approx(0.5, abs=0.08)


def test_a_feature_that_never_varies_does_no_harm() -> None:
    sets = [torch.cat([one, torch.full((24, 1), 3.0)], dim=1) for one in clouds(0, 1)]
    assert np.isfinite(run(sets).held_out).all()


@pytest.mark.parametrize("name", ["small", "paper"])
def test_networks_of_pixels_learn_brightness(name: DiscriminatorName) -> None:
    rng = np.random.default_rng(0)
    dark, bright = (
        torch.from_numpy(rng.integers(low, low + 60, (24, 16, 16, 3)).astype(np.uint8)) for low in (20, 170)
    )
    recipe = replace(RECIPES[name], size=16, epochs=12)
    result = train_fold(recipe, [bright, dark], next(folds(NAMES, [NAMES], [0])), [0])
    assert result.held_out[0, -1] > 0.9 > 0.1 > result.held_out[1, -1]


def test_a_seed_gives_the_same_bits() -> None:
    rng = np.random.default_rng(0)
    sets = [torch.from_numpy(rng.integers(0, 256, (24, 16, 16, 3)).astype(np.uint8)) for _ in range(2)]
    fold = next(folds(NAMES, [NAMES], [0]))
    recipe = replace(RECIPES["small"], size=16, epochs=2)
    one, two, other = (train_fold(recipe, sets, fold, [seed]).held_out for seed in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).any()
