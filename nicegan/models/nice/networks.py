"""The networks of NICE-GAN: a discriminator whose first layers are the encoder, and a generator that only decodes.

Source: Chen et al., CVPR 2020, figure 2 and appendix, and the authors' code, equal to it to rounding. Images are
(N, 3, H, W) in [-1, 1]. One `NiceNetwork` says which of the ablations is built; what the paper leaves open is
marked "ours" where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_eval.errors import InputError
from gan_eval.translation import TranslationDirection
from nicegan.models.layers.padding import Conv
from nicegan.models.layers.spectral import SpectralConv, SpectralLinear
from nicegan.models.layers.to_image import ToImage
from nicegan.models.nice.layers import LIN, ResidualBlock
from nicegan.models.nice.settings import NiceNetwork

SLOPE = 0.2


class Code(NamedTuple):
    """What an encoder makes of images: z (N, c, h, w) and the logit of C0 (N, 1), None where C0 does not judge."""

    z: Tensor
    logit: Tensor | None


def heatmap(z: Tensor) -> Tensor:
    """Where the encoder looks: z summed over its channels, (N, 1, h, w), of no fixed range."""
    return z.sum(1, keepdim=True)


class Encoder(nn.Module):
    """E: `shared` stride-2 convolutions under spectral norm, then the attention that C0's weights give.

    Residual attention has three traps. The channels are multiplied by C0's weight as it is stored, not as spectral
    norm divides it, while C0's logit uses the divided one. The sum with x is rectified a second time. γ starts at 0,
    so that only γ learns from the branch at the first step.
    """

    def __init__(self, config: NiceNetwork) -> None:
        super().__init__()
        widths = [3, *(config.channels * 2**level for level in range(config.shared))]
        self.convs = nn.ModuleList(SpectralConv(inputs, outputs, stride=2) for inputs, outputs in pairwise(widths))
        self.judges = 0 in config.scales
        self.attention = config.attention
        channels = widths[-1]
        if self.judges or self.attention != "none":
            self.classify = SpectralLinear(2 * channels, 1)
        if self.attention != "none":
            self.attend = nn.Conv2d(2 * channels, channels, 1)
        if self.attention == "residual":
            self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, image: Tensor) -> Code:
        """Image (N, 3, H, W) in [-1, 1] to z (N, c, H/2^shared, W/2^shared) and C0's logit."""
        x, sizes = image, (len(image),)
        for layer in self.convs:
            x = F.leaky_relu_(layer(x, sizes), SLOPE)
        logit = None
        if self.judges:
            pooled = torch.cat([x.mean((2, 3)), F.adaptive_max_pool2d(x, 1).flatten(1)], 1)
            logit = self.classify(pooled, sizes)
        return Code(self._attend(x), logit)

    def _attend(self, x: Tensor) -> Tensor:
        if self.attention == "none":
            return x
        # conv1x1 over the concatenation (w1·x, w2·x) is one convolution of half its inputs.
        average, maximum = (self.attend.weight.flatten(1) * self.classify.weight_orig).chunk(2, 1)
        kernel, bias = (average + maximum)[:, :, None, None], self.attend.bias
        if self.attention == "plain":
            return F.leaky_relu_(F.conv2d(x, kernel, bias), SLOPE)
        assert bias is not None
        return F.leaky_relu_(F.conv2d(x, self.gamma[:, None, None, None] * kernel, self.gamma * bias) + x, SLOPE)


class Discriminator(nn.Module):
    """E and the classifiers C1 and C2 that read its code: `encode(x) → z` and `judge(z) → logits`.

    In training mode each call advances the spectral norm of the layers it uses by one power iteration, as the
    authors' code does; `advance_judges` does so without judging.
    """

    def __init__(self, config: NiceNetwork) -> None:
        super().__init__()
        width, self.scales = config.channels, config.scales
        self.encoder = Encoder(config)
        self.trunk = nn.ModuleList()
        if {1, 2} & set(self.scales):
            # C1 and C2 read what three stride-2 convolutions left, however many of those belong to the encoder.
            levels = [width * 2**level for level in range(config.shared - 1, 3)]
            self.trunk.extend(SpectralConv(a, b, stride=2) for a, b in pairwise(levels))
        if 1 in self.scales:
            self.middle = nn.ModuleList(
                [SpectralConv(4 * width, 8 * width, stride=1), SpectralConv(8 * width, 1, stride=1, bias=False)]
            )
        if 2 in self.scales:
            self.deep = nn.ModuleList(
                [
                    SpectralConv(4 * width, 8 * width, stride=2),
                    SpectralConv(8 * width, 16 * width, stride=2),
                    SpectralConv(16 * width, 32 * width, stride=1),
                    SpectralConv(32 * width, 1, stride=1, bias=False),
                ]
            )

    def encode(self, image: Tensor) -> Code:
        """Image (N, 3, H, W) in [-1, 1] to its code and C0's logit."""
        code: Code = self.encoder(image)
        return code

    def judge(self, code: Code, sizes: Sequence[int] | None = None) -> dict[int, Tensor]:
        """Logits per scale: 0 (N, 1), 1 (N, 1, H/8 − 2, W/8 − 2), 2 (N, 1, H/32 − 2, W/32 − 2).

        sizes: lengths of consecutive groups of the batch that see one power iteration each, as if they were judged by
        one call after the other (default: one group).
        """
        sizes = sizes or (len(code.z),)
        logits = {} if code.logit is None else {0: code.logit}
        x = code.z
        for layer in self.trunk:
            x = F.leaky_relu_(layer(x, sizes), SLOPE)
        if 1 in self.scales:
            logits[1] = _judge(self.middle, x, sizes)
        if 2 in self.scales:
            logits[2] = _judge(self.deep, x, sizes)
        return logits

    def advance_judges(self) -> None:
        """In training mode, one power iteration of every layer of C1 and C2."""
        for name, layer in self.named_modules():
            if self.training and isinstance(layer, SpectralConv) and not name.startswith("encoder"):
                layer.advance()


def _judge(layers: nn.ModuleList, x: Tensor, sizes: Sequence[int]) -> Tensor:
    for layer in layers[:-1]:
        x = F.leaky_relu_(layer(x, sizes), SLOPE)
    logit: Tensor = layers[-1](x, sizes)
    return logit


class Upsampling(nn.Module):
    """Twice the size at half the width: 3×3 convolution, LIN, ReLU, then sub-pixel; or nearest neighbour before it."""

    def __init__(self, inputs: int, upsample: str) -> None:
        super().__init__()
        outputs = inputs // 2
        self.conv, self.norm = Conv(inputs, outputs, 3), LIN(outputs)
        self.subpixel = upsample == "subpixel"
        if self.subpixel:
            self.expand, self.expand_norm = nn.Conv2d(outputs, 4 * outputs, 1), LIN(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(N, c, h, w) to (N, c/2, 2h, 2w)."""
        if not self.subpixel:
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        x = self.norm(self.conv(x))
        return self.expand_norm(F.pixel_shuffle(self.expand(x), 2)) if self.subpixel else x


class Generator(nn.Module):
    """A decoder: z (N, c, h, w) to an image (N, 3, H, W) in [-1, 1], without noise and without an encoder.

    With `shared` 1, z is twice as large: a stride-2 convolution halves it first; with 3 it is half as large: a
    sub-pixel block doubles it first (both ours).
    """

    def __init__(self, config: NiceNetwork) -> None:
        super().__init__()
        width = 4 * config.channels
        self.code_shape, self.light = config.code_shape, config.light
        self.resize = _resize(config)
        self.entry, self.entry_norm = Conv(2 * config.channels, width, 3, bias=True), LIN(width)
        pixels = 1 if self.light else (config.height // 4) * (config.width // 4)
        self.features = nn.ModuleList(
            [nn.Linear(pixels * width, width, bias=False), nn.Linear(width, width, bias=False)]
        )
        self.to_gamma, self.to_beta = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.blocks = nn.ModuleList(ResidualBlock(width) for _ in range(config.n_res))
        self.ups = nn.ModuleList(Upsampling(inputs, config.upsample) for inputs in (width, width // 2))
        self.to_image = ToImage(width // 4)

    def forward(self, z: Tensor) -> Tensor:
        """z to images; a light generator takes any size, a full one only the size it was built for (InputError)."""
        if not self.light and z.shape[1:] != self.code_shape:
            raise InputError(
                f"a full generator is bound to its size: z is {tuple(z.shape[1:])}, not {self.code_shape} "
                "(give images of the size of its training, or train with light=True)"
            )
        x = self.entry_norm(self.entry(self.resize(z)))
        features = x.mean((2, 3)) if self.light else x.contiguous().flatten(1)
        for layer in self.features:
            features = layer(features).relu_()
        gamma, beta = self.to_gamma(features), self.to_beta(features)
        for block in self.blocks:
            x = block(x, gamma, beta)
        for up in self.ups:
            x = up(x)
        image: Tensor = self.to_image(x)
        return image


def _resize(config: NiceNetwork) -> nn.Module:
    """Brings z to (2·channels, H/4, W/4), where it is not so already."""
    if config.shared == 1:
        return nn.Conv2d(config.channels, 2 * config.channels, 3, 2, 1, padding_mode="reflect")
    return Upsampling(4 * config.channels, "subpixel") if config.shared == 3 else nn.Identity()


class Domain(nn.Module):
    """All that one domain owns: its discriminator, the generator into it, and, if NICE is off, its own encoder."""

    def __init__(self, config: NiceNetwork) -> None:
        super().__init__()
        self.discriminator = Discriminator(config)
        self.generator = Generator(config)
        self.own_encoder = None if config.nice else Encoder(config)

    def encode(self, image: Tensor) -> Code:
        """Image (N, 3, H, W) in [-1, 1] to the code that generators read."""
        return self.encoder(image)  # type: ignore[no-any-return]

    @property
    def encoder(self) -> Encoder:
        """The encoder that generators read from."""
        return self.discriminator.encoder if self.own_encoder is None else self.own_encoder


class Networks(nn.Module):
    """Both domains. `a.generator` makes images of A (the authors' gen2A), `a.discriminator` judges them (disA)."""

    def __init__(self, config: NiceNetwork) -> None:
        super().__init__()
        self.config = config
        self.a, self.b = Domain(config), Domain(config)

    def translate(self, image: Tensor, direction: TranslationDirection) -> Tensor:
        """Images (N, 3, H, W) in [-1, 1] of the source domain to the target domain, same shape and range."""
        source, target = (self.a, self.b) if direction == "AtoB" else (self.b, self.a)
        translated: Tensor = target.generator(source.encode(image).z)
        return translated

    def parts(self) -> dict[str, nn.Module]:
        """The networks by their official names, as checkpoints hold them; encA and encB where NICE is off."""
        parts: dict[str, nn.Module] = {
            "gen2B": self.b.generator,
            "gen2A": self.a.generator,
            "disA": self.a.discriminator,
            "disB": self.b.discriminator,
        }
        if self.a.own_encoder is not None and self.b.own_encoder is not None:
            parts |= {"encA": self.a.own_encoder, "encB": self.b.own_encoder}
        return parts

    def discriminator_parameters(self) -> Iterator[nn.Parameter]:
        """What D's optimiser moves: both discriminators, their encoders included."""
        for domain in (self.a, self.b):
            yield from domain.discriminator.parameters()

    def generator_parameters(self, *, encoders: bool = False) -> Iterator[nn.Parameter]:
        """What G's optimiser moves: gen2B, gen2A and independent encoders; with `encoders` the shared ones too."""
        for domain in (self.b, self.a):
            yield from domain.generator.parameters()
        for domain in (self.b, self.a):
            if encoders or domain.own_encoder is not None:
                yield from domain.encoder.parameters()


def build(config: NiceNetwork, *, seed: int = 0) -> Networks:
    """The four networks with PyTorch's default initialisation (the authors'), drawn from `seed` alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Networks(config)
