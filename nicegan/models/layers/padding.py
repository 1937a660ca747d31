"""Reflected borders, and convolutions over them, that keep nothing for the backward pass beside their input."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


def reflect(x: Tensor, width: int) -> Tensor:
    """x (N, C, H, W) with its border reflected by `width` pixels on all sides; keeps nothing for the backward pass."""
    if not (torch.is_grad_enabled() and x.requires_grad):
        return F.pad(x, (width,) * 4, mode="reflect")
    padded: Tensor = _Reflect.apply(x, width)
    return padded


class _Reflect(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, width: int) -> Tensor:
        ctx.width = width
        return F.pad(x, (width,) * 4, mode="reflect")

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        # PyTorch's own keeps x to know its shape and layout; the middle of the gradient has the same.
        like = grads[0][..., ctx.width : -ctx.width, ctx.width : -ctx.width]
        return torch.ops.aten.reflection_pad2d_backward(grads[0], like, [ctx.width] * 4), None


class Conv(nn.Conv2d):
    """A convolution over a border reflected by half the kernel; the size stays."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, bias: bool = False) -> None:
        super().__init__(inputs, outputs, kernel, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H, W)."""
        return super().forward(reflect(x, self.kernel_size[0] // 2))
