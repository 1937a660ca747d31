from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_eval.files import DAMAGE
from gan_eval.images.numpy_files import read_headers
from gan_eval.metrics.rows import Rows
from gan_eval.row_files import JoinedRows, rows, write_arrays
from gan_eval.vectors import Vectors, VectorWriter

FEATURES = np.random.default_rng(0).normal(size=(2100, 6)).astype(np.float32)


def _on_disk(path: Path, array: np.ndarray[Any, np.dtype[np.float32]]) -> Vectors:
    with VectorWriter(path) as writer:
        writer.append(array)
        return writer.finish()


def _read(path: Path, name: str = "features") -> Rows:
    return rows(path, name, read_headers(path)[name if path.suffix == ".npz" else ""])


def test_numpy_reads_what_is_written(tmp_path: Path) -> None:
    arrays: dict[str, Rows] = {
        "features": _on_disk(tmp_path / "f32", FEATURES),
        "mu": FEATURES.mean(0).astype(np.float64),
        "n": np.array(2100),
        "about": np.array('{"ü": 1}'),
    }
    write_arrays(tmp_path / "m.npz", arrays)
    with np.load(tmp_path / "m.npz", allow_pickle=False) as back:
        np.testing.assert_array_equal(back["features"], FEATURES)
        assert (back["n"], str(back["about"]), back["mu"].dtype) == (2100, '{"ü": 1}', np.float64)


def test_rows_are_read_in_place(tmp_path: Path) -> None:
    write_arrays(tmp_path / "m.npz", {"mu": np.zeros(3), "features": _on_disk(tmp_path / "f32", FEATURES)})
    back = _read(tmp_path / "m.npz")
    assert isinstance(back, Vectors)
    np.testing.assert_array_equal(back.array(), FEATURES)
    np.testing.assert_array_equal(back[np.array([2099, 0, 7])], FEATURES[[2099, 0, 7]])


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, ">f4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_files_of_other_writers_are_read(tmp_path: Path, save: Any, dtype: Any, order: Any) -> None:
    save(tmp_path / "m.npz", other=np.ones(5), features=np.asarray(FEATURES[:50], dtype, order=order))
    back = _read(tmp_path / "m.npz")
    np.testing.assert_array_equal(np.asarray(back[0:50]), FEATURES[:50].astype(dtype))


def test_a_plain_array_file_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", FEATURES)
    np.testing.assert_array_equal(np.asarray(_read(tmp_path / "f.npy")[10:20]), FEATURES[10:20])


@pytest.mark.parametrize("place", [0.3, 0.5, 0.9])
def test_a_changed_byte_is_found(tmp_path: Path, place: float) -> None:
    write_arrays(tmp_path / "m.npz", {"features": _on_disk(tmp_path / "f32", FEATURES)})
    data = bytearray((tmp_path / "m.npz").read_bytes())
    data[int(place * len(data))] ^= 1
    (tmp_path / "m.npz").write_bytes(data)
    with pytest.raises(DAMAGE):
        _read(tmp_path / "m.npz")


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(-2, 20), st.integers(-2, 20))
def test_joined_sets_are_one(lengths: list[int], start: int, stop: int) -> None:
    sets = [np.random.default_rng(length).normal(size=(length, 3)).astype(np.float32) for length in lengths]
    whole = np.concatenate(sets)
    joined = JoinedRows(sets)
    assert joined.shape == whole.shape
    np.testing.assert_array_equal(joined[start:stop], whole[start:stop])


@given(st.lists(st.integers(0, 8), max_size=12))
def test_joined_sets_give_rows_by_index(places: list[int]) -> None:
    joined = JoinedRows([FEATURES[:4], FEATURES[4:9]])
    np.testing.assert_array_equal(joined[np.array(places, np.intp)], FEATURES[np.array(places, np.intp)])
