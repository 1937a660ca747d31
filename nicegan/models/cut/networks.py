"""The networks of CUT, under the names of the authors' state dicts.

Source: Park et al., ECCV 2020, and the authors' code: CycleGAN's networks (`resnet_9blocks`, `basic`) whose strides are
anti-aliased, and the two-layer networks that describe patches (`mlp_sample`).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from nicegan.models.cut.settings import CUTNetwork
from nicegan.models.layers.blur import BlurDown, BlurUp
from nicegan.models.layers.resnet import Reflect, ResnetBlock
from nicegan.models.layers.to_image import ToImage


class CUTGenerator(nn.Module):
    """Two halvings, residual blocks, two doublings: images to images."""

    def __init__(self, channels: int, n_res: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [Reflect(3), nn.Conv2d(3, channels, 7), *_normalised(channels)]
        for width in (channels, 2 * channels):
            layers += [nn.Conv2d(width, 2 * width, 3, padding=1), *_normalised(2 * width), BlurDown(2 * width)]
        layers += [ResnetBlock(4 * channels) for _ in range(n_res)]
        for width in (4 * channels, 2 * channels):
            layers += [BlurUp(width), nn.Conv2d(width, width // 2, 3, padding=1), *_normalised(width // 2)]
        # The authors' last three layers (border, convolution, tanh) are one of ours, at the convolution's place.
        layers += [nn.Identity(), ToImage(channels, bias=True)]
        self.model = nn.Sequential(*layers)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1], H and W multiples of 4, → the same."""
        return self.translated(image, ())[0]

    def translated(self, image: Tensor, places: Sequence[int]) -> tuple[Tensor, list[Tensor]]:
        """The translation, and what the layers at `places` (in rising order) gave on the way."""
        return self._through(image, places, len(self.model))

    def features(self, image: Tensor, places: Sequence[int]) -> list[Tensor]:
        """What the layers at `places` (in rising order) give; no later layer is run."""
        return self._through(image, places, places[-1] + 1)[1]

    def _through(self, x: Tensor, places: Sequence[int], end: int) -> tuple[Tensor, list[Tensor]]:
        found = []
        for place, layer in enumerate(self.model[:end]):
            x = layer(x)
            if place in places:
                found.append(x)
        return x, found


class BlurredDiscriminator(nn.Module):
    """Judges patches of 70 pixels: (N, 3, H, W) → logits (N, 1, H/8 − 2, W/8 − 2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        slope = 0.2
        layers: list[nn.Module] = [nn.Conv2d(3, channels, 4, padding=1), nn.LeakyReLU(slope, inplace=True)]
        layers.append(BlurDown(channels))
        for width, last in ((channels, False), (2 * channels, False), (4 * channels, True)):
            layers += [nn.Conv2d(width, 2 * width, 4, padding=1), nn.InstanceNorm2d(2 * width)]
            layers += [nn.LeakyReLU(slope, inplace=True), *([] if last else [BlurDown(2 * width)])]
        self.model = nn.Sequential(*layers, nn.Conv2d(8 * channels, 1, 4, padding=1))

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] → logits."""
        logits: Tensor = self.model(image)
        return logits


class PatchDescriber(nn.Module):
    """For each compared layer, two linear maps that turn a place's channels into a vector of length 1."""

    def __init__(self, network: CUTNetwork) -> None:
        super().__init__()
        width = network.nce_width
        for index, layer in enumerate(network.nce_layers):
            maps = nn.Sequential(nn.Linear(network.channels_at(layer), width), nn.ReLU(), nn.Linear(width, width))
            self.add_module(f"mlp_{index}", maps)

    def forward(self, rows: Sequence[Tensor]) -> list[Tensor]:
        """For each layer (…, C) → (…, width) of Euclidean length 1."""
        described = [self.get_submodule(f"mlp_{index}")(each) for index, each in enumerate(rows)]
        return [each / (each.norm(dim=-1, keepdim=True) + 1e-7) for each in described]


def _normalised(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.InstanceNorm2d(channels), nn.ReLU(inplace=True)
