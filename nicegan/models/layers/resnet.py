"""Parts of networks of CycleGAN's family, under the names that its code gives them.

Source: Johnson et al., ECCV 2016, and Isola et al., CVPR 2017, as the code of Zhu et al., ICCV 2017, builds them.
Normalisation is instance normalisation without parameters, the same in training and evaluation.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from nicegan.models.layers.padding import reflect
from nicegan.models.layers.to_image import ToImage


class Reflect(nn.Module):
    """A border reflected by `width` pixels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H + 2·width, W + 2·width)."""
        return reflect(x, self.width)


class ResnetBlock(nn.Module):
    """x + IN(conv(ReLU(IN(conv(x))))) over reflected borders."""

    def __init__(self, channels: int, *, bias: bool = True) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            Reflect(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            nn.InstanceNorm2d(channels),
            nn.ReLU(inplace=True),
            Reflect(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same."""
        inner: Tensor = self.conv_block(x)
        return inner + x


def normal_weights(network: nn.Module, *, deviation: float = 0.02) -> None:
    """Weights of convolutions and linear maps from N(0, deviation²), biases 0: the initialisation of CycleGAN."""
    for module in _weighted(network):
        nn.init.normal_(module.weight, 0.0, deviation)


def xavier_weights(network: nn.Module, *, gain: float = 0.02) -> None:
    """Weights of convolutions and linear maps from N(0, gain²·2/(inputs + outputs)), biases 0: that of CUT."""
    for module in _weighted(network):
        nn.init.xavier_normal_(module.weight, gain)


def _weighted(network: nn.Module) -> Iterator[nn.Conv2d | nn.ConvTranspose2d | nn.Linear | ToImage]:
    """The convolutions and linear maps, whose biases are set to 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | ToImage):
            if module.bias is not None:
                nn.init.zeros_(module.bias)
            yield module
