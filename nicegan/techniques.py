"""Techniques of Salimans et al., "Improved Techniques for Training GANs", NeurIPS 2016, as functions and layers.

Each is one formula of the paper's section 3, or of the authors' code where that differs and the text says so. None
draws numbers but for the first weights of `MinibatchDiscrimination`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

FeatureNorm = Literal["l2sq", "l1"]


def feature_matching(real: Tensor, fake: Tensor, *, norm: FeatureNorm = "l2sq") -> Tensor:
    """Distance of the mean features of real and of generated images, a scalar; section 3.1.

    Parameters
    ----------
    real: (N, A) features of real images by the discriminator; no gradient reaches them.
    fake: (M, A) features of generated ones.
    norm: "l2sq", ‖μ_r − μ_f‖² (the paper), or "l1", the mean of |μ_r − μ_f| (the authors' code).
    """
    difference = real.detach().mean(0) - fake.mean(0)
    return difference.square().sum() if norm == "l2sq" else difference.abs().mean()


def closeness(features: Tensor, kernels: Tensor) -> Tensor:
    """Minibatch discrimination, section 3.2: how near each sample is to the others of its batch, (N, B).

    o_b(i) = Σ_{j≠i} exp(−‖M_ib − M_jb‖₁) with M_i = f_i T. The paper's formula adds the 1 of j = i.

    Parameters
    ----------
    features: (N, A).
    kernels: T, (A, B, C).
    """
    far = _distances(features, kernels)
    others = ~torch.eye(len(features), dtype=torch.bool, device=features.device)
    return (far.neg().exp() * others[:, :, None]).sum(1)


def _distances(features: Tensor, kernels: Tensor) -> Tensor:
    """‖M_ib − M_jb‖₁, (N, N, B)."""
    projected = torch.einsum("na,abc->nbc", features, kernels)
    return (projected[:, None] - projected[None]).abs().sum(3)


class MinibatchDiscrimination(nn.Module):
    """Joins to each sample's features how near it is to the others of its batch: (N, A) → (N, A + kernels).

    The kernels have length 1 over A, times a learned scale, as in the authors' code. Real and generated images go
    through it apart. With one image a batch the new features are a constant.
    """

    def __init__(self, inputs: int, kernels: int = 100, width: int = 5) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.randn(inputs, kernels, width) * 0.05)
        self.log_scale = nn.Parameter(torch.zeros(kernels, width))
        self.bias = nn.Parameter(torch.full((kernels,), -1.0))

    @property
    def kernels(self) -> Tensor:
        """T, (A, B, C)."""
        lengths: Tensor = torch.linalg.vector_norm(self.theta, dim=0)
        unit: Tensor = self.theta / lengths
        return unit * self.log_scale.exp()

    def forward(self, features: Tensor) -> Tensor:
        """(N, A) → (N, A + B)."""
        return torch.cat([features, closeness(features, self.kernels) + self.bias], 1)

    @torch.no_grad()
    def fit(self, features: Tensor) -> None:
        """Set scales and biases by a first batch (N, A): nearest neighbours at a mean distance of 2, means 0."""
        far = _distances(features, self.kernels)
        far.diagonal().fill_(torch.inf)
        self.log_scale.sub_((0.5 * far.amin(1).mean(0)).log()[:, None])
        self.bias.sub_((closeness(features, self.kernels) + self.bias).mean(0))


class HistoricalAverage:
    """Pulls parameters towards the mean of their own past: the gradient of weight·‖θ − mean of θ[1…t]‖²; section 3.3.

    The mean counts as a constant. At the first step it is θ itself, so that nothing is pulled.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], weight: float) -> None:
        self.parameters, self.weight, self.steps = list(parameters), weight, 0
        self.means = [torch.zeros_like(parameter) for parameter in self.parameters]

    @torch.no_grad()
    def add_gradients(self) -> Tensor:
        """Take today's values into the mean, add the gradients, and return the penalty, a scalar."""
        self.steps += 1
        penalties = []
        for parameter, mean in zip(self.parameters, self.means, strict=True):
            mean.lerp_(parameter, 1 / self.steps)
            away = parameter - mean
            penalties.append(away.square().sum())
            pull = 2 * self.weight * away
            parameter.grad = pull if parameter.grad is None else parameter.grad + pull
        return self.weight * torch.stack(penalties).sum()


def best_answer(real: Tensor, fake: Tensor, *, real_label: float) -> Tensor:
    """What the best discriminator says under one-sided label smoothing: α·p/(p + q); section 3.4.

    Parameters
    ----------
    real: p, densities of real images.
    fake: q, densities of generated ones.
    real_label: α, its target for real images. The target for generated ones stays 0, or q would stand in the
        numerator and keep wrong samples where they are.
    """
    return real_label * real / (real + fake)


class Normalised(NamedTuple):
    """Outputs of virtual batch normalisation. reference: of the reference batch. x: of the other images."""

    reference: Tensor
    x: Tensor


class VirtualBatchNorm(nn.Module):
    """Normalises each image by the moments of a reference batch and its own, and so by no other image; section 3.5.

    Of n reference images and one other, each counts alike: mean and mean square are mixed with weights n/(n + 1) and
    1/(n + 1). The reference batch is normalised by its own moments.
    """

    def __init__(self, channels: int, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.gamma, self.beta = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, reference: Tensor, x: Tensor) -> Normalised:
        """(n, C, H, W), the same images in every step, and (N, C, H, W), each to its shape."""
        mean, square = reference.mean((0, 2, 3))[None], reference.square().mean((0, 2, 3))[None]
        own = 1 / (len(reference) + 1)
        mixed_mean = own * x.mean((2, 3)) + (1 - own) * mean
        mixed_square = own * x.square().mean((2, 3)) + (1 - own) * square
        return Normalised(self._by(reference, mean, square), self._by(x, mixed_mean, mixed_square))

    def _by(self, x: Tensor, mean: Tensor, square: Tensor) -> Tensor:
        """x by moments (N or 1, C)."""
        scale = self.gamma * (square - mean.square() + self.eps).rsqrt()
        return x * scale[:, :, None, None] + (self.beta - mean * scale)[:, :, None, None]
