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


@pytest.mark.parametrize("rows", [slice(2, 7), slice(None), slice(8, 100), slice(0, 10, 3), slice(3, 3)])
def test_slices_are_those_of_an_array(written: tuple[Vectors, np.ndarray], rows: slice) -> None:
    vectors, expected = written
    np.testing.assert_array_equal(vectors[rows], expected[rows])


@pytest.mark.parametrize("rows", [[0], [1, 2, 5], [9, 0], [3, 3], []])
def test_indices_are_those_of_an_array(written: tuple[Vectors, np.ndarray], rows: list[int]) -> None:
    vectors, expected = written
    index = np.array(rows, dtype=np.intp)
    np.testing.assert_array_equal(vectors[index], expected[index])


def test_it_knows_its_shape(written: tuple[Vectors, np.ndarray]) -> None:
    assert written[0].shape == (10, 3)
