"""NICE-GAN as the trainer sees it: its networks, whose turn it is, and one direction for translation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from torch import Tensor, nn

from gan_eval.translation import TranslationDirection
from nicegan.models.nice.layers import LIN, AdaLIN
from nicegan.models.nice.networks import Discriminator, Encoder, Generator, Networks, build, heatmap
from nicegan.models.nice.settings import NiceLoss, NiceNetwork
from nicegan.models.nice.steps import StepOptions, discriminator_step, generator_step
from nicegan.models.protocol import OneWay, StepPass, TranslationModel

if TYPE_CHECKING:
    from nicegan.config import RunConfig


class NiceOneWay(OneWay):
    """The encoder of the source domain and the generator of the target domain."""

    def __init__(self, network: NiceNetwork, direction: TranslationDirection) -> None:
        super().__init__()
        self.encoder, self.generator = Encoder(network), Generator(network)
        self._encoder_name = f"dis{direction[0]}.encoder" if network.nice else f"enc{direction[0]}"
        self._generator_name = f"gen2{direction[-1]}"

    def stored(self) -> dict[str, nn.Module]:
        """Where a checkpoint keeps both."""
        return {self._encoder_name: self.encoder, self._generator_name: self.generator}

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] → the same."""
        translated: Tensor = self.generator(self.encoder(image).z)
        return translated


class NiceModel(TranslationModel):
    """Two generators that only decode, and two discriminators whose first layers encode."""

    players = ("D", "G")
    averaged = ("gen2B", "gen2A")

    def __init__(self, networks: Networks, loss: NiceLoss) -> None:
        super().__init__()
        self.networks, self.loss = networks, loss

    @classmethod
    def build(cls, config: RunConfig) -> Self:
        """A model with PyTorch's default initialisation (the authors'), drawn from the seed alone."""
        network, loss = _settings(config)
        return cls(build(network, seed=config.seed), loss)

    @classmethod
    def one_way(cls, config: RunConfig, direction: TranslationDirection) -> NiceOneWay:
        """An encoder and a generator."""
        return NiceOneWay(_settings(config)[0], direction)

    def parts(self) -> dict[str, nn.Module]:
        """gen2B, gen2A, disA, disB; encA and encB where NICE is off."""
        return self.networks.parts()

    def moved_by(self, player: str) -> Iterator[nn.Parameter]:
        """D moves the discriminators, encoders included; G the generators, and encoders that learn with them."""
        if player == "D":
            return self.networks.discriminator_parameters()
        return self.networks.generator_parameters(encoders=self.loss.decouple != "decoupled")

    def add_gradients(self, player: str, batch: StepPass) -> dict[str, Tensor]:
        """Losses as `steps.discriminator_step` and `steps.generator_step` name them."""
        options = StepOptions(loss=self.loss, decouple=self.loss.decouple, precision=batch.precision, scale=batch.scale)
        step = discriminator_step if player == "D" else generator_step
        return step(self.networks, batch.a, batch.b, options)

    def translate(self, image: Tensor, direction: TranslationDirection) -> Tensor:
        """Images of the source domain to the target domain."""
        return self.networks.translate(image, direction)

    def stages(self, image: Tensor, direction: TranslationDirection) -> dict[str, Tensor]:
        """Rows as in the authors' sheets: real, heatmap, reconstruction, translation, cycle."""
        a, b = self.networks.a, self.networks.b
        source, target = (a, b) if direction == "AtoB" else (b, a)
        code = source.encode(image)
        translation = target.generator(code.z)
        return {
            "real": image,
            "heatmap": heatmap(code.z),
            "reconstruction": source.generator(code.z),
            "translation": translation,
            "cycle": source.generator(target.encode(translation).z),
        }

    def compile_parts(self) -> None:
        """Encoders and generators; the classifiers run once per step and gain little."""
        for domain in (self.networks.a, self.networks.b):
            domain.encoder.compile()
            domain.generator.compile()

    def example(self, part: str, image: Tensor) -> object:
        """A generator decodes the code of the images; a discriminator encodes and judges them."""
        network = self.parts()[part]
        if isinstance(network, Generator):
            return network(self.networks.a.encode(image).z)
        return network.judge(network.encode(image)) if isinstance(network, Discriminator) else network(image)

    def more_operations(self, module: nn.Module, inputs: tuple[Any, ...], options: dict[str, Any], output: Any) -> int:
        """One for each output of a generator's ReLU; the attention's 1×1 convolution, as the authors compute it."""
        if isinstance(module, Encoder) and module.attention != "none":
            # The authors convolve the concatenation; this code folds it into one convolution of half the inputs.
            z = output.z
            return int(z.numel() // z.shape[1] * module.attend.weight.numel())
        if isinstance(module, LIN) or (isinstance(module, AdaLIN) and options.get("relu")):
            return int(output.numel())
        if isinstance(module, Generator):
            return len(output) * sum(layer.out_features for layer in module.features if isinstance(layer, nn.Linear))
        return 0


def _settings(config: RunConfig) -> tuple[NiceNetwork, NiceLoss]:
    assert isinstance(config.network, NiceNetwork)
    assert isinstance(config.loss, NiceLoss)
    return config.network, config.loss
