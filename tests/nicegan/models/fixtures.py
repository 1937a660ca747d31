"""Deterministic weights and inputs, so that a network can be held against figures of its authors' code."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_eval.result import Score


def filled(network: nn.Module) -> nn.Module:
    """The network in float64 whose i-th parameter is 0.1·sin(0.37·n + i) in C order."""
    network.double().eval()
    with torch.no_grad():
        for index, parameter in enumerate(network.parameters()):
            ramp = torch.arange(parameter.numel(), dtype=torch.float64)
            parameter.copy_((0.1 * torch.sin(0.37 * ramp + index)).view(parameter.shape))
    return network


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
