"""Losses that several models share, each a mean over batch and map, taken in fp32 at least."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def least_squares(logits: Tensor, target: float) -> Tensor:
    """mean((logit − target)²), a scalar: Mao et al., "Least Squares GAN", ICCV 2017, without ½."""
    return (full_precision(logits) - target).square().mean()


def cross_entropy(logits: Tensor, target: float) -> Tensor:
    """Mean binary cross-entropy of logits against one target, a scalar."""
    logits = full_precision(logits)
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def pixel_loss(image: Tensor, wanted: Tensor) -> Tensor:
    """Mean absolute difference of two image batches of the same shape."""
    return F.l1_loss(full_precision(image), full_precision(wanted))


def full_precision(x: Tensor) -> Tensor:
    """`x`, or its fp32 copy where it is of half precision: a mean of many terms must not be taken in 8 bits."""
    return x.float() if x.element_size() == 2 and x.is_floating_point() else x
