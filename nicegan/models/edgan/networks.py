"""The networks of ED//GAN and ED+GAN (ours; what each loss reaches is the paper's).

The encoder and its decoder have no normalisation, the residual's decoder and the discriminator have, as in the authors'
code; there it is of the batch, here of the instance, so that a translation depends on no other image.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from nicegan.techniques import MinibatchDiscrimination

SLOPE = 0.2


class EDGANEncoder(nn.Module):
    """Three halvings: (N, 3, H, W) → (N, 4·channels, H/8, W/8)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.model = nn.Sequential(*_halvings(3, channels, normalised=False))

    def forward(self, image: Tensor) -> Tensor:
        """Images in [-1, 1], H and W multiples of 8, to their code."""
        code: Tensor = self.model(image)
        return code


class EDGANDecoder(nn.Module):
    """Three doublings and tanh: a code to images, or to a residual of images."""

    def __init__(self, channels: int, *, normalised: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise((4 * channels, 2 * channels, channels, 3)):
            layers.append(nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1))
            if outputs != 3:
                layers += [*_norm(outputs, normalised=normalised), nn.ReLU(inplace=True)]
        self.model = nn.Sequential(*layers, nn.Tanh())

    def forward(self, code: Tensor) -> Tensor:
        """(N, 4·channels, h, w) → (N, 3, 8h, 8w) in [-1, 1]."""
        image: Tensor = self.model(code)
        return image


class PairDiscriminator(nn.Module):
    """Judges an image beside its input, in patches: logits (N, 1, H/8, W/8).

    kernels: features of minibatch discrimination, of the means of its last maps, that its last convolution reads too.
    """

    def __init__(self, channels: int, kernels: int = 0) -> None:
        super().__init__()
        inputs = 4 * channels + kernels
        self.model = nn.Sequential(*_halvings(6, channels, normalised=True), nn.Conv2d(inputs, 1, 3, padding=1))

        self.minibatch = MinibatchDiscrimination(4 * channels, kernels) if kernels else None

    def features(self, source: Tensor, image: Tensor) -> Tensor:
        """The last maps before the logits, (N, 4·channels, H/8, W/8)."""
        maps: Tensor = self.model[:-1](torch.cat([source, image], 1))
        return maps

    def forward(self, source: Tensor, image: Tensor) -> Tensor:
        """source: images of A; image: of B, all of them real or all made, of no fixed range."""
        maps = self.features(source, image)
        if self.minibatch is not None:
            near = self.minibatch(maps.mean((2, 3)))[:, maps.shape[1] :, None, None]
            maps = torch.cat([maps, near.expand(-1, -1, *maps.shape[2:])], 1)
        logits: Tensor = self.model[-1](maps)
        return logits


def _halvings(inputs: int, channels: int, *, normalised: bool) -> list[nn.Module]:
    """Convolutions to `channels`, twice and four times as many; the first one is never normalised."""
    layers: list[nn.Module] = []
    for before, after in pairwise((inputs, channels, 2 * channels, 4 * channels)):
        layers.append(nn.Conv2d(before, after, 4, stride=2, padding=1))
        layers += [*_norm(after, normalised=normalised and before != inputs), nn.LeakyReLU(SLOPE, inplace=True)]
    return layers


def _norm(channels: int, *, normalised: bool) -> list[nn.Module]:
    return [nn.InstanceNorm2d(channels, affine=True)] if normalised else []
