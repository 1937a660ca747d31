"""The building blocks: the mixed normalisations as one function, and convolutions under spectral norm.

LIN and AdaLIN (Kim et al., "U-GAT-IT", ICLR 2020, equations 1 and 2, with NICE-GAN's softmax weights) are
`mix`: they differ only in where γ and β come from. Spectral norm follows Miyato et al., ICLR 2018, with the
bookkeeping of `torch.nn.utils.spectral_norm` (one power iteration per training forward, before it), whose names
`weight_orig`, `weight_u` and `weight_v` are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EPS = 1e-5
"""Added to both variances of LIN and AdaLIN."""


class Moments(NamedTuple):
    """Statistics that LIN and AdaLIN need. Instance: (N, C); layer: (N, 1). Variances are unbiased."""

    mean: Tensor
    var: Tensor
    layer_mean: Tensor
    layer_var: Tensor


def moments(x: Tensor) -> Moments:
    """Instance and layer statistics of x (N, C, H, W), in fp32 at least; the layer's follow from the instances'."""
    x = x.float() if x.dtype in (torch.bfloat16, torch.float16) else x
    channels, pixels = x.shape[1], x.shape[2] * x.shape[3]
    var, mean = torch.var_mean(x, dim=(2, 3), correction=1)
    layer_mean = mean.mean(1, keepdim=True)
    between = (mean - layer_mean).square().sum(1, keepdim=True)
    layer_var = ((pixels - 1) * var.sum(1, keepdim=True) + pixels * between) / (channels * pixels - 1)
    return Moments(mean, var, layer_mean, layer_var)


def mix(x: Tensor, rho: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """γ·(ρ0·instance norm(x) + ρ1·layer norm(x)) + β, as one affine map per sample and channel.

    x: (N, C, H, W). rho: logits (1, C, 2), whose softmax weighs instance against layer. gamma, beta: (N or 1, C).
    """
    stats = moments(x)
    weight = rho.softmax(-1)
    instance = weight[..., 0] * (stats.var + EPS).rsqrt()
    layer = weight[..., 1] * (stats.layer_var + EPS).rsqrt()
    scale = gamma * (instance + layer)
    shift = beta - gamma * (instance * stats.mean + layer * stats.layer_mean)
    return torch.addcmul(shift[:, :, None, None], x, scale[:, :, None, None]).to(x.dtype)


class LIN(nn.Module):
    """Layer-instance normalisation with γ and β of its own; starts as 0.90 layer and 0.10 instance norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.rho = nn.Parameter(torch.tensor([1.0, 3.2]).repeat(1, channels, 1))
        self.gamma = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        return mix(x, self.rho, self.gamma.flatten(1), self.beta.flatten(1))


class AdaLIN(nn.Module):
    """The same with γ and β given for each sample; starts as 0.90 instance and 0.10 layer norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.rho = nn.Parameter(torch.tensor([3.2, 1.0]).repeat(1, channels, 1))

    def forward(self, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        """x (N, C, H, W), gamma and beta (N, C), to x's shape."""
        return mix(x, self.rho, gamma, beta)


def conv(inputs: int, outputs: int, kernel: int, *, bias: bool = False, stride: int = 1) -> nn.Conv2d:
    """A convolution over a border reflected by half the kernel."""
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=bias, padding_mode="reflect")


class ResidualBlock(nn.Module):
    """x + AdaLIN(conv(ReLU(AdaLIN(conv(x))))), both with the same γ and β."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.norm1 = conv(channels, channels, 3), AdaLIN(channels)
        self.conv2, self.norm2 = conv(channels, channels, 3), AdaLIN(channels)

    def forward(self, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        """x (N, C, H, W), gamma and beta (N, C), to x's shape."""
        inner = self.norm1(self.conv1(x), gamma, beta).relu_()
        outer: Tensor = self.norm2(self.conv2(inner), gamma, beta)
        return outer + x


class SpectralNorm(nn.Module):
    """A weight divided by its largest singular value, which a power iteration per training forward follows."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.weight_orig = nn.Parameter(weight)
        self.bias = None if bias is None else nn.Parameter(bias)
        rows, columns = weight.flatten(1).shape
        self.weight_u: Tensor
        self.weight_v: Tensor
        self.register_buffer("weight_u", F.normalize(torch.randn(rows), dim=0, eps=1e-12))
        self.register_buffer("weight_v", F.normalize(torch.randn(columns), dim=0, eps=1e-12))

    @torch.no_grad()
    def advance(self) -> None:
        """One power iteration; u and v are replaced, so that a graph keeps the pair it was built with."""
        matrix = self.weight_orig.flatten(1)
        v = F.normalize(torch.mv(matrix.t(), self.weight_u), dim=0, eps=1e-12)
        self.weight_u = F.normalize(torch.mv(matrix, v), dim=0, eps=1e-12)
        self.weight_v = v

    def sigma(self) -> Tensor:
        """The largest singular value as u and v have it, differentiable in the weight; a scalar."""
        if self.training:
            self.advance()
        return torch.dot(self.weight_u, torch.mv(self.weight_orig.flatten(1), self.weight_v))

    def per_sample(self, sizes: Sequence[int]) -> Tensor:
        """1/σ for each sample of a batch of consecutive groups; each group has a power iteration of its own."""
        return torch.cat([self.sigma().reciprocal().expand(size) for size in sizes])


class SpectralConv(SpectralNorm):
    """A 4×4 convolution over a border reflected by 1, its weight under spectral norm."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, bias: bool = True) -> None:
        plain = nn.Conv2d(inputs, outputs, 4, stride, bias=bias)
        super().__init__(plain.weight.detach(), None if plain.bias is None else plain.bias.detach())
        self.stride = stride

    def forward(self, x: Tensor, sizes: Sequence[int]) -> Tensor:
        """x (N, C, H, W), a batch of consecutive groups of `sizes` samples that are judged one after the other."""
        scale = self.per_sample(sizes)[:, None, None, None]
        y = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), self.weight_orig, stride=self.stride) * scale
        return y if self.bias is None else y + self.bias[:, None, None]


class SpectralLinear(SpectralNorm):
    """A linear map without bias, its weight under spectral norm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.Linear(inputs, outputs, bias=False).weight.detach(), None)

    def forward(self, x: Tensor, sizes: Sequence[int]) -> Tensor:
        """x (N, inputs) to (N, outputs); `sizes` as in SpectralConv."""
        return F.linear(x, self.weight_orig) * self.per_sample(sizes)[:, None]
