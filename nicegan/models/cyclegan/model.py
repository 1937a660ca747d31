"""CycleGAN behind the protocol that the trainer knows.

A step in the authors' order: first G on new fakes, then D on the same fakes, some of them exchanged for earlier ones.
Instance normalisation is per image, so calls of one generator on two batches are one call on both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn

from gan_eval.translation import TranslationDirection
from nicegan.models.cyclegan.networks import CycleGANGenerator, PatchDiscriminator
from nicegan.models.cyclegan.settings import CycleGANLoss, CycleGANNetwork
from nicegan.models.layers.losses import least_squares, pixel_loss
from nicegan.models.layers.pool import ImagePool
from nicegan.models.layers.resnet import normal_weights
from nicegan.models.layers.turns import autocast, detached, frozen
from nicegan.models.protocol import OneWay, StepPass, TranslationModel

if TYPE_CHECKING:
    from nicegan.config import RunConfig


class CycleGANOneWay(OneWay):
    """One generator."""

    def __init__(self, network: CycleGANNetwork, direction: TranslationDirection) -> None:
        super().__init__()
        self.generator = CycleGANGenerator(network.channels, network.n_res)
        self._name = f"G_{direction[0]}"

    def stored(self) -> dict[str, nn.Module]:
        """G_A translates A to B."""
        return {self._name: self.generator}

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] → the same."""
        translated: Tensor = self.generator(image)
        return translated


class CycleGANModel(TranslationModel):
    """G_A: A → B, G_B: B → A; D_A judges images of B, D_B those of A, as the authors call them."""

    players = ("G", "D")
    averaged = ("G_A", "G_B")

    def __init__(self, network: CycleGANNetwork, loss: CycleGANLoss) -> None:
        super().__init__()
        self.g_a, self.g_b = (CycleGANGenerator(network.channels, network.n_res) for _ in range(2))
        self.d_a, self.d_b = (PatchDiscriminator(network.channels) for _ in range(2))
        self.loss = loss
        self.pool_a, self.pool_b = ImagePool(loss.pool), ImagePool(loss.pool)

    @classmethod
    def build(cls, config: RunConfig) -> Self:
        """A model with weights from N(0, 0.02²), drawn from the seed alone."""
        network, loss = _settings(config)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            model = cls(network, loss)
            normal_weights(model)
        return model

    @classmethod
    def one_way(cls, config: RunConfig, direction: TranslationDirection) -> CycleGANOneWay:
        """A generator."""
        return CycleGANOneWay(_settings(config)[0], direction)

    def parts(self) -> dict[str, nn.Module]:
        """The four networks."""
        return {"G_A": self.g_a, "G_B": self.g_b, "D_A": self.d_a, "D_B": self.d_b}

    def moved_by(self, player: str) -> Iterator[nn.Parameter]:
        """G moves both generators, D both discriminators."""
        for network in (self.g_a, self.g_b) if player == "G" else (self.d_a, self.d_b):
            yield from network.parameters()

    def add_gradients(self, player: str, batch: StepPass) -> dict[str, Tensor]:
        """Losses `generator`, `adversarial_*`, `cycle_*`, `identity_*`; `discriminator`, `discriminator_*`."""
        with autocast(batch.a, batch.precision):
            losses = self._generators(batch) if player == "G" else self._discriminators(batch)
        total = losses["generator" if player == "G" else "discriminator"]
        torch.autograd.backward(total * batch.scale)
        return detached(losses)

    def _generators(self, batch: StepPass) -> dict[str, Tensor]:
        a, b, weights = batch.a, batch.b, self.loss
        with_identity = weights.identity > 0
        made_b = self.g_a(torch.cat([a, b]) if with_identity else a)
        made_a = self.g_b(torch.cat([b, a]) if with_identity else b)
        fake_b, fake_a = made_b[: len(a)], made_a[: len(b)]
        batch.kept["fakes"] = (fake_a.detach(), fake_b.detach())
        with frozen([self.d_a, self.d_b]):
            losses = {
                "adversarial_a": least_squares(self.d_a(fake_b), 1.0),
                "adversarial_b": least_squares(self.d_b(fake_a), 1.0),
            }
        losses |= {"cycle_a": pixel_loss(self.g_b(fake_b), a), "cycle_b": pixel_loss(self.g_a(fake_a), b)}
        total = losses["adversarial_a"] + losses["adversarial_b"]
        total = total + weights.cycle * (losses["cycle_a"] + losses["cycle_b"])
        if with_identity:
            losses |= {
                "identity_a": pixel_loss(made_b[len(a) :], b),
                "identity_b": pixel_loss(made_a[len(b) :], a),
            }
            total = total + weights.identity * (losses["identity_a"] + losses["identity_b"])
        return {"generator": total, **losses}

    def _discriminators(self, batch: StepPass) -> dict[str, Tensor]:
        fake_a, fake_b = batch.kept["fakes"]
        fake_b = self.pool_b.exchange(fake_b, batch.random)
        fake_a = self.pool_a.exchange(fake_a, batch.random)
        losses = {
            "discriminator_a": _judged(self.d_a, batch.b, fake_b),
            "discriminator_b": _judged(self.d_b, batch.a, fake_a),
        }
        return {"discriminator": losses["discriminator_a"] + losses["discriminator_b"], **losses}

    def translate(self, image: Tensor, direction: TranslationDirection) -> Tensor:
        """Images of the source domain to the target domain."""
        translated: Tensor = (self.g_a if direction == "AtoB" else self.g_b)(image)
        return translated

    def stages(self, image: Tensor, direction: TranslationDirection) -> dict[str, Tensor]:
        """Rows: real, translation, cycle, identity."""
        there, back = (self.g_a, self.g_b) if direction == "AtoB" else (self.g_b, self.g_a)
        translation = there(image)
        return {"real": image, "translation": translation, "cycle": back(translation), "identity": back(image)}

    def memory(self) -> dict[str, Tensor]:
        """The images of both pools."""
        pools = {"pool_a": self.pool_a.images, "pool_b": self.pool_b.images}
        return {name: torch.stack(images) for name, images in pools.items() if images}

    def recall(self, memory: dict[str, Tensor]) -> None:
        """Fill both pools again."""
        for name, pool in (("pool_a", self.pool_a), ("pool_b", self.pool_b)):
            pool.images = list(memory[name]) if name in memory else []


def _judged(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """½(real towards 1 and fake towards 0)."""
    sizes = [len(real), len(fake)]
    on_real, on_fake = torch.split(discriminator(torch.cat([real, fake])), sizes)
    return 0.5 * (least_squares(on_real, 1.0) + least_squares(on_fake, 0.0))


def _settings(config: RunConfig) -> tuple[CycleGANNetwork, CycleGANLoss]:
    assert isinstance(config.network, CycleGANNetwork)
    assert isinstance(config.loss, CycleGANLoss)
    return config.network, config.loss
