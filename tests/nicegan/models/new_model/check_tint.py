"""The tint's own test."""

import numpy as np
import torch

from nicegan.config import preset
from nicegan.models.protocol import StepPass, build_model


def test_loss_is_the_distance_of_mean_colours() -> None:
    model = build_model(preset(model="tint"))
    a, b = torch.zeros(1, 3, 8, 8), torch.full((1, 3, 8, 8), 0.5)
    losses = model.add_gradients("G", StepPass(a, b, random=np.random.default_rng(0)))
    assert losses["tint"].item() == 0.75
