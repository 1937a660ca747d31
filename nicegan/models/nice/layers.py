"""The building blocks: the mixed normalisations as one function, reflection, and convolutions under spectral norm.

LIN and AdaLIN (Kim et al., "U-GAT-IT", ICLR 2020, equations 1 and 2, with NICE-GAN's softmax weights) are `mix`: they
differ only in where γ and β come from. Spectral norm follows Miyato et al., ICLR 2018, with the bookkeeping of
`torch.nn.utils.spectral_norm` (one power iteration per training forward, before it), whose names `weight_orig`,
`weight_u` and `weight_v` are kept.

Written so that little is kept for the backward pass: per convolution its padded input, per normalisation its input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

EPS = 1e-5
"""Added to both variances of LIN and AdaLIN."""


class NormMoments(NamedTuple):
    """Statistics that LIN and AdaLIN need. Instance: (N, C); layer: (N, 1). Variances are unbiased."""

    mean: Tensor
    var: Tensor
    layer_mean: Tensor
    layer_var: Tensor


def moments(x: Tensor) -> NormMoments:
    """Instance and layer statistics of x (N, C, H, W), fp32 or fp64; the layer's follow from the instances'."""
    channels, pixels = x.shape[1], x.shape[2] * x.shape[3]
    mean = x.mean((2, 3))
    # Two plain passes are as exact as torch.var and fifteen times as fast on a CPU.
    var = (x - mean[:, :, None, None]).square_().sum((2, 3)) / (pixels - 1)
    layer_mean = mean.mean(1, keepdim=True)
    between = (mean - layer_mean).square().sum(1, keepdim=True)
    layer_var = ((pixels - 1) * var.sum(1, keepdim=True) + pixels * between) / (channels * pixels - 1)
    return NormMoments(mean, var, layer_mean, layer_var)


def mix(x: Tensor, rho: Tensor, gamma: Tensor, beta: Tensor, *, relu: bool = False) -> Tensor:
    """γ·(ρ0·instance norm(x) + ρ1·layer norm(x)) + β, rectified if `relu`, as one affine map per sample and channel.

    x: (N, C, H, W) of any floating dtype, which the result has too; statistics are taken in fp32 at least.
    rho: logits (1, C, 2), whose softmax weighs instance against layer. gamma, beta: (N or 1, C).
    """
    instance, layer = rho.softmax(-1).unbind(-1)
    shape = x.shape[:2]
    gamma, beta = _wide(gamma).expand(shape), _wide(beta).expand(shape)
    mixed: Tensor = _Mix.apply(x, instance, layer, gamma, beta, relu)
    return mixed


class _Mix(torch.autograd.Function):
    """out = x·scale + shift per sample and channel; only x is kept, the sign under the ReLU is worked out again."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, instance: Tensor, layer: Tensor, gamma: Tensor, beta: Tensor, relu: bool
    ) -> Tensor:
        stats = moments(_wide(x))
        instance_factor = (stats.var + EPS).rsqrt()
        layer_factor = (stats.layer_var + EPS).rsqrt()
        scale = gamma * (instance * instance_factor + layer * layer_factor)
        shift = beta - gamma * (instance * instance_factor * stats.mean + layer * layer_factor * stats.layer_mean)
        ctx.relu = relu
        ctx.save_for_backward(
            x, instance, layer, gamma, scale, shift, stats.mean, stats.layer_mean, instance_factor, layer_factor
        )
        out = torch.addcmul(_map(shift), _wide(x), _map(scale))
        return (out.relu_() if relu else out).to(x.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        narrow, instance, layer, gamma, scale, shift, mean, layer_mean, instance_factor, layer_factor = (
            ctx.saved_tensors
        )
        grad, x = _wide(grads[0]), _wide(narrow)
        if ctx.relu:
            positive = torch.addcmul(_map(shift), x, _map(scale))
            grad = torch.ops.aten.threshold_backward(grad, positive, 0)
        channels, pixels = x.shape[1], x.shape[2] * x.shape[3]
        sums = grad.sum((2, 3))
        centred = (x - _map(mean)).mul_(grad).sum((2, 3))
        # Inner products of the gradient with x under instance norm and under layer norm.
        by_instance = instance_factor * centred
        by_layer = layer_factor * (centred + (mean - layer_mean) * sums)
        # Gradients that reach the statistics, each divided by how many values it is spread over.
        to_mean = -gamma * instance * instance_factor * sums / pixels
        to_var = -gamma * instance * instance_factor.square() * by_instance / (pixels - 1)
        to_layer_mean = (-gamma * layer * layer_factor * sums).sum(1, keepdim=True) / (channels * pixels)
        to_layer_var = (-gamma * layer * layer_factor.square() * by_layer).sum(1, keepdim=True)
        to_layer_var = to_layer_var / (channels * pixels - 1)
        slope = to_var + to_layer_var
        constant = to_mean + to_layer_mean - to_var * mean - to_layer_var * layer_mean
        to_x = torch.addcmul(_map(constant), x, _map(slope)).addcmul_(grad, _map(scale))
        return (
            to_x.to(narrow.dtype),
            (gamma * by_instance).sum(0, keepdim=True),
            (gamma * by_layer).sum(0, keepdim=True),
            instance * by_instance + layer * by_layer,
            sums,
            None,
        )


def _map(x: Tensor) -> Tensor:
    """(N, C) as a map (N, C, 1, 1)."""
    return x[:, :, None, None]


def _wide(x: Tensor) -> Tensor:
    """`x`, in fp32 where it is of half precision."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


def reflect(x: Tensor, width: int) -> Tensor:
    """x (N, C, H, W) with its border reflected by `width` pixels on all sides; keeps nothing for the backward pass."""
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


class ToImage(nn.Module):
    """The last 7×7 convolution, to three channels, and tanh.

    Three channels leave most of a processor's lanes empty. The four pixels of every 2×2 square are therefore made as
    four times the channels by one 8×8 kernel of stride 2, which holds the 7×7 kernel at four places: the same sums,
    a third of the time.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.Conv2d(inputs, 3, 7, bias=False).weight.detach())

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W), H and W even, to (N, 3, H, W) in [-1, 1]."""
        places = [F.pad(self.weight, (right, 1 - right, down, 1 - down)) for down in (0, 1) for right in (0, 1)]
        squares = F.conv2d(reflect(x, 3), torch.stack(places, 1).flatten(0, 1), stride=2)
        return F.pixel_shuffle(squares, 2).tanh()


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
        values: Tensor = _Sigma.apply(self.weight_orig, torch.stack(sigmas), torch.stack(left), torch.stack(right))
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
