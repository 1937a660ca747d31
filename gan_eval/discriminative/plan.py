"""Plans of a contest: protocol, discriminator and seeds, checked before any image is read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from gan_eval.discriminative.discriminators import RECIPES, DiscriminatorName, TrainingRecipe
from gan_eval.discriminative.published import RECIPE
from gan_eval.errors import InputError, TooFewError

Protocol = Literal["robust", "published"]
Against = Literal["pool", "real"]

#: Seeds of the robust protocol; fewer say little about how much a seed matters.
SEEDS = 5


@dataclass(frozen=True, slots=True)
class ContestPlan:
    """The checked options of a contest.

    against: `pool`, one discriminator for all models; `real`, one for each model alone, whose fraction of the reals'
    height then depends on no rival. seeds: number of runs. seed: from which all of them are derived.
    """

    protocol: Protocol
    recipe: TrainingRecipe
    against: Against
    seeds: int
    seed: int

    def features_label(self, network: str) -> str:
        """The discriminator's input: the feature network's name, or the CNN's name and size."""
        return network if self.recipe.name == "features" else f"{self.recipe.name}-{self.recipe.size}"

    def describe(self, network: str) -> dict[str, Any]:
        """The `protocol` object of the JSON document."""
        settings = {name: value for name, value in asdict(self.recipe).items() if value is not None and name != "name"}
        return {
            "name": self.protocol,
            "discriminator": self.recipe.name,
            "label": self.label(network),
            "against": self.against,
            "seeds": self.seeds,
            "seed": self.seed,
            **settings,
        }

    def label(self, network: str) -> str:
        """The score's name with its discriminator, for example in a table's title."""
        return f"NRDS ({self.protocol}, {self.features_label(network)})"


def plan(
    protocol: Protocol = "robust",
    *,
    discriminator: DiscriminatorName | None = None,
    against: Against = "pool",
    seeds: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    size: int | None = None,
    seed: int = 0,
) -> ContestPlan:
    """Check the options of a contest and fill in the defaults.

    Raises InputError for what contradicts the protocol, TooFewError for fewer than two epochs or seeds.
    """
    if protocol not in ("robust", "published"):
        raise InputError(f"no protocol is called {protocol!r}: use robust or published")
    if against not in ("pool", "real"):
        raise InputError(f"discriminators learn against pool or real, not {against!r}")
    if epochs is not None and epochs < 2:
        raise TooFewError(f"{epochs} epoch: the area under a curve needs at least 2")
    if protocol == "published":
        if discriminator not in (None, "paper") or against != "pool" or seeds not in (None, 1):
            raise InputError(
                "the published protocol is one run of the paper's discriminator against the pool "
                "(leave discriminator, against and seeds out, or choose the robust protocol)"
            )
        return ContestPlan(protocol, _changed(RECIPE, epochs, batch_size, size), "pool", 1, seed)
    if seeds is not None and seeds < 2:
        raise TooFewError(f"{seeds} seed: the spread between seeds needs at least 2 (default 5)")
    recipe = RECIPES.get(discriminator or "features")
    if recipe is None:
        raise InputError(f"no discriminator is called {discriminator!r}: use {', '.join(RECIPES)}")
    return ContestPlan(protocol, _changed(recipe, epochs, batch_size, size), against, seeds or SEEDS, seed)


def _changed(recipe: TrainingRecipe, epochs: int | None, batch_size: int | None, size: int | None) -> TrainingRecipe:
    if size is not None and recipe.name == "features":
        raise InputError("size is the side of the pixels that a CNN sees; the features discriminator sees none")
    if size is not None and not 16 <= size <= 1024:
        raise InputError(f"size {size}: wanted 16 to 1024 pixels")
    if batch_size is not None and batch_size < 1:
        raise InputError(f"batch size {batch_size}: wanted at least 1")
    chosen = replace(recipe, epochs=epochs or recipe.epochs, size=size or recipe.size)
    if batch_size is None:
        return chosen
    return replace(chosen, batch_size=batch_size, real_batch=batch_size * recipe.real_batch // recipe.batch_size)
