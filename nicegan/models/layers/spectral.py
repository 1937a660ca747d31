"""Convolutions and linear maps under spectral norm (Miyato et al., ICLR 2018).

The bookkeeping is that of `torch.nn.utils.spectral_norm` (one power iteration per training forward, before it), whose
names `weight_orig`, `weight_u` and `weight_v` are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from nicegan.models.layers.padding import reflect


class SpectralNorm(nn.Module):
    """A weight divided by its largest singular value σ, which a power iteration per training forward follows.

    The weight is never divided: what it makes is. That is the same number, without a copy of the weight.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.weight_orig = nn.Parameter(weight)
        self.bias = None if bias is None else nn.Parameter(bias)
        rows, columns = weight.flatten(1).shape
        self.weight_u: Tensor
        self.weight_v: Tensor
        self.register_buffer("weight_u", F.normalize(torch.randn(rows), dim=0, eps=1e-12))
        self.register_buffer("weight_v", F.normalize(torch.randn(columns), dim=0, eps=1e-12))

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        # As a matrix the weight must lie row by row; `to(memory_format=torch.channels_last)` would undo that.
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self.weight_orig.data = self.weight_orig.data.contiguous()
        return self

    @torch.no_grad()
    def advance(self) -> Tensor:
        """One power iteration; returns σ, a scalar. u and v are replaced, so that a graph keeps the pair it has."""
        matrix = self.weight_orig.flatten(1)
        self.weight_v = F.normalize(torch.mv(matrix.t(), self.weight_u), dim=0, eps=1e-12)
        product = torch.mv(matrix, self.weight_v)
        self.weight_u = F.normalize(product, dim=0, eps=1e-12)
        return torch.dot(self.weight_u, product)

    def per_sample(self, sizes: Sequence[int]) -> Tensor:
        """1/σ, (N,), for a batch of consecutive groups of `sizes` samples; each group has its own power iteration.

        Without training all groups have the same σ, that of the u and v at hand.
        """
        sigmas, left, right = [], [], []
        for _ in sizes:
            if self.training:
                sigmas.append(self.advance())
            else:
                with torch.no_grad():
                    sigmas.append(torch.dot(self.weight_u, torch.mv(self.weight_orig.flatten(1), self.weight_v)))
            left.append(self.weight_u)
            right.append(self.weight_v)
        values: Tensor = torch.stack(sigmas)
        if torch.is_grad_enabled() and self.weight_orig.requires_grad:
            values = _Sigma.apply(self.weight_orig, values, torch.stack(left), torch.stack(right))
        return torch.cat([value.expand(size) for value, size in zip(values.reciprocal(), sizes, strict=True)])


class _Sigma(torch.autograd.Function):
    """The G numbers uᵀWv, already known, as functions of W alone: u (G, rows) and v (G, columns) count as constants."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, sigmas: Tensor, left: Tensor, right: Tensor) -> Tensor:
        ctx.save_for_backward(left, right)
        ctx.shape = weight.shape
        return sigmas.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        left, right = ctx.saved_tensors
        return (left * grads[0][:, None]).t().mm(right).view(ctx.shape), None, None, None


class SpectralConv(SpectralNorm):
    """A 4×4 convolution over a border reflected by 1, its weight under spectral norm."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, bias: bool = True) -> None:
        plain = nn.Conv2d(inputs, outputs, 4, stride, bias=bias)
        super().__init__(plain.weight.detach(), None if plain.bias is None else plain.bias.detach())
        self.stride = stride

    def forward(self, x: Tensor, sizes: Sequence[int]) -> Tensor:
        """x (N, C, H, W), a batch of consecutive groups of `sizes` samples that are judged one after the other."""
        y = self._convolve(reflect(x, 1))
        scale = self.per_sample(sizes)[:, None, None, None]
        return y * scale if self.bias is None else torch.addcmul(self.bias[:, None, None], y, scale)

    def _convolve(self, x: Tensor) -> Tensor:
        height, width = ((side - 4) // self.stride + 1 for side in x.shape[2:])
        pixels, (outputs, *_) = len(x) * height * width, self.weight_orig.shape
        if pixels > outputs:
            return F.conv2d(x, self.weight_orig, stride=self.stride)
        # Where the weight is the larger operand, a matrix product spares the copies of it that a convolution makes.
        columns = F.unfold(x, 4, stride=self.stride).transpose(0, 1).flatten(1)
        product = self.weight_orig.flatten(1) @ columns
        return product.view(outputs, len(x), height, width).transpose(0, 1)


class SpectralLinear(SpectralNorm):
    """A linear map without bias, its weight under spectral norm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.Linear(inputs, outputs, bias=False).weight.detach(), None)

    def forward(self, x: Tensor, sizes: Sequence[int]) -> Tensor:
        """x (N, inputs) to (N, outputs); `sizes` as in SpectralConv."""
        return F.linear(x, self.weight_orig) * self.per_sample(sizes)[:, None]
