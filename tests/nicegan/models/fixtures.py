"""Deterministic weights and inputs, so that a network can be held against figures of its authors' code."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_eval.result import Score
from nicegan.models.layers.spectral import SpectralNorm


def filled(network: nn.Module) -> nn.Module:
    """The network in float64 whose i-th parameter is 0.1·sin(0.37·n + i) in C order.

    ρ, γ and β of maps stay as they are and are not counted. Under spectral norm, which the authors take from PyTorch, a
    bias comes before its weight, and u and v are the leading singular vectors.
    """
    network.double().eval()
    with torch.no_grad():
        for index, parameter in enumerate(_in_the_authors_order(network)):
            ramp = torch.arange(parameter.numel(), dtype=torch.float64)
            parameter.copy_((0.1 * torch.sin(0.37 * ramp + index)).view(parameter.shape))
        for layer in network.modules():
            if isinstance(layer, SpectralNorm):
                left, _, right = torch.linalg.svd(layer.weight_orig.flatten(1), full_matrices=False)
                layer.weight_u, layer.weight_v = left[:, 0].clone(), right[0].clone()
    return network


def _in_the_authors_order(network: nn.Module) -> Iterator[nn.Parameter]:
    own = dict(network.named_parameters(recurse=False))
    names = ("bias", "weight_orig") if isinstance(network, SpectralNorm) else tuple(own)
    yield from (
        own[name] for name in names if name in own and not (name in ("rho", "gamma", "beta") and own[name].ndim == 4)
    )
    for child in network.children():
        yield from _in_the_authors_order(child)


def image(side: int) -> Tensor:
    """(1, 3, side, side) float64 of sin(0.013·n)."""
    return torch.sin(0.013 * torch.arange(3 * side * side, dtype=torch.float64)).view(1, 3, side, side)


def figures(values: Tensor) -> list[float]:
    """Mean, population standard deviation, the first three values and the last."""
    flat = values.detach().flatten()
    return [flat.mean().item(), flat.std(correction=0).item(), *flat[:3].tolist(), flat[-1].item()]


def brightness(fakes: NDArray[np.uint8]) -> Score:
    """A scorer of translated images (N, H, W, 3): their mean value."""
    return Score("kd", float(fakes.mean()), "lower", 3, len(fakes), "none")
