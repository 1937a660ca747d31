"""Folders of small images for tests of training and translation."""

from __future__ import annotations

from pathlib import Path

import pytest

from nicegan.demo import make_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DATA folder: five and four training images, two and three test images, 32×32."""
    folder = tmp_path_factory.mktemp("data") / "demo"
    make_demo(folder, size=32, counts={"trainA": 5, "trainB": 4, "testA": 2, "testB": 3})
    return folder
