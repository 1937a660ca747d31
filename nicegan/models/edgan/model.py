"""ED//GAN and ED+GAN as the trainer sees them: aligned pairs, from A to B.

ED//GAN's output is the sum of what its decoder and its residual branch make. The reconstruction loss compares the
decoder's part alone and moves encoder and decoder; the adversarial loss sees the sum and moves the residual branch.
ED+GAN has no residual branch, and both losses move encoder and decoder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn

from gan_eval.translation import TranslationDirection
from nicegan.models.edgan.networks import EDGANDecoder, EDGANEncoder, PairDiscriminator
from nicegan.models.edgan.settings import EDGANLoss, EDGANNetwork
from nicegan.models.layers.losses import cross_entropy, pixel_loss
from nicegan.models.layers.resnet import normal_weights
from nicegan.models.layers.turns import autocast, detached, frozen
from nicegan.models.protocol import OneWay, StepPass, TranslationModel
from nicegan.techniques import feature_matching

if TYPE_CHECKING:
    from nicegan.config import RunConfig


class EDGANOneWay(OneWay):
    """Encoder and decoder, and the residual branch where there is one."""

    def __init__(self, network: EDGANNetwork) -> None:
        super().__init__()
        self.encoder = EDGANEncoder(network.channels)
        self.decoder = EDGANDecoder(network.channels, normalised=False)
        self.residual = None if network.coupled else EDGANDecoder(network.channels, normalised=True)

    def stored(self) -> dict[str, nn.Module]:
        """Enc and Dec; G, the residual branch."""
        stored: dict[str, nn.Module] = {"Enc": self.encoder, "Dec": self.decoder}
        return stored if self.residual is None else {**stored, "G": self.residual}

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] → the same; the sum of both branches is cut off there."""
        return self.whole(image).clamp(-1, 1)

    def whole(self, image: Tensor) -> Tensor:
        """What the discriminator sees: (N, 3, H, W) in [-2, 2], or in [-1, 1] without a residual."""
        code = self.encoder(image)
        base: Tensor = self.decoder(code)
        return base if self.residual is None else base + self.residual(code)


class EDGANModel(TranslationModel):
    """Turns: ED (reconstruction), D, and G (adversarial) for ED//GAN; D and G (both losses) for ED+GAN."""

    directions = ("AtoB",)
    paired = True

    def __init__(self, network: EDGANNetwork, loss: EDGANLoss) -> None:
        super().__init__()
        self.path, self.loss = EDGANOneWay(network), loss
        self.discriminator = PairDiscriminator(network.channels, network.minibatch_kernels)
        self.players = ("D", "G") if network.coupled else ("ED", "D", "G")
        self.averaged = tuple(self.path.stored())

    @classmethod
    def build(cls, config: RunConfig) -> Self:
        """A model with weights from N(0, 0.02²), as in the authors' code, drawn from the seed alone."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            model = cls(*_settings(config))
            normal_weights(model)
        return model

    @classmethod
    def one_way(cls, config: RunConfig, direction: TranslationDirection) -> EDGANOneWay:
        """Encoder, decoder and residual branch."""
        return EDGANOneWay(_settings(config)[0])

    def parts(self) -> dict[str, nn.Module]:
        """Enc, Dec, G where there is a residual branch, and D."""
        return {**self.path.stored(), "D": self.discriminator}

    def moved_by(self, player: str) -> Iterator[nn.Parameter]:
        """ED moves Enc and Dec; G the residual branch, or without one Enc and Dec."""
        path = self.path
        if player == "D":
            yield from self.discriminator.parameters()
        elif player == "G" and path.residual is not None:
            yield from path.residual.parameters()
        else:
            yield from path.encoder.parameters()
            yield from path.decoder.parameters()

    def add_gradients(self, player: str, batch: StepPass) -> dict[str, Tensor]:
        """Losses `reconstruction`; `discriminator`; `generator`, `adversarial`.

        With its weight also `feature_matching`. Beside them, for looking at alone: `distance`, mean |y − y'|, and
        `residual`, the residual's mean size beside the decoder's.
        """
        turns = {"ED": self._reconstruction, "D": self._discriminator, "G": self._generator}
        with autocast(batch.a, batch.precision):
            total, losses = turns[player](batch)
        torch.autograd.backward(total * batch.scale)
        return detached(losses)

    def _reconstruction(self, batch: StepPass) -> tuple[Tensor, dict[str, Tensor]]:
        loss = pixel_loss(self.path.decoder(self.path.encoder(batch.a)), batch.b)
        return self.loss.reconstruction * loss, {"reconstruction": loss}

    def _discriminator(self, batch: StepPass) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            fake = self.path.whole(batch.a)
        on_real, on_fake = self.discriminator(batch.a, batch.b), self.discriminator(batch.a, fake)
        total = cross_entropy(on_real, self.loss.real_label) + cross_entropy(on_fake, 0.0)
        return total, {"discriminator": total}

    def _generator(self, batch: StepPass) -> tuple[Tensor, dict[str, Tensor]]:
        path, weights = self.path, self.loss
        # Where there is a residual branch, no gradient of this turn reaches what the other branch is made of.
        with torch.set_grad_enabled(path.residual is None):
            code = path.encoder(batch.a)
            base = path.decoder(code)
        image = base if path.residual is None else base + path.residual(code)
        with frozen([self.discriminator]):
            adversarial = cross_entropy(self.discriminator(batch.a, image), 1.0)
            matching = self._feature_matching(batch, image) if weights.feature_matching else None
        total, losses = weights.gan * adversarial, {"adversarial": adversarial, "distance": pixel_loss(image, batch.b)}
        if matching is not None:
            losses["feature_matching"] = matching
            total = total + weights.feature_matching * matching
        if path.residual is None:
            losses["reconstruction"] = pixel_loss(base, batch.b)
            total = total + weights.reconstruction * losses["reconstruction"]
        else:
            losses["residual"] = (image - base).abs().mean() / base.abs().mean()
        return total, {"generator": total, **losses}

    def _feature_matching(self, batch: StepPass, image: Tensor) -> Tensor:
        """Of the means over the places of the discriminator's last maps."""
        with torch.no_grad():
            real = self.discriminator.features(batch.a, batch.b).mean((2, 3))
        return feature_matching(real, self.discriminator.features(batch.a, image).mean((2, 3)))

    def translate(self, image: Tensor, direction: TranslationDirection) -> Tensor:
        """Images of A to B."""
        translated: Tensor = self.path(image)
        return translated

    def stages(self, image: Tensor, direction: TranslationDirection) -> dict[str, Tensor]:
        """Rows: real, translation; for ED//GAN also base and residual, whose sum the translation is."""
        code = self.path.encoder(image)
        rows = {"real": image, "translation": self.path(image)}
        if self.path.residual is not None:
            rows |= {"base": self.path.decoder(code), "residual": self.path.residual(code)}
        return rows

    def example(self, part: str, image: Tensor) -> object:
        """A decoder decodes the code of the image; the discriminator judges it beside itself."""
        if part == "D":
            return self.discriminator(image, image)
        return self.path.encoder(image) if part == "Enc" else self.parts()[part](self.path.encoder(image))


def _settings(config: RunConfig) -> tuple[EDGANNetwork, EDGANLoss]:
    assert isinstance(config.network, EDGANNetwork)
    assert isinstance(config.loss, EDGANLoss)
    return config.network, config.loss
