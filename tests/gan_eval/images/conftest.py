from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

Make = Callable[..., bytes]


@pytest.fixture
def encoded() -> Make:
    """Bytes of a small image file: `encoded("PNG", mode="L", size=(8, 6), value=3)`."""

    def make(format_name: str = "PNG", *, mode: str = "RGB", size: tuple[int, int] = (12, 9), value: int = 0) -> bytes:
        pixels = np.random.default_rng(value).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        stream = io.BytesIO()
        Image.fromarray(pixels).convert(mode).save(stream, format_name)
        return stream.getvalue()

    return make
