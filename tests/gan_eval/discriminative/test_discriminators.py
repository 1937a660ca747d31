from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from docs.make import published
from gan_eval.discriminative.discriminators import RECIPES, PaperCNN, SmallCNN, flip_and_shift, pad_same


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_papers_network_has_its_parameters() -> None:
    network = PaperCNN(RECIPES["paper"], generator())
    published_size = published.figure("edgan_nrds", "discriminator parameters", "value")
    assert sum(value.numel() for value in network.parameters()) == int(published_size)


def test_the_small_network_has_what_its_table_says() -> None:
    assert sum(value.numel() for value in SmallCNN(RECIPES["small"], generator()).parameters()) == 429_921


@pytest.mark.parametrize(
    ("side", "wanted"), [(128, (1, 2)), (64, (1, 2)), (7, (2, 2)), (5, (2, 2)), (2, (1, 2)), (1, (2, 2))]
)
def test_same_padding_is_tensorflows(side: int, wanted: tuple[int, int]) -> None:
    # 5 × 5, stride 2: the zeros before and after by tf.nn.conv2d's documented rule
    padded = pad_same(torch.ones(1, 1, side, 1), kernel=5, stride=2)
    rows = padded[0, 0, :, 2]
    before = int(rows.argmax())
    assert (before, len(rows) - side - before) == wanted


def test_the_papers_network_is_its_formula() -> None:
    network = PaperCNN(replace(RECIPES["paper"], size=16), generator())
    image = torch.randint(0, 256, (1, 16, 16, 3), generator=generator(1), dtype=torch.uint8)
    x = image[0].permute(2, 0, 1)[None].double() / 127.5 - 1
    for weight in network.convs:
        x = F.relu(F.conv2d(F.pad(x, (1, 2, 1, 2)), weight.double(), stride=2))
    hidden = F.leaky_relu(x.flatten(1) @ network.hidden.double().T, 0.2)
    assert network.logits(image).item() == pytest.approx((hidden @ network.last.double().T).item(), rel=1e-4)


def test_initial_weights_are_the_published_ones() -> None:
    network = PaperCNN(RECIPES["paper"], generator())
    conv, hidden = network.convs[3], network.hidden
    assert conv.abs().max().item() <= 0.04
    assert conv.std().item() == pytest.approx(0.02 * 0.8796, rel=0.01)  # a normal cut at 2 σ
    assert hidden.std().item() == pytest.approx(0.02, rel=0.01)
    assert all((bias == 0).all() for bias in network.biases)


def test_weights_come_from_the_generator_alone() -> None:
    state = torch.get_rng_state()
    one, two = (SmallCNN(RECIPES["small"], generator(7)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert torch.equal(torch.get_rng_state(), state)


def test_the_published_optimiser() -> None:
    settings = PaperCNN(replace(RECIPES["paper"], size=16), generator()).optimiser().defaults
    assert (settings["lr"], settings["betas"], settings["eps"]) == (2e-4, (0.5, 0.999), 1e-8)


def test_the_features_rate_grows_to_its_largest() -> None:
    recipe = RECIPES["features"]
    assert [recipe.rate(epoch) for epoch in (1, 2)] == pytest.approx([0.1, 0.105])
    assert recipe.rate(200) == 5


def test_flips_and_shifts_keep_every_row_of_a_constant_gradient() -> None:
    side = 16
    gradient = np.broadcast_to(np.arange(side, dtype=np.uint8)[:, None, None], (side, side, 3))
    moved = flip_and_shift(torch.from_numpy(np.stack([gradient] * 32)), generator())
    assert moved.shape == (32, side, side, 3)
    assert (moved == moved[:, :, :1, :1]).all()  # a horizontal move or flip changes nothing in it
    first = moved[:, 4, 0, 0].float()
    assert set((first - 4).int().tolist()) == {-2, -1, 0, 1, 2}  # an eighth of the side at most


def test_about_half_are_mirrored() -> None:
    ramp = np.broadcast_to(np.arange(16, dtype=np.uint8)[None, :, None], (16, 16, 3))
    moved = flip_and_shift(torch.from_numpy(np.stack([ramp] * 200)), generator())
    assert 70 < int((moved[:, 0, 12, 0] < moved[:, 0, 4, 0]).sum()) < 130
