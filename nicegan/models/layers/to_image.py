"""The last layer of a generator: a 7×7 convolution to three channels, and tanh."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nicegan.models.layers.padding import reflect


class ToImage(nn.Module):
    """The last 7×7 convolution, to three channels, and tanh.

    Three channels leave most of a processor's lanes empty. The four pixels of every 2×2 square are therefore made as
    four times the channels by one 8×8 kernel of stride 2, which holds the 7×7 kernel at four places: the same sums,
    a third of the time.
    """

    def __init__(self, inputs: int, *, bias: bool = False) -> None:
        super().__init__()
        plain = nn.Conv2d(inputs, 3, 7, bias=bias)
        self.weight = nn.Parameter(plain.weight.detach())
        self.bias = None if plain.bias is None else nn.Parameter(plain.bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W), H and W even, to (N, 3, H, W) in [-1, 1]."""
        places = [F.pad(self.weight, (right, 1 - right, down, 1 - down)) for down in (0, 1) for right in (0, 1)]
        bias = None if self.bias is None else self.bias.repeat_interleave(4)
        squares = F.conv2d(reflect(x, 3), torch.stack(places, 1).flatten(0, 1), bias, stride=2)
        return F.pixel_shuffle(squares, 2).tanh()
