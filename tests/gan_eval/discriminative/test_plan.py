from __future__ import annotations

from typing import Any

import pytest

from gan_eval.discriminative.plan import plan
from gan_eval.errors import InputError, TooFewError


def test_the_published_protocol_is_the_shipped_runs() -> None:
    recipe = plan("published").recipe
    assert (recipe.name, recipe.size, recipe.epochs, recipe.batch_size) == ("paper", 128, 20, 1)
    assert recipe.learning_rate == 2e-4


def test_the_robust_protocol_has_features_and_five_seeds() -> None:
    chosen = plan()
    assert (chosen.recipe.name, chosen.seeds, chosen.against) == ("features", 5, "pool")


def test_choices_reach_the_recipe() -> None:
    recipe = plan(discriminator="small", epochs=7, batch_size=4, size=32).recipe
    assert (recipe.epochs, recipe.batch_size, recipe.real_batch, recipe.size) == (7, 4, 8, 32)


@pytest.mark.parametrize(
    "given",
    [
        {"protocol": "published", "seeds": 5},
        {"protocol": "published", "discriminator": "features"},
        {"protocol": "published", "against": "real"},
        {"protocol": "other"},
        {"against": "rivals"},
        {"discriminator": "large"},
        {"size": 64},
        {"discriminator": "small", "size": 8},
        {"discriminator": "small", "batch_size": 0},
    ],
)
def test_contradictions_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        plan(**given)


@pytest.mark.parametrize("given", [{"epochs": 1}, {"seeds": 1}, {"protocol": "published", "epochs": 1}])
def test_too_little_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(TooFewError, match="at least 2"):
        plan(**given)


def test_a_score_is_called_after_its_discriminator() -> None:
    assert plan().label("efficientnet-lite0") == "NRDS (robust, efficientnet-lite0)"
    assert plan("published", size=64).label("") == "NRDS (published, paper-64)"
