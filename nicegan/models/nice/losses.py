"""The losses of NICE-GAN, each written once and called for both domains.

Source: Chen et al., CVPR 2020, equations 3–6, with the authors' constants: least squares without ½, means over batch
and map, the three scales weighed alike. Logits are given per scale: 0, 1 and 2 for C0 (N, 1), C1 and C2 (N, 1, h, w).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from nicegan.models.layers.losses import least_squares
from nicegan.models.nice.settings import NiceLoss

Logits = Mapping[int, Tensor]


def adversarial_loss(logits: Logits, target: float, config: NiceLoss) -> Tensor:
    """Weighted sum over the scales of mean((logit − target)²); a scalar."""
    terms = [config.adversarial[scale] * least_squares(logit, target) for scale, logit in logits.items()]
    return torch.stack(terms).sum()


def discriminator_loss(real: Logits, fake: Logits, config: NiceLoss) -> Tensor:
    """What one domain's discriminator minimises: real images towards `real_label`, fake ones towards 0."""
    return adversarial_loss(real, config.real_label, config) + adversarial_loss(fake, 0.0, config)
