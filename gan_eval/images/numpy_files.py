"""Images in `.npz` and `.npy` files, chosen by the name of the array and never by its shape alone."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from gan_eval.errors import InputError, UnreadableError
from gan_eval.files import DAMAGE, open_regular
from gan_eval.images.arrays import ArraySource, may_be_pixels, to_images
from gan_eval.images.batches import IMAGE_NAMES
from gan_eval.images.source import Item
from gan_eval.images.zip_directory import open_zip

#: Names under which numpy saves an array that was given none, and ADM its images.
_UNNAMED = ("arr_0",)
FEATURES = ("features", "feats")
MOMENTS = ("mu", "sigma")
#: Moments of sFID's features in ADM's reference batches.
SPATIAL_MOMENTS = ("mu_s", "sigma_s")


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """Dtype and shape of an array in a file, read without its values."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)


def read_headers(path: Path) -> dict[str, ArrayHeader]:
    """Name → header of every array of a .npz; "" → header of a .npy.

    Raises InputError for a file that is damaged, or whose arrays claim more bytes than the file holds for them.
    """
    try:
        if path.suffix.lower() == ".npy":
            with open_regular(path) as stream:
                return {"": _header(stream, os.fstat(stream.fileno()).st_size)}
        with open_zip(path) as archive:
            headers = {}
            for member in archive.infolist():
                with archive.open(member) as part:
                    header = _header(part, member.file_size)
                    # Otherwise the array would be read without its checksum, which lies behind the last byte.
                    if part.tell() + math.prod(header.shape) * header.dtype.itemsize != member.file_size:
                        raise _UnfitArrayError(f"its member {member.filename} is of another size than it announces")
                    headers[member.filename.removesuffix(".npy")] = header
            return headers
    except DAMAGE as error:
        raise UnreadableError(f"{path}: not a {path.suffix.lower()} that can be read ({_reason(error)})") from error


def read_array(path: Path, name: str) -> NDArray[Any]:
    """One array of a .npz by its name, or the array of a .npy, whose values are read as they are needed.

    Raises InputError for a damaged file.
    """
    try:
        if path.suffix.lower() == ".npy":
            open_regular(path).close()
            array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
            return array
        with open_regular(path) as stream, np.load(stream, allow_pickle=False) as archive:
            return np.asarray(archive[name])
    except DAMAGE as error:
        raise UnreadableError(f"{path}: not a {path.suffix.lower()} that can be read ({_reason(error)})") from error


def image_array(path: Path, headers: Mapping[str, ArrayHeader], name: str | None = None) -> str | None:
    """Name of the array that holds a file's images; None where it holds features or moments and no images.

    Parameters
    ----------
    path: of the file, for messages.
    headers: of its arrays.
    name: the array asked for by `FILE::NAME`.

    Raises
    ------
    InputError: no such array, or it cannot be told which array holds the images.
    """
    if not headers:
        raise InputError(f"{path}: holds no arrays (make it with numpy.savez)")
    listed = ", ".join(f"{one or 'the array'} {header.dtype} {header.shape}" for one, header in headers.items())
    if name is not None:
        if name not in headers:
            raise InputError(f"{path}: has no array {name!r}; it holds {listed}")
        return None if name in (*FEATURES, *MOMENTS, *SPATIAL_MOMENTS) or _is_features(headers[name]) else name
    usual = [one for one in headers if one.lower() in (*IMAGE_NAMES, *_UNNAMED) and _is_images(headers[one])]
    known = set(FEATURES) & set(headers) or set(MOMENTS) <= set(headers)
    if len(headers) == 1:
        only = next(iter(headers))
        return None if only in FEATURES or _is_features(headers[only]) else only
    if len(usual) == 1 and not set(FEATURES) & set(headers):
        return usual[0]
    if known and not usual:
        return None
    example = (usual or list(headers))[0]
    raise InputError(f"{path}: which of its arrays is meant? It holds {listed}: choose one as {path.name}::{example}")


def open_images(path: Path, name: str | None = None) -> ArraySource:
    """Open the images of a .npz or .npy; the source's notes name the array.

    Raises InputError where there are none, or which of several arrays holds them cannot be told.
    """
    headers = read_headers(path)
    chosen = image_array(path, headers, name)
    if chosen is None:
        raise InputError(f"{path}: holds no uint8 images (N, H, W, 3), only {', '.join(headers) or 'nothing'}")
    notes = _notes(path, headers, chosen)
    try:
        return ArraySource(read_array(path, chosen), label=str(path), notes=notes)
    except InputError as error:
        text = str(error)
        raise InputError(text if text.startswith(str(path)) else f"{path}: {text}") from error


def _notes(path: Path, headers: Mapping[str, ArrayHeader], chosen: str) -> list[str]:
    others = [name for name in headers if name != chosen]
    if not others:
        return []
    moments = f"; for its moments, give {path.name}::mu" if set(MOMENTS) <= set(others) else ""
    return [f"{path.name}: its images are the array {chosen!r}; not used: {', '.join(others)}{moments}"]


class ArrayFilesSource:
    """Images of a folder of .npy files, each one image (H, W, 3) or a batch (N, H, W, 3), in the order of their names.

    Parameters
    ----------
    folder: where they lie.
    names: the files, relative to it.
    skipped: files of the folder that were passed over.
    """

    repeatable = True
    notes: tuple[str, ...] = ()

    def __init__(self, folder: Path, names: Sequence[str], *, skipped: int = 0) -> None:
        self.label = str(folder)
        self.skipped = skipped
        self._folder = folder
        self._names = names
        headers = [read_headers(folder / name)[""] for name in names]
        self._counts = [header.shape[0] if _is_batch(header) else 1 for header in headers]

    @property
    def count(self) -> int:
        """Number of images."""
        return sum(self._counts)

    def items(self) -> Iterator[Item]:
        """The images in order."""
        for name, count in zip(self._names, self._counts, strict=True):
            for index in range(count):
                yield Item(name if count == 1 else f"{name}[{index}]", partial(self._read, name, index))

    def _read(self, name: str, index: int) -> NDArray[np.uint8]:
        array = read_array(self._folder / name, "")
        try:
            one: NDArray[np.uint8] = to_images(array if array.ndim < 4 else array[index : index + 1])[0]
        except InputError as error:
            raise InputError(f"{os.path.join(self.label, name)}: {error}") from error
        return one


def _is_batch(header: ArrayHeader) -> bool:
    return header.ndim == 4


def _is_images(header: ArrayHeader) -> bool:
    return header.ndim in (3, 4) and may_be_pixels(header)


def _is_features(header: ArrayHeader) -> bool:
    return header.ndim == 2 and header.dtype.kind == "f"


class _UnfitArrayError(ValueError):
    """An array that is not read; the message says why."""


def _reason(error: Exception) -> str:
    """A few words of our own; never a library's text."""
    if isinstance(error, MemoryError):
        return "it declares more than the memory holds"
    if isinstance(error, _UnfitArrayError):
        return str(error)
    return (error.strerror if isinstance(error, OSError) else None) or "damaged, cut short, or of another kind"


def _header(stream: IO[bytes], size: int) -> ArrayHeader:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names of types that numpy will not read for ever
        shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise _UnfitArrayError("an array of Python objects")
    if any(length < 0 for length in shape) or math.prod(max(length, 1) for length in shape) * dtype.itemsize > size:
        raise _UnfitArrayError(f"its header announces an array of shape {shape}, but the file has only {size:,} bytes")
    return ArrayHeader(tuple(shape), dtype)
