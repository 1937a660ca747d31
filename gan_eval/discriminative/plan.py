"""Plans of a contest: protocol, discriminator and seeds, checked before any image is read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal, TypedDict

from gan_eval.discriminative.discriminators import RECIPES, DiscriminatorName, TrainingRecipe
from gan_eval.discriminative.published import RECIPE
from gan_eval.errors import InputError, TooFewError
from gan_eval.options import Option, checked

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


class PlanOptions(TypedDict, total=False):
    """The choices of a contest; numbers of which too few make no contest are told by `plan` itself."""

    protocol: Annotated[Protocol, Option("robust", "One run as published, or several with error bars and tests.")]
    discriminator: Annotated[DiscriminatorName | None, Option(None, "What learns to tell the images apart.")]
    against: Annotated[Against, Option("pool", "All models in front of one discriminator, or each of its own.")]
    seeds: Annotated[int | None, Option(None, "Runs of the robust protocol.")]
    epochs: Annotated[int | None, Option(None, "Epochs at most.")]
    batch_size: Annotated[int | None, Option(None, "Fakes of a model in each step.", least=1)]
    size: Annotated[int | None, Option(None, "Side of the pictures that a CNN sees, in pixels.", least=16, most=1024)]
    seed: Annotated[int, Option(0, "Seed of everything random.", least=0)]


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
    given = {"protocol": protocol, "discriminator": discriminator, "against": against, "seeds": seeds}
    checked(PlanOptions, {**given, "epochs": epochs, "batch_size": batch_size, "size": size, "seed": seed})
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
    recipe = RECIPES[discriminator or "features"]
    return ContestPlan(protocol, _changed(recipe, epochs, batch_size, size), against, seeds or SEEDS, seed)


def _changed(recipe: TrainingRecipe, epochs: int | None, batch_size: int | None, size: int | None) -> TrainingRecipe:
    if size is not None and recipe.name == "features":
        raise InputError("size is the side of the pixels that a CNN sees; the features discriminator sees none")
    chosen = replace(recipe, epochs=epochs or recipe.epochs, size=size or recipe.size)
    if batch_size is None:
        return chosen
    return replace(chosen, batch_size=batch_size, real_batch=batch_size * recipe.real_batch // recipe.batch_size)
