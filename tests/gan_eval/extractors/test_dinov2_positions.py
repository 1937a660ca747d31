"""DINOv2's rule for position embeddings: its authors' samples, computed here by cubic convolution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import timm
import torch

from gan_eval.errors import WeightsError
from gan_eval.extractors import dinov2_positions as positions
from gan_eval.extractors import timm_models

SMALL = "vit_small_patch14_dinov2.lvd142m"


def cubic(t: float) -> float:
    """Keys' kernel with a = -0.75, torch's."""
    a, t = -0.75, abs(t)
    if t <= 1:
        return (a + 2) * t**3 - (a + 3) * t**2 + 1
    return a * (t**3 - 5 * t**2 + 8 * t - 4) if t < 2 else 0.0


def samples(count: int, side: int) -> np.ndarray:
    """(count, side): weights of the source of each sample, with a step of side / (count + 0.1)."""
    weights = np.zeros((count, side))
    for place in range(count):
        at = (place + 0.5) * side / (count + 0.1) - 0.5
        for tap in range(int(np.floor(at)) - 1, int(np.floor(at)) + 3):
            weights[place, np.clip(tap, 0, side - 1)] += cubic(at - tap)
    return weights


def test_the_grid_is_sampled_with_the_authors_offset() -> None:
    embeddings = torch.randn(1, 1 + 37 * 37, 3, generator=torch.Generator().manual_seed(0))
    found = positions.resampled({"pos_embed": embeddings}, (224, 224), registers=False)["pos_embed"]
    grid = embeddings[0, 1:].reshape(37, 37, 3).double().numpy()
    weights = samples(16, 37)
    expected = np.einsum("ri,cj,ijd->rcd", weights, weights, grid)
    assert torch.equal(found[:, 0], embeddings[:, 0])
    np.testing.assert_allclose(found[0, 1:].reshape(16, 16, 3).numpy(), expected, atol=1e-5)


def test_nothing_is_resampled_at_the_models_own_size_or_by_another_rule() -> None:
    tensors = {"pos_embed": torch.randn(1, 1 + 37 * 37, 3), "other": torch.ones(2)}
    own = positions.resampled(tensors, (518, 518), registers=False)
    assert torch.equal(own["pos_embed"], tensors["pos_embed"])
    assert torch.equal(positions.resampled(tensors, (224, 224), registers=True)["pos_embed"], tensors["pos_embed"])


@pytest.mark.parametrize(
    ("name", "is_one"),
    [(SMALL, True), ("vit_large_patch14_reg4_dinov2.lvd142m", True), ("vit_small_patch16_224", False)],
)
def test_which_models_follow_the_recipe(name: str, is_one: bool) -> None:
    assert positions.is_dinov2(name) is is_one


def test_a_model_of_timm_gets_the_resampled_grid(tmp_path: Path) -> None:
    torch.manual_seed(0)
    published = timm.create_model(SMALL, pretrained=False)
    torch.nn.init.normal_(published.pos_embed)
    torch.save({**published.state_dict(), "mask_token": torch.zeros(1, 384)}, tmp_path / "w.pth")
    model = timm_models.built(SMALL, tmp_path / "w.pth", (224, 224))
    expected = positions.resampled({"pos_embed": published.pos_embed.detach()}, (224, 224), registers=False)
    assert torch.equal(model.pos_embed, expected["pos_embed"])
    assert torch.equal(model.norm.weight, published.norm.weight)  # type: ignore[union-attr]


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    torch.save({"pos_embed": torch.zeros(1, 51, 4)}, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match="not the weights of timm's vit_small"):
        timm_models.built(SMALL, tmp_path / "w.pth", (224, 224))
