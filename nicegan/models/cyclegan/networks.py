"""The networks of CycleGAN, under the names of the authors' state dicts.

Source: Zhu et al., ICCV 2017, section 7.2, and the authors' code (`resnet_9blocks`, `basic`), equal to it to rounding.
"""

from __future__ import annotations

from torch import Tensor, nn

from nicegan.models.layers.resnet import Reflect, ResnetBlock
from nicegan.models.layers.to_image import ToImage


class CycleGANGenerator(nn.Module):
    """Two stride-2 convolutions, residual blocks, two transposed convolutions: images to images."""

    def __init__(self, channels: int, n_res: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [Reflect(3), nn.Conv2d(3, channels, 7), *_normalised(channels)]
        for width in (channels, 2 * channels):
            layers += [nn.Conv2d(width, 2 * width, 3, stride=2, padding=1), *_normalised(2 * width)]
        layers += [ResnetBlock(4 * channels) for _ in range(n_res)]
        for width in (4 * channels, 2 * channels):
            up = nn.ConvTranspose2d(width, width // 2, 3, stride=2, padding=1, output_padding=1)
            layers += [up, *_normalised(width // 2)]
        # The authors' last three layers (border, convolution, tanh) are one of ours, at the convolution's place.
        layers += [nn.Identity(), ToImage(channels, bias=True)]
        self.model = nn.Sequential(*layers)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1], H and W multiples of 4, → the same."""
        translated: Tensor = self.model(image)
        return translated


class PatchDiscriminator(nn.Module):
    """Judges patches of 70 pixels: (N, 3, H, W) → logits (N, 1, H/8 − 2, W/8 − 2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, channels, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
        for width, stride in ((channels, 2), (2 * channels, 2), (4 * channels, 1)):
            layers += [
                nn.Conv2d(width, 2 * width, 4, stride=stride, padding=1),
                nn.InstanceNorm2d(2 * width),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        self.model = nn.Sequential(*layers, nn.Conv2d(8 * channels, 1, 4, padding=1))

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] → logits."""
        logits: Tensor = self.model(image)
        return logits


def _normalised(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.InstanceNorm2d(channels), nn.ReLU(inplace=True)
