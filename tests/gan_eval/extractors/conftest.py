"""One random Inception for the whole session, calibrated on photographs, and a place where it is converted once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_sample_images

from benchmarks.random_inception import random_state_dict
from gan_eval.resize import resize


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network, and nothing in the folders of other tools."""
    monkeypatch.setenv("GAN_EVAL_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture(scope="session")
def photographs() -> list[NDArray[np.uint8]]:
    """scikit-learn's two photographs, a palace in China and a flower, (427, 640, 3) uint8."""
    china, flower = load_sample_images().images
    return [china, flower]


@pytest.fixture(scope="session")
def prepared(photographs: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Three cuts of the photographs for Inception, (3, 3, 299, 299) float32 in 0..255."""
    cuts = [photographs[0][:, :400], photographs[0][:200, 300:], photographs[1]]
    return np.stack([resize(cut, (299, 299), "clean-fid") for cut in cuts])


@pytest.fixture(scope="session")
def tensors(prepared: NDArray[np.float32]) -> dict[str, torch.Tensor]:
    """State dict of the random Inception, published names."""
    return random_state_dict(torch.from_numpy(prepared[1:] - 128) / 128)


@pytest.fixture(scope="session")
def weights_file(tensors: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The random Inception as a .pth file."""
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(tensors, path)
    return path


@pytest.fixture(scope="session")
def session_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that outlives the single test."""
    return tmp_path_factory.mktemp("session-cache")


@pytest.fixture
def kept_conversions(session_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Converted networks of earlier tests are found again."""
    monkeypatch.setenv("GAN_EVAL_CACHE", str(session_cache))
