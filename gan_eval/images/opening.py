"""From what the user names to a source."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from gan_eval.errors import InputError
from gan_eval.images.archives import TarSource, ZipSource, expand_braces
from gan_eval.images.arrays import ArraySource, StreamSource
from gan_eval.images.files import FilesSource, is_image_name
from gan_eval.images.source import Source

#: Anything that `open_source` takes: a path, several paths, an array, a tensor, an iterable of batches.
Given = Any

_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


def open_source(given: Given) -> Source:
    """Open a source of images.

    Parameters
    ----------
    given: a folder; a .zip; a .tar, or several as `set-{000..031}.tar`; `@list.txt`; a .npz holding uint8 images
        (N, H, W, 3); a list of paths; a uint8 array; a tensor; an iterable of batches; or a Source, returned as it is.

    Raises
    ------
    InputError: nothing there, or nothing that can be read as images.
    """
    if isinstance(given, (str, os.PathLike)):
        return _open_path(os.fspath(given))
    if isinstance(given, (FilesSource, ZipSource, TarSource, ArraySource, StreamSource)):
        return given
    torch = sys.modules.get("torch")
    if isinstance(given, np.ndarray) or (torch is not None and isinstance(given, torch.Tensor)):
        return ArraySource(given)
    if isinstance(given, (list, tuple)) and given and all(isinstance(one, (str, os.PathLike)) for one in given):
        return FilesSource.paths("list of paths", given)
    if isinstance(given, Iterable):
        return StreamSource(given)
    raise InputError(f"a {type(given).__name__} is not a source of images (a path, an array, a tensor, batches)")


def _open_path(text: str) -> Source:
    if text.startswith("@"):
        return FilesSource.listing(Path(text[1:]))
    lower = text.lower()
    if lower.endswith(_TAR) and not os.path.isdir(text):
        return TarSource(text, [Path(name) for name in expand_braces(text)])
    path = Path(text)
    if path.is_dir():
        return FilesSource.folder(path)
    if not path.exists():
        raise InputError(f"{text}: no such file or folder")
    if lower.endswith(".zip"):
        return ZipSource(path)
    if lower.endswith(".npz"):
        return _open_npz(path)
    if is_image_name(path.name):
        raise InputError(f"{text}: a single image; wanted a folder, .zip, .tar, @list.txt or .npz of images")
    raise InputError(f"{text}: not a source of images (a folder, .zip, .tar, @list.txt or .npz is)")


def _open_npz(path: Path) -> ArraySource:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            for name in archive.files:
                array = archive[name]
                if array.dtype == np.uint8 and array.ndim == 4:
                    return ArraySource(array, label=str(path))
            names = ", ".join(archive.files)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a .npz that can be read ({error})") from error
    raise InputError(f"{path}: holds no uint8 images (N, H, W, 3), only {names}")
