"""EfficientNet-Lite0: names, shapes, and whether it sees what is in a photograph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gan_eval.errors import WeightsError
from gan_eval.extractors import Activations, lite0, load, resolve
from gan_eval.extractors.known import LITE0_PACKAGE
from gan_eval.weights import installed_file

PALACE, DAISY = 698, 985  # ImageNet classes


@pytest.fixture(scope="session")
def seen(photographs: list[NDArray[np.uint8]]) -> Activations:
    extractor = load(resolve("efficientnet-lite0", runtime="torch"))
    return extractor(np.stack([extractor.prepare(image) for image in photographs]))


@pytest.mark.parametrize(("photograph", "label"), [(0, PALACE), (1, DAISY)], ids=["palace", "daisy"])
def test_it_recognises_what_is_in_a_photograph(seen: Activations, photograph: int, label: int) -> None:
    assert seen.logits is not None
    assert label in np.argsort(-seen.logits[photograph])[:5]


def test_features_and_class_scores_belong_together(seen: Activations) -> None:
    tensors = torch.load(installed_file(LITE0_PACKAGE), weights_only=True)
    expected = seen.features @ tensors["_fc.weight"].numpy().T + tensors["_fc.bias"].numpy()
    np.testing.assert_allclose(seen.logits, expected, atol=1e-4)
    assert seen.features.shape == (2, 1280)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("_conv_stem.weight", "conv_stem.weight"),
        ("_blocks.0._project_conv.weight", "blocks.0.0.conv_pw.weight"),
        ("_blocks.1._expand_conv.weight", "blocks.1.0.conv_pw.weight"),
        ("_blocks.10._bn2.running_var", "blocks.4.2.bn3.running_var"),
        ("_blocks.15._depthwise_conv.weight", "blocks.6.0.conv_dw.weight"),
        ("_bn1.bias", "bn2.bias"),
        ("_fc.bias", "classifier.bias"),
        ("_blocks.16._bn0.bias", "_blocks.16._bn0.bias"),
    ],
)
def test_names(theirs: str, ours: str) -> None:
    assert lite0.timm_name(theirs) == ours


def test_another_network_is_refused(weights_file: Path) -> None:
    with pytest.raises(WeightsError, match="not the weights of EfficientNet-Lite0"):
        lite0.build(weights_file)
