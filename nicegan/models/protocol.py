"""What the trainer knows of a model, and all that it knows: every model implements these two classes.

A training step is one turn of each player, in order. A player is an optimiser and the parameters that it moves: D and G
for most models. Generic modules call a model through `TranslationModel` and `OneWay` alone.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from torch import Tensor, nn

from gan_eval.hardware import Precision
from gan_eval.translation import TranslationDirection
from nicegan.models.table import model_row

if TYPE_CHECKING:
    from nicegan.config import RunConfig

BOTH: tuple[TranslationDirection, TranslationDirection] = ("AtoB", "BtoA")


@dataclass(frozen=True, slots=True)
class StepPass:
    """One forward and backward pass of a step, seen by every player in turn.

    a, b: (N, 3, H, W) images of the domains in [-1, 1]. random: draws of this pass, a function of the run's seed, the
    step, the pass and the process. kept: what an earlier player of the step leaves for a later one.
    scale: factor of the gradients (1/passes of a step); the losses returned are not scaled.
    """

    a: Tensor
    b: Tensor
    random: np.random.Generator
    precision: Precision = "fp32"
    scale: float = 1.0
    kept: dict[str, Any] = field(default_factory=dict)


class OneWay(nn.Module, ABC):
    """All that translates images in one direction, and where a checkpoint keeps it."""

    @abstractmethod
    def stored(self) -> dict[str, nn.Module]:
        """Name of a network in a checkpoint, or of a part of one ("disA.encoder") → the module with its weights."""

    @abstractmethod
    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] → the same. H and W are multiples of the settings' `multiple`."""


class TranslationModel(nn.Module, ABC):
    """The networks of a model under training, and what a step does with them.

    players: their names, in the order of a step. averaged: names of the parts whose average translates, where a run
    keeps averages. directions: those it translates in. paired: whether it learns from aligned pairs, so that an image
    of A comes with the image of B of the same name, both augmented alike.
    """

    players: tuple[str, ...] = ("D", "G")
    averaged: tuple[str, ...] = ()
    directions: tuple[TranslationDirection, ...] = BOTH
    paired: bool = False

    @classmethod
    @abstractmethod
    def build(cls, config: RunConfig) -> Self:
        """A model with weights drawn from the configuration's seed alone."""

    @classmethod
    @abstractmethod
    def one_way(cls, config: RunConfig, direction: TranslationDirection) -> OneWay:
        """What translates in one direction, with weights of no meaning."""

    @abstractmethod
    def parts(self) -> dict[str, nn.Module]:
        """The networks by the names that checkpoints hold them under, which are the authors'."""

    @abstractmethod
    def moved_by(self, player: str) -> Iterator[nn.Parameter]:
        """The parameters that a player's optimiser moves, in the authors' order."""

    @abstractmethod
    def add_gradients(self, player: str, batch: StepPass) -> dict[str, Tensor]:
        """Add the gradients of a player's losses to its parameters; return the losses, detached scalars by name.

        The sums that are shown while training are called `discriminator` and `generator`.
        """

    @abstractmethod
    def translate(self, image: Tensor, direction: TranslationDirection) -> Tensor:
        """Images (N, 3, H, W) in [-1, 1] of the source domain to the target domain, same shape and range."""

    @abstractmethod
    def stages(self, image: Tensor, direction: TranslationDirection) -> dict[str, Tensor]:
        """The rows of a sheet for images of the source domain: name → images as `image`, or maps (N, 1, h, w)."""

    def after_step(self, player: str) -> None:
        """Called when a player's parameters have moved."""

    def memory(self) -> dict[str, Tensor]:
        """What a step remembers for later ones beside weights and optimisers; goes into checkpoints."""
        return {}

    def recall(self, memory: dict[str, Tensor]) -> None:
        """Take back what `memory` gave."""

    def compile_parts(self) -> None:
        """Compile, in place, the networks that steps call."""
        for part in self.parts().values():
            part.compile()

    def example(self, part: str, image: Tensor) -> object:
        """Call one network as a step does, on images (N, 3, H, W), so that its operations can be counted."""
        return self.parts()[part](image)

    def more_operations(self, module: nn.Module, inputs: tuple[Any, ...], options: dict[str, Any], output: Any) -> int:
        """Multiply-adds of one call of a module that is no convolution and no linear map, as the authors count."""
        return 0


def implementation(name: str) -> type[TranslationModel]:
    """The class of the model of that name; InputError lists the names where there is none."""
    module, _, attribute = model_row(name).implementation.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not (isinstance(found, type) and issubclass(found, TranslationModel)):
        raise TypeError(f"{module}:{attribute} is no TranslationModel")
    return found


def build_model(config: RunConfig) -> TranslationModel:
    """The model of a configuration, with weights drawn from its seed alone."""
    return implementation(config.model).build(config)
