"""A mix of instance and layer normalisation as one affine map per sample and channel.

Source: Kim et al., "U-GAT-IT", ICLR 2020, equations 1 and 2, with NICE-GAN's softmax weights. LIN and AdaLIN differ
only in where γ and β come from. Written so that its input alone is kept for the backward pass.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

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
    return blend(x, instance, layer, gamma, beta, relu=relu)


def blend(x: Tensor, instance: Tensor, layer: Tensor, gamma: Tensor, beta: Tensor, *, relu: bool = False) -> Tensor:
    """The same with the weights of instance and layer norm given, (1, C) each."""
    shape = x.shape[:2]
    gamma, beta = _wide(gamma).expand(shape), _wide(beta).expand(shape)
    if not (torch.is_grad_enabled() and any(each.requires_grad for each in (x, instance, layer, gamma, beta))):
        return _affine(x, instance, layer, gamma, beta, relu).out
    mixed: Tensor = _Mix.apply(x, instance, layer, gamma, beta, relu)
    return mixed


class _AffineMap(NamedTuple):
    """The result, the factors that made it, and the statistics that those were made of."""

    out: Tensor
    scale: Tensor
    shift: Tensor
    stats: NormMoments
    instance_factor: Tensor
    layer_factor: Tensor


def _affine(x: Tensor, instance: Tensor, layer: Tensor, gamma: Tensor, beta: Tensor, relu: bool) -> _AffineMap:
    """x·scale + shift per sample and channel."""
    stats = moments(_wide(x))
    instance_factor = (stats.var + EPS).rsqrt()
    layer_factor = (stats.layer_var + EPS).rsqrt()
    scale = gamma * (instance * instance_factor + layer * layer_factor)
    shift = beta - gamma * (instance * instance_factor * stats.mean + layer * layer_factor * stats.layer_mean)
    out = torch.addcmul(_map(shift), _wide(x), _map(scale))
    out = (out.relu_() if relu else out).to(x.dtype)
    return _AffineMap(out, scale, shift, stats, instance_factor, layer_factor)


class _Mix(torch.autograd.Function):
    """out = x·scale + shift per sample and channel; only x is kept, the sign under the ReLU is worked out again."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, instance: Tensor, layer: Tensor, gamma: Tensor, beta: Tensor, relu: bool
    ) -> Tensor:
        ctx.relu = relu
        found = _affine(x, instance, layer, gamma, beta, relu)
        ctx.save_for_backward(
            x,
            instance,
            layer,
            gamma,
            found.scale,
            found.shift,
            found.stats.mean,
            found.stats.layer_mean,
            found.instance_factor,
            found.layer_factor,
        )
        return found.out

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
