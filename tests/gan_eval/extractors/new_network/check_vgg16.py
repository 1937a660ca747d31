"""VGG-16's own test: it runs in the copy of the packages, as `test_vgg16.py`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from gan_eval.errors import WeightsError
from gan_eval.extractors import vgg16  # type: ignore[attr-defined]


def test_features_are_those_of_torchvision() -> None:
    from torchvision.models import vgg16 as published

    path = Path(os.environ["VGG16_WEIGHTS"])
    theirs = published(weights=None)
    theirs.load_state_dict(torch.load(path, weights_only=True), strict=False)
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.inference_mode():
        expected = theirs.eval().features(images).mean((2, 3))
        assert torch.allclose(vgg16.build(path)(images), expected, rtol=1e-5, atol=1e-6)


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match="not the weights of VGG-16: missing"):
        vgg16.build(tmp_path / "w.pth")
