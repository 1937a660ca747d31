"""Small images and small networks for tests of training and translation."""

from __future__ import annotations

from pathlib import Path

import pytest

from nicegan.config import DataConfig, OptimConfig, RunConfig
from nicegan.demo import make_demo
from nicegan.models.nice.settings import NiceNetwork


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DATA folder: five and four training images, two and three test images, 32×32."""
    folder = tmp_path_factory.mktemp("data") / "demo"
    make_demo(folder, size=32, counts={"trainA": 5, "trainB": 4, "testA": 2, "testB": 3})
    return folder


@pytest.fixture(scope="session")
def tiny() -> RunConfig:
    """Six steps of networks of a few channels on 24×24 pixels, a checkpoint every second step."""
    return RunConfig(
        network=NiceNetwork(height=24, width=24, channels=2, n_res=1, scales=(0, 1)),
        optim=OptimConfig(iterations=6, ema=0.9, learning_rate=1e-3),
        data=DataConfig(margin=4),
        workers=0,
        log_every=1,
        sample_every=0,
        checkpoint_every=2,
        validate_every=0,
        keep_last=9,
    )
