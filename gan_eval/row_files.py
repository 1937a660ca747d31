"""Feature vectors in `.npz` and `.npy` files, written and read a block of rows at a time.

`np.savez` and `np.load` hold whole arrays in memory. An array of a .npz that is not compressed lies in it as it is in
memory, so its rows can be read in place, as `Vectors` reads them from a file of nothing else.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from gan_eval.files import open_regular
from gan_eval.images.numpy_files import ArrayHeader, read_array
from gan_eval.metrics.rows import Rows, tiles
from gan_eval.vectors import Vectors

#: Fixed part of the header that stands before each member of a zip file, and where in it two lengths lie.
_LOCAL_HEADER = 30
_LENGTHS = slice(26, 30)
#: Bytes read at once to check a member.
_CHUNK = 1 << 22


class JoinedRows:
    """Several feature sets one after the other, as one.

    sets: each (n, D) float32.
    """

    def __init__(self, sets: Sequence[Rows]) -> None:
        self._sets = sets
        self._starts = np.cumsum([0, *(one.shape[0] for one in sets)])

    @property
    def shape(self) -> tuple[int, int]:
        """(n, D)."""
        return int(self._starts[-1]), self._sets[0].shape[1]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | NDArray[np.intp], /) -> NDArray[np.float32]:
        """Rows by slice (of step 1) or by index."""
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self))
            return self._range(start, stop)
        return np.concatenate([self._range(int(row), int(row) + 1) for row in rows] or [self._range(0, 0)])

    def _range(self, start: int, stop: int) -> NDArray[np.float32]:
        pieces = [
            one[max(start - begin, 0) : max(stop - begin, 0)]
            for one, begin, end in zip(self._sets, self._starts, self._starts[1:], strict=False)
            if begin < stop and end > start
        ]
        return np.concatenate([np.asarray(piece, np.float32) for piece in pieces or [self._sets[0][0:0]]])


def rows(path: Path, name: str, header: ArrayHeader) -> Rows:
    """An array (N, D) of a .npz by its name, or of a .npy: in place where it lies there as float32, else in memory.

    Raises what `gan_eval.files.DAMAGE` lists for a damaged file; every byte of the array is checked.
    """
    offset = None
    if path.suffix.lower() == ".npz" and header.ndim == 2 and header.dtype == np.float32:
        offset = _offset(path, name)
    if offset is None:
        return read_array(path, name)
    return Vectors(path, header.shape[0], header.shape[1], offset)


def write_arrays(path: Path, arrays: Mapping[str, Rows]) -> None:
    """Write a .npz as `np.savez` does, sets of feature vectors a block at a time. Raises OSError."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as stream:
                if isinstance(array, np.ndarray):
                    np.lib.format.write_array(stream, array, allow_pickle=False)
                else:
                    _write_rows(stream, array)


def _write_rows(stream: IO[bytes], features: Rows) -> None:
    about = {"descr": "<f4", "fortran_order": False, "shape": features.shape}
    np.lib.format.write_array_header_1_0(stream, about)
    for tile in tiles(features.shape[0]):
        stream.write(np.ascontiguousarray(features[tile], "<f4").data)


def _offset(path: Path, name: str) -> int | None:
    """Where the first row of an array begins in a .npz, once every byte has been checked; None where rows do not lie
    there one after the other."""
    with open_regular(path) as stream, zipfile.ZipFile(stream) as archive:
        member = archive.getinfo(name if name in archive.namelist() else f"{name}.npy")
        if member.compress_type != zipfile.ZIP_STORED:
            return None
        stream.seek(member.header_offset)
        lengths = struct.unpack("<HH", stream.read(_LOCAL_HEADER)[_LENGTHS])
        with archive.open(member) as part:
            version = np.lib.format.read_magic(part)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            _, by_columns, _ = read(part)
            begin = member.header_offset + _LOCAL_HEADER + sum(lengths) + part.tell()
            while part.read(_CHUNK):  # zipfile holds what it reads against the member's checksum
                pass
    return None if by_columns else begin
