from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gan_eval.vectors import Vectors, VectorWriter


@pytest.fixture
def written(tmp_path: Path, rng: np.random.Generator) -> tuple[Vectors, np.ndarray]:
    rows = rng.standard_normal((10, 3)).astype(np.float32)
    with VectorWriter(tmp_path / "v.f32") as writer:
        writer.append(rows[:4])
        writer.append(rows[4:])
        return writer.finish(), rows


def test_what_was_appended_is_read(written: tuple[Vectors, np.ndarray]) -> None:
    vectors, rows = written
    np.testing.assert_array_equal(vectors.array(), rows)


@pytest.mark.parametrize("size", [1, 4, 10, 100])
def test_chunks_are_the_rows_in_order(written: tuple[Vectors, np.ndarray], size: int) -> None:
    vectors, rows = written
    chunks = list(vectors.chunks(size))
    assert max(len(chunk) for chunk in chunks) <= size
    np.testing.assert_array_equal(np.concatenate(chunks), rows)
