"""The networks of U-GAT-IT-light, under the names of the authors' state dicts.

Source: Kim et al., ICLR 2020, and the authors' code, equal to it to rounding. Attention multiplies the channels by the
weights of two linear maps as they are stored; in the discriminators their logits use the weights that spectral norm
divides. A 1×1 convolution of both products is one convolution of half its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nicegan.models.layers.mixing import blend
from nicegan.models.layers.padding import Conv
from nicegan.models.layers.resnet import Reflect, ResnetBlock
from nicegan.models.layers.spectral import SpectralConv, SpectralLinear
from nicegan.models.layers.to_image import ToImage

SLOPE = 0.2


class UGATITOutput(NamedTuple):
    """What a generator makes: images (N, 3, H, W), attention's logits (N, 2) and map (N, 1, H/4, W/4)."""

    image: Tensor
    logits: Tensor
    heat: Tensor


class UGATITJudgement(NamedTuple):
    """What a discriminator says: logits of patches (N, 1, h, w), of its attention (N, 2), and that one's map."""

    patches: Tensor
    logits: Tensor
    heat: Tensor


class ClampedAdaLIN(nn.Module):
    """ρ·instance norm + (1 − ρ)·layer norm with γ and β given for each sample; ρ starts at 0.9 and stays in [0, 1]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.rho = nn.Parameter(torch.full((1, channels, 1, 1), 0.9))

    def forward(self, x: Tensor, gamma: Tensor, beta: Tensor, *, relu: bool = False) -> Tensor:
        """x (N, C, H, W), gamma and beta (N, C), to x's shape."""
        rho = self.rho.flatten(1)
        return blend(x, rho, 1 - rho, gamma, beta, relu=relu)


class ClampedLIN(nn.Module):
    """The same with γ and β of its own, and a ReLU; ρ starts at 0."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.rho = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.gamma = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        rho = self.rho.flatten(1)
        return blend(x, rho, 1 - rho, self.gamma.flatten(1), self.beta.flatten(1), relu=True)


class AdaptiveBlock(nn.Module):
    """x + AdaLIN(conv(ReLU(AdaLIN(conv(x))))), both with the same γ and β."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.norm1 = Conv(channels, channels, 3), ClampedAdaLIN(channels)
        self.conv2, self.norm2 = Conv(channels, channels, 3), ClampedAdaLIN(channels)

    def forward(self, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        """x (N, C, H, W), gamma and beta (N, C), to x's shape."""
        inner = self.norm1(self.conv1(x), gamma, beta, relu=True)
        outer: Tensor = self.norm2(self.conv2(inner), gamma, beta)
        return outer.add_(x)


class UGATITGenerator(nn.Module):
    """Two halvings, residual blocks, attention, blocks that it steers, two doublings: images to images."""

    def __init__(self, channels: int, n_res: int) -> None:
        super().__init__()
        width = 4 * channels
        self.gap_fc, self.gmp_fc = (nn.Linear(width, 1, bias=False) for _ in range(2))
        self.conv1x1 = nn.Conv2d(2 * width, width, 1)
        self.gamma, self.beta = (nn.Linear(width, width, bias=False) for _ in range(2))
        self.steered = [f"UpBlock1_{number + 1}" for number in range(n_res)]
        for name in self.steered:
            self.add_module(name, AdaptiveBlock(width))
        self.DownBlock = nn.Sequential(
            *(Reflect(3), nn.Conv2d(3, channels, 7, bias=False), *_normalised(channels)),
            *(layer for each in (channels, 2 * channels) for layer in _halving(each)),
            *(ResnetBlock(width, bias=False) for _ in range(n_res)),
        )
        self.FC = nn.Sequential(
            *(layer for _ in range(2) for layer in (nn.Linear(width, width, bias=False), nn.ReLU(inplace=True)))
        )
        # The authors' last three layers (border, convolution, tanh) are one of ours, at the convolution's place.
        self.UpBlock2 = nn.Sequential(
            *(layer for each in (width, width // 2) for layer in _doubling(each)), nn.Identity(), ToImage(channels)
        )

    def forward(self, image: Tensor) -> UGATITOutput:
        """(N, 3, H, W) in [-1, 1], H and W multiples of 4."""
        x: Tensor = self.DownBlock(image)
        average, maximum = _pooled(x)
        logits = torch.cat([self.gap_fc(average), self.gmp_fc(maximum)], 1)
        x = _attended(x, self.conv1x1, self.gap_fc.weight, self.gmp_fc.weight).relu_()
        features = self.FC(x.mean((2, 3)))
        gamma, beta = self.gamma(features), self.beta(features)
        heat = x.sum(1, keepdim=True)
        for name in self.steered:
            x = self.get_submodule(name)(x, gamma, beta)
        return UGATITOutput(self.UpBlock2(x), logits, heat)


class UGATITDiscriminator(nn.Module):
    """Judges patches: `depth` 5 those of 70 pixels, 7 those of 286, more than most images have.

    In training mode each group of images of a call advances the spectral norm of all layers by one power iteration.
    """

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        widths = [3, *(channels * 2**level for level in range(depth - 1))]
        width = widths[-1]
        self.gap_fc, self.gmp_fc = (SpectralLinear(width, 1) for _ in range(2))
        self.conv1x1 = nn.Conv2d(2 * width, width, 1)
        self.conv = SpectralConv(width, 1, stride=1, bias=False)
        convolutions = [
            SpectralConv(inputs, outputs, stride=1 if outputs == width else 2) for inputs, outputs in pairwise(widths)
        ]
        # Before each the authors have a border and after it a LeakyReLU, which count in their names.
        self.model = nn.ModuleDict({str(3 * index + 1): layer for index, layer in enumerate(convolutions)})

    def forward(self, image: Tensor, sizes: Sequence[int] | None = None) -> UGATITJudgement:
        """(N, 3, H, W) in [-1, 1]. sizes: lengths of groups of the batch that count as calls of their own."""
        x, sizes = image, sizes or (len(image),)
        for layer in self.model.values():
            x = F.leaky_relu_(layer(x, sizes), SLOPE)
        average, maximum = _pooled(x)
        logits = torch.cat([self.gap_fc(average, sizes), self.gmp_fc(maximum, sizes)], 1)
        x = F.leaky_relu_(_attended(x, self.conv1x1, self.gap_fc.weight_orig, self.gmp_fc.weight_orig), SLOPE)
        heat = x.sum(1, keepdim=True)
        return UGATITJudgement(self.conv(x, sizes), logits, heat)


def _pooled(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and maximum of each channel, (N, C) each."""
    return x.mean((2, 3)), F.adaptive_max_pool2d(x, 1).flatten(1)


def _attended(x: Tensor, attend: nn.Conv2d, average: Tensor, maximum: Tensor) -> Tensor:
    """`attend` of (average·x, maximum·x), whose weights are (1, C) each: (N, C, H, W) to the same shape."""
    of_average, of_maximum = attend.weight.flatten(1).chunk(2, 1)
    return F.conv2d(x, (of_average * average + of_maximum * maximum)[:, :, None, None], attend.bias)


def _normalised(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.InstanceNorm2d(channels), nn.ReLU(inplace=True)


def _halving(inputs: int) -> list[nn.Module]:
    return [Reflect(1), nn.Conv2d(inputs, 2 * inputs, 3, stride=2, bias=False), *_normalised(2 * inputs)]


def _doubling(inputs: int) -> list[nn.Module]:
    """The ReLU is a part of the normalisation."""
    outputs = inputs // 2
    convolution = nn.Conv2d(inputs, outputs, 3, bias=False)
    return [nn.Upsample(scale_factor=2), Reflect(1), convolution, ClampedLIN(outputs), nn.Identity()]
