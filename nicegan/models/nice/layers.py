"""The building blocks of NICE-GAN's generators: LIN, AdaLIN and the residual block.

Source: Kim et al., "U-GAT-IT", ICLR 2020, equations 1 and 2, with NICE-GAN's softmax weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nicegan.models.layers.mixing import mix
from nicegan.models.layers.padding import Conv


class LIN(nn.Module):
    """Layer-instance normalisation with γ and β of its own, and a ReLU; starts as 0.90 layer and 0.10 instance norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.rho = nn.Parameter(torch.tensor([1.0, 3.2]).repeat(1, channels, 1))
        self.gamma = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        return mix(x, self.rho, self.gamma.flatten(1), self.beta.flatten(1), relu=True)


class AdaLIN(nn.Module):
    """The same with γ and β given for each sample; starts as 0.90 instance and 0.10 layer norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.rho = nn.Parameter(torch.tensor([3.2, 1.0]).repeat(1, channels, 1))

    def forward(self, x: Tensor, gamma: Tensor, beta: Tensor, *, relu: bool = False) -> Tensor:
        """x (N, C, H, W), gamma and beta (N, C), to x's shape."""
        return mix(x, self.rho, gamma, beta, relu=relu)


class ResidualBlock(nn.Module):
    """x + AdaLIN(conv(ReLU(AdaLIN(conv(x))))), both with the same γ and β."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.norm1 = Conv(channels, channels, 3), AdaLIN(channels)
        self.conv2, self.norm2 = Conv(channels, channels, 3), AdaLIN(channels)

    def forward(self, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        """x (N, C, H, W), gamma and beta (N, C), to x's shape."""
        inner = self.norm1(self.conv1(x), gamma, beta, relu=True)
        outer: Tensor = self.norm2(self.conv2(inner), gamma, beta)
        return outer.add_(x)
