"""The tint as the trainer sees it: one player, one direction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn

from gan_eval.translation import TranslationDirection
from nicegan.models.protocol import OneWay, StepPass, TranslationModel

if TYPE_CHECKING:
    from nicegan.config import RunConfig


class TintOneWay(OneWay):
    """A colour that is added to every pixel."""

    def __init__(self, strength: float) -> None:
        super().__init__()
        self.strength, self.colour = strength, nn.Conv2d(3, 3, 1)
        nn.init.zeros_(self.colour.weight)
        nn.init.zeros_(self.colour.bias)

    def stored(self) -> dict[str, nn.Module]:
        return {"tint": self.colour}

    def forward(self, image: Tensor) -> Tensor:
        return image + self.strength * self.colour(image)


class TintModel(TranslationModel):
    """G moves the colour until the mean of the translations is that of B."""

    players = ("G",)
    averaged = ("tint",)
    directions = ("AtoB",)

    def __init__(self, config: RunConfig) -> None:
        super().__init__()
        self.path, self.loss = TintOneWay(config.network.strength), config.loss

    @classmethod
    def build(cls, config: RunConfig) -> Self:
        return cls(config)

    @classmethod
    def one_way(cls, config: RunConfig, direction: TranslationDirection) -> TintOneWay:
        return TintOneWay(config.network.strength)

    def parts(self) -> dict[str, nn.Module]:
        return self.path.stored()

    def moved_by(self, player: str) -> Iterator[nn.Parameter]:
        yield from self.path.parameters()

    def add_gradients(self, player: str, batch: StepPass) -> dict[str, Tensor]:
        made = self.path(batch.a)
        tint = (made.mean((0, 2, 3)) - batch.b.mean((0, 2, 3))).square().sum()
        total = tint + self.loss.cycle * (made - batch.a).abs().mean()
        torch.autograd.backward(total * batch.scale)
        return {"generator": total.detach(), "tint": tint.detach()}

    def translate(self, image: Tensor, direction: TranslationDirection) -> Tensor:
        return self.path(image)

    def stages(self, image: Tensor, direction: TranslationDirection) -> dict[str, Tensor]:
        return {"real": image, "translation": self.path(image)}
