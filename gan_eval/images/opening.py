"""Opens whatever the user names as a source of images."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from gan_eval.errors import InputError, NotFoundError
from gan_eval.images.archives import TarSource, ZipSource, expand_braces
from gan_eval.images.arrays import ArraySource, is_array, is_single
from gan_eval.images.batches import Column, DatasetSamples, LoaderBatches, StreamSource
from gan_eval.images.files import FilesSource, is_image_name, walk
from gan_eval.images.numpy_files import ArrayFilesSource, open_images
from gan_eval.images.parts import PartSource
from gan_eval.images.remote import is_address
from gan_eval.images.source import Source
from gan_eval.settings import Deep

#: Anything that `open_source` takes: a path, several paths, images in memory, a dataset, an iterable of batches.
Given = Any

_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_SOURCES = (FilesSource, ZipSource, TarSource, ArraySource, ArrayFilesSource, StreamSource, PartSource)
_MEMBERS = (*_TAR, ".zip", ".npz")


def open_source(given: Given, *, column: Column | None = None, deep: Deep = "fail") -> Source:
    """Open a source of images.

    Parameters
    ----------
    given: a folder of images or of .npy arrays; a .zip; a .tar, or several as `set-{000..031}.tar`, also at addresses
        (`https://`, `s3://`); `@list.txt`; a .npz or .npy of images; a list of paths; an array or a tensor; a list of
        PIL images, arrays or tensors, one image in each place; a dataset (map-style, or Hugging Face); a data loader or
        another iterable of batches (see `gan_eval.images.batches`); or a Source, returned as it is. `FILE.npz::NAME`
        chooses an array, `FILE.tar::FIELD` and `FILE.zip::FIELD` one of the pictures of each sample.
    column: of datasets and batches that are dicts or tuples, which part holds the images; of shards and zip files whose
        samples hold several pictures, which one. Default: the only one that can, or the one with a usual name.
    deep: what happens to PIL images of more than 8 bits; for files, whoever decodes them decides.

    Raises
    ------
    InputError: nothing there, nothing that can be read as images, or several things that might be the images.
    """
    if is_path(given):
        return _open_path(os.fspath(given), column)
    if isinstance(given, _SOURCES):
        return given
    if is_array(given):
        return ArraySource(given)
    if isinstance(given, (Image.Image, bytes)):
        return ArraySource([given], label="image", deep=deep)
    if isinstance(given, (list, tuple)) and given:
        return _open_list(given, column, deep)
    if isinstance(given, Mapping):
        raise InputError(f"a dict is not a source of images (choose one of {', '.join(map(str, given))})")
    if _is_map_style(given):
        return StreamSource(DatasetSamples(given), column=column, label="dataset", deep=deep)
    if isinstance(given, Iterable):
        return StreamSource(LoaderBatches(given) if _is_data_loader(given) else given, column=column, deep=deep)
    raise InputError(f"a {type(given).__name__} is not a source of images (a path, an array, a tensor, batches)")


def is_path(given: Given) -> bool:
    """Whether a source is named by a path (or `@list.txt`, or a pattern of shards)."""
    return isinstance(given, (str, os.PathLike))


def split_member(text: str) -> tuple[str, str | None]:
    """`FILE::NAME` → (FILE, NAME) where FILE is an archive or a .npz; another path → (path, None)."""
    path, colons, name = text.rpartition("::")
    if colons and name and path.lower().endswith(_MEMBERS) and not os.path.exists(text):
        return path, name
    return text, None


def _open_list(given: list[Any] | tuple[Any, ...], column: Column | None, deep: Deep) -> Source:
    paths = [isinstance(one, (str, os.PathLike)) for one in given]
    if all(paths):
        return FilesSource.paths("list of paths", given)
    if any(paths):
        raise InputError("a list that mixes paths and other things; give only paths, or only images")
    if all(is_single(one) for one in given):
        return ArraySource(given, label="list", deep=deep)
    return StreamSource(list(given), column=column, label="list", deep=deep)


def _is_map_style(given: Any) -> bool:
    """Whether `given` is a dataset that is read by place: `__len__` and `__getitem__`, and no iteration of its own."""
    return hasattr(given, "__len__") and hasattr(given, "__getitem__") and not hasattr(given, "__iter__")


def _is_data_loader(given: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(given, torch.utils.data.DataLoader)


def _open_path(text: str, column: Column | None) -> Source:
    if text.startswith("@"):
        return FilesSource.listing(Path(text[1:]))
    text, member = split_member(text)
    field = member if member is not None or column is None else str(column)
    lower = text.lower()
    if lower.endswith(_TAR) and not os.path.isdir(text):
        return TarSource(text, expand_braces(text), field)
    if is_address(text):
        raise InputError(f"{text}: not a source of images (at an address, one or several .tar are)")
    path = Path(text)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise NotFoundError(f"{text}: no such file or folder") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        raise InputError(f"{text}: {reason}") from error
    if stat.S_ISDIR(mode):
        return _open_folder(path)
    if not stat.S_ISREG(mode):
        raise InputError(f"{text}: not a regular file (a pipe or a device is no source)")
    if lower.endswith(".zip"):
        return ZipSource(path, field)
    if lower.endswith((".npz", ".npy")):
        return open_images(path, member)
    if is_image_name(path.name):
        raise InputError(f"{text}: a single image; wanted a folder, .zip, .tar, @list.txt or .npz of images")
    raise InputError(f"{text}: not a source of images (a folder, .zip, .tar, @list.txt or .npz is)")


def _open_folder(path: Path) -> Source:
    if not walk(path)[0]:
        names, skipped = walk(path, lambda name: name.lower().endswith(".npy"))
        if names:
            return ArrayFilesSource(path, names, skipped=skipped)
    return FilesSource.folder(path)
