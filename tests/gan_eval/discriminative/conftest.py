"""Files of features, which are sources too and need no network to run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

MakeFeatures = Callable[..., Path]


@pytest.fixture
def make_features(tmp_path: Path) -> MakeFeatures:
    """`make_features("a", shift=1.0, count=24, seed=1)`: a .npz of normal features, moved along one direction."""

    def make(name: str, shift: float = 0.0, *, count: int = 24, seed: int = 0, dim: int = 8) -> Path:
        rows = np.random.default_rng(seed).normal(size=(count, dim)) + shift
        path = tmp_path / f"{name}.npz"
        np.savez(path, feats=rows.astype(np.float32))
        return path

    return make
