"""Halving and doubling of maps without aliasing: a fixed blur beside the stride.

Source: Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML 2019, with the kernels, borders and names of
CUT's code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nicegan.models.layers.padding import reflect


class BlurDown(nn.Module):
    """[1, 2, 1]⊗[1, 2, 1]/16 at every second pixel, over a reflected border."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.filt: Tensor
        self.register_buffer("filt", _kernel([1.0, 2.0, 1.0], channels))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, ⌈H/2⌉, ⌈W/2⌉)."""
        return F.conv2d(reflect(x, 1), self.filt, stride=2, groups=x.shape[1])


class BlurUp(nn.Module):
    """[1, 3, 3, 1]⊗[1, 3, 3, 1]/16 over pixels set two apart, the border repeated."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.filt: Tensor
        self.register_buffer("filt", 4 * _kernel([1.0, 3.0, 3.0, 1.0], channels))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, 2H, 2W)."""
        wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
        # A padding of 3 leaves what the authors have after theirs of 2 and the cut of a row and a column on each side.
        return F.conv_transpose2d(wide, self.filt, stride=2, padding=3, groups=x.shape[1])


def _kernel(row: list[float], channels: int) -> Tensor:
    """(channels, 1, k, k) whose sums are 1."""
    line = torch.tensor(row)
    kernel = line[:, None] * line[None, :]
    return (kernel / kernel.sum()).expand(channels, 1, -1, -1).clone()
