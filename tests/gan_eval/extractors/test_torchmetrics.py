"""`like="torchmetrics"` on shared random weights: its own antialiased resizing, and the distance of its features."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

import gan_eval


@pytest.fixture(scope="module")
def sets() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (2, 66, 6, 6, 3), dtype=np.uint8)
    coarse[1] //= 2
    return tuple(np.repeat(np.repeat(side, 9, axis=1), 8, axis=2) for side in coarse)  # type: ignore[return-value]


def theirs(weights: Path, real: np.ndarray, fake: np.ndarray) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torchmetrics.image.fid import FrechetInceptionDistance

        metric = FrechetInceptionDistance(feature=64, feature_extractor_weights_path=str(weights))
        for side, is_real in ((real, True), (fake, False)):
            for start in range(0, len(side), 32):
                batch = torch.from_numpy(side[start : start + 32]).permute(0, 3, 1, 2)
                metric.update(batch, real=is_real)
        return float(metric.compute())


def test_the_distance_is_torchmetrics(weights_file: Path, sets: tuple[np.ndarray, np.ndarray]) -> None:
    options = {"features": "inception", "weights": weights_file, "layer": "64", "interval": False, "device": "cpu"}
    expected = theirs(weights_file, *sets)
    followed = gan_eval.fid(*sets, like="torchmetrics", **options)
    assert followed.value == pytest.approx(expected, rel=2e-6)
    assert followed.metric == "fd"
