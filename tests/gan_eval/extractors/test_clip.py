"""CLIP's projected embeddings, on timm's small test transformer, whose classifier stands for the projection."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from torchvision.transforms import Normalize

from gan_eval.errors import WeightsError
from gan_eval.extractors import clip
from gan_eval.extractors.known import CLIP, CLIP_B32, KnownNetwork

NAME = "test_vit.r160_in1k"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    torch.save(timm.create_model(NAME, pretrained=False).state_dict(), tmp_path / "w.pth")
    return tmp_path / "w.pth"


def test_the_projection_stays(file: Path) -> None:
    network = clip.build_projected(NAME, file, (160, 160))
    whole = timm.create_model(NAME, pretrained=False).eval()
    whole.load_state_dict(torch.load(file, weights_only=True))
    x = torch.rand(2, 3, 160, 160)
    with torch.inference_mode():
        assert torch.allclose(network(x), whole(x), atol=1e-6)


def test_embeddings_of_cmmd_have_length_one(file: Path) -> None:
    network = clip.UnitLength(clip.build_projected(NAME, file, (160, 160)))
    with torch.inference_mode():
        lengths = network(torch.rand(3, 3, 160, 160)).norm(dim=1)
    assert torch.allclose(lengths, torch.ones(3))


def test_weights_of_another_network_are_refused(file: Path) -> None:
    with pytest.raises(WeightsError, match="not the weights of timm's vit_base_patch32_clip"):
        clip.build_projected(CLIP_B32.timm, file, CLIP_B32.size)


@pytest.mark.parametrize("row", [CLIP, CLIP_B32], ids=lambda row: row.name)
def test_rows_are_what_timm_says_of_openais_models(row: KnownNetwork) -> None:
    published = timm.get_pretrained_cfg(row.timm)
    assert published.hf_hub_id == f"timm/{row.timm.replace('quickgelu_', '')}"
    assert (published.num_classes, published.input_size[1:]) == (row.dim, row.size)
    normalise = Normalize((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
    grey = torch.full((3, 1, 1), 100.0)
    expected = normalise(grey / 255).flatten()
    centre, scale = np.array(row.preprocessing.centre), np.array(row.preprocessing.scale)
    np.testing.assert_allclose((100 - centre) / scale, expected, atol=1e-6)
