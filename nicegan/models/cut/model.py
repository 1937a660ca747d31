"""CUT and FastCUT behind the protocol that the trainer knows: one direction, from A to B.

A step in the authors' order: first D on new fakes, then G, with the networks that describe patches, on the same fakes.
The features of the input that patches are compared with are those of the pass that made the fakes; the authors compute
them once more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import torch
from torch import Tensor, nn

from gan_eval.translation import TranslationDirection
from nicegan.models.cut.losses import patch_nce
from nicegan.models.cut.networks import BlurredDiscriminator, CUTGenerator, PatchDescriber
from nicegan.models.cut.settings import CUTLoss, CUTNetwork
from nicegan.models.layers.blur import BlurDown, BlurUp
from nicegan.models.layers.losses import least_squares
from nicegan.models.layers.resnet import xavier_weights
from nicegan.models.layers.turns import autocast, detached, frozen
from nicegan.models.protocol import OneWay, StepPass, TranslationModel

if TYPE_CHECKING:
    from nicegan.config import RunConfig


class CUTOneWay(OneWay):
    """The generator."""

    def __init__(self, network: CUTNetwork) -> None:
        super().__init__()
        self.generator = CUTGenerator(network.channels, network.n_res)

    def stored(self) -> dict[str, nn.Module]:
        """The authors call it G."""
        return {"G": self.generator}

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] → the same."""
        translated: Tensor = self.generator(image)
        return translated


class _Made(NamedTuple):
    """What G made of a pass. images: of the inputs of A and, with nce_identity, of B; features: of those inputs."""

    images: Tensor
    features: list[Tensor]


class CUTModel(TranslationModel):
    """G translates A to B, D judges images of B, F describes patches. G's turn moves F too, with the same rate."""

    players = ("D", "G")
    averaged = ("G",)
    directions = ("AtoB",)

    def __init__(self, network: CUTNetwork, loss: CUTLoss) -> None:
        super().__init__()
        self.generator = CUTGenerator(network.channels, network.n_res)
        self.discriminator = BlurredDiscriminator(network.channels)
        self.describer = PatchDescriber(network)
        self.places, self.loss = network.nce_layers, loss

    @classmethod
    def build(cls, config: RunConfig) -> Self:
        """A model with weights from N(0, σ²), σ by Xavier's rule with a gain of 0.02, drawn from the seed alone."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            model = cls(*_settings(config))
            xavier_weights(model)
        return model

    @classmethod
    def one_way(cls, config: RunConfig, direction: TranslationDirection) -> CUTOneWay:
        """The generator."""
        return CUTOneWay(_settings(config)[0])

    def parts(self) -> dict[str, nn.Module]:
        """The three networks."""
        return {"G": self.generator, "D": self.discriminator, "F": self.describer}

    def moved_by(self, player: str) -> Iterator[nn.Parameter]:
        """D moves the discriminator, G the generator and the networks that describe patches."""
        for network in (self.discriminator,) if player == "D" else (self.generator, self.describer):
            yield from network.parameters()

    def add_gradients(self, player: str, batch: StepPass) -> dict[str, Tensor]:
        """Losses `discriminator`; `generator`, `adversarial`, `contrast`, with nce_identity `contrast_identity`."""
        with autocast(batch.a, batch.precision):
            losses = self._discriminator(batch) if player == "D" else self._generator(batch)
        torch.autograd.backward(losses["discriminator" if player == "D" else "generator"] * batch.scale)
        return detached(losses)

    def _discriminator(self, batch: StepPass) -> dict[str, Tensor]:
        if self.loss.flip_equivariance:
            batch.kept["mirrored"] = bool(batch.random.random() < 0.5)
        made = self._made(batch)
        # G does not change before its own turn. With several passes a step, its graph is made again to spare memory.
        if batch.scale == 1:
            batch.kept["made"] = made
        fake = made.images[: len(batch.a)].detach()
        on_real, on_fake = torch.split(self.discriminator(torch.cat([batch.b, fake])), [len(batch.b), len(fake)])
        return {"discriminator": 0.5 * (least_squares(on_real, 1.0) + least_squares(on_fake, 0.0))}

    def _generator(self, batch: StepPass) -> dict[str, Tensor]:
        weights = self.loss
        made: _Made = batch.kept.pop("made", None) or self._made(batch)
        with frozen([self.discriminator]):
            adversarial = least_squares(self.discriminator(made.images[: len(batch.a)]), 1.0)
        contrasts = self._contrasts(batch, made)
        total = weights.gan * adversarial + weights.nce * sum(contrasts.values()) / len(contrasts)
        return {"generator": total, "adversarial": adversarial, **contrasts}

    def _made(self, batch: StepPass) -> _Made:
        real = self._inputs(batch)
        images, features = self.generator.translated(real.flip(3) if _mirrored(batch) else real, self.places)
        return _Made(images, [each.detach() for each in features])

    def _inputs(self, batch: StepPass) -> Tensor:
        return torch.cat([batch.a, batch.b]) if self.loss.nce_identity else batch.a

    def _contrasts(self, batch: StepPass, made: _Made) -> dict[str, Tensor]:
        """The contrast of A's images with their translations, and of B's with theirs, each a mean over the layers."""
        queries, keys = self.generator.features(made.images, self.places), made.features
        if _mirrored(batch):
            queries = [each.flip(3) for each in queries]
            with torch.no_grad():  # of the inputs as they are, which the fakes were not made from
                keys = self.generator.features(self._inputs(batch), self.places)
        groups = {"contrast": slice(0, len(batch.a))}
        if self.loss.nce_identity:
            groups["contrast_identity"] = slice(len(batch.a), None)
        found = {}
        for name, group in groups.items():
            chosen = [self._positions(each, batch) for each in keys]
            query = self.describer([_rows(each[group], at) for each, at in zip(queries, chosen, strict=True)])
            with torch.no_grad():
                key = self.describer([_rows(each[group], at) for each, at in zip(keys, chosen, strict=True)])
            losses = [patch_nce(q, k, self.loss.temperature) for q, k in zip(query, key, strict=True)]
            found[name] = torch.stack(losses).mean()
        return found

    def _positions(self, features: Tensor, batch: StepPass) -> Tensor:
        """Places of the patches that are compared: drawn for a layer, the same for all images."""
        drawn = batch.random.permutation(math.prod(features.shape[2:]))[: self.loss.patches]
        return torch.from_numpy(drawn).to(features.device)

    def translate(self, image: Tensor, direction: TranslationDirection) -> Tensor:
        """Images of A to B."""
        translated: Tensor = self.generator(image)
        return translated

    def stages(self, image: Tensor, direction: TranslationDirection) -> dict[str, Tensor]:
        """Rows: real, translation."""
        return {"real": image, "translation": self.generator(image)}

    def example(self, part: str, image: Tensor) -> object:
        """F describes as many patches of the image as a step compares."""
        if part != "F":
            return self.parts()[part](image)
        features = self.generator.features(image, self.places)
        return self.describer([each.flatten(2)[..., : self.loss.patches].transpose(1, 2) for each in features])

    def more_operations(self, module: nn.Module, inputs: tuple[Any, ...], options: dict[str, Any], output: Any) -> int:
        """Those of the fixed blurs: 9 for a pixel that one makes, and 4 of 16 for one that lies between others."""
        if isinstance(module, BlurDown | BlurUp):
            return int(output.numel()) * (9 if isinstance(module, BlurDown) else 4)
        return 0

    def compile_parts(self) -> None:
        """The discriminator and the layers of the generator, which steps call one by one."""
        self.discriminator.compile()
        for layer in self.generator.model:
            layer.compile()


def _mirrored(batch: StepPass) -> bool:
    return bool(batch.kept.get("mirrored", False))


def _rows(features: Tensor, positions: Tensor) -> Tensor:
    """(N, C, H, W) at P positions, counted row by row → (N, P, C)."""
    return features.flatten(2).index_select(2, positions).transpose(1, 2)


def _settings(config: RunConfig) -> tuple[CUTNetwork, CUTLoss]:
    assert isinstance(config.network, CUTNetwork)
    assert isinstance(config.loss, CUTLoss)
    return config.network, config.loss
