"""Losses on logits whose value one can say by heart."""

from __future__ import annotations

import pytest
import torch

from nicegan.models.layers.losses import pixel_loss
from nicegan.models.nice.losses import adversarial_loss, discriminator_loss
from nicegan.models.nice.settings import NiceLoss


def logits(value: float) -> dict[int, torch.Tensor]:
    return {0: torch.full((2, 1), value), 1: torch.full((2, 1, 3, 3), value), 2: torch.full((2, 1, 1, 1), value)}


def test_least_squares_has_no_half_and_sums_the_scales() -> None:
    assert adversarial_loss(logits(3.0), 1.0, NiceLoss()).item() == 3 * 4
    assert discriminator_loss(logits(1.0), logits(0.0), NiceLoss()).item() == 0


def test_each_scale_has_its_weight() -> None:
    config = NiceLoss(adversarial=(1.0, 0.5, 0.0))
    assert adversarial_loss(logits(0.0), 1.0, config).item() == 1.5


def test_scales_that_do_not_judge_cost_nothing() -> None:
    assert adversarial_loss({1: torch.zeros(1, 1, 2, 2)}, 1.0, NiceLoss()).item() == 1


def test_real_label_is_the_target_of_real_images_alone() -> None:
    config = NiceLoss(real_label=0.9)
    assert discriminator_loss(logits(0.9), logits(0.0), config).item() == 0
    assert discriminator_loss(logits(0.9), logits(1.0), config).item() == 3


def test_pixel_loss_is_the_mean_absolute_difference() -> None:
    assert pixel_loss(torch.tensor([0.0, 1.0]), torch.tensor([1.0, -1.0])).item() == 1.5


@pytest.mark.parametrize("loss", ["adversarial", "pixel"])
def test_half_precision_is_averaged_in_full(loss: str) -> None:
    many = torch.full((1, 1, 512, 512), 0.1, dtype=torch.bfloat16)
    value = adversarial_loss({1: many}, 0.0, NiceLoss()) if loss == "adversarial" else pixel_loss(many, many * 0)
    exact = many[0, 0, 0, 0].double().item()
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(exact**2 if loss == "adversarial" else exact, rel=1e-4)
