"""A feature network so small that tests of what is around it take no time, and folders of images to run it over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gan_eval.extractors import Activations, Network
from gan_eval.resize import resize


class TinyExtractor:
    """16 features of an 8 × 8 thumbnail by a fixed random projection; counts the images it has seen."""

    def __init__(self, *, precision: str = "fp32", verified: bool = True, name: str = "inception") -> None:
        self.network = Network(
            name=name,
            weights_path=Path("tiny.pth"),
            weights_sha256="0" * 64,
            verified=verified,
            like="clean-fid",
            precision=precision,  # type: ignore[arg-type]
            runtime="torch",
            device="cpu",
            dim=16,
            has_logits=True,
        )
        rng = np.random.default_rng(5)
        self._projection = rng.standard_normal((192, 16)).astype(np.float32)
        self._classes = rng.standard_normal((16, 10)).astype(np.float32)
        self.seen = 0

    def prepare(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return resize(image, (8, 8), "clean-fid")

    def __call__(self, batch: NDArray[np.float32]) -> Activations:
        self.seen += len(batch)
        features = np.maximum(batch.reshape(len(batch), -1) / 255 @ self._projection, 0)
        return Activations(features, features @ self._classes)


@pytest.fixture
def tiny() -> TinyExtractor:
    """A network of 16 features that claims to be the verified 2015 Inception."""
    return TinyExtractor()


MakeFolder = Callable[..., Path]


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """`make_folder("real", 12, seed=1, shift=0)`: a folder of small PNGs that differ by seed and brightness."""

    def make(name: str, count: int = 12, *, seed: int = 0, shift: int = 0, ending: str = "png") -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        for index in range(count):
            coarse = rng.integers(0, 200, (3, 4, 3)) + shift
            image = Image.fromarray(coarse.clip(0, 255).astype(np.uint8)).resize((20, 15), Image.Resampling.BICUBIC)
            image.save(folder / f"{index:03}.{ending}")
        return folder

    return make
