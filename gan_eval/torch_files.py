"""Reads files that torch.save has written, which hold tensors and plain values, never code; and writes them."""

from __future__ import annotations

import errno
import io
import os
import pickle
import pickletools
import shutil
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gan_eval.files import open_regular

if TYPE_CHECKING:
    import torch

#: Letters of the longest name of a class or function. torch searches what it says of a name with a pattern whose time
#: grows with the square of the length: 15,000 letters take seconds.
_LONGEST_NAME = 1000
#: Bytes of the pickle, which holds names and shapes; the tensors lie beside it.
_LONGEST_PICKLE = 1 << 28
#: The format before 2020 begins with so many pickles, one after the other.
_PICKLES = 5
#: A disk with fewer bytes than this is full: what did not fit is not counted.
_NEARLY_NOTHING = 64 << 20


def load_torch_file(path: Path, *, device: torch.device | str = "cpu", mapped: bool = False) -> object:
    """What a file of torch.save holds, if that is tensors and plain values.

    mapped: read a tensor from the disk when it is used; of the format since 2020 alone.
    Raises whatever is in `files.DAMAGE`, an `UnpicklingError` for code.
    """
    import torch

    open_regular(path).close()
    is_zip = zipfile.is_zipfile(path)
    with warnings.catch_warnings():
        # torch guesses aloud at what is wrong with a file that it is about to refuse, and Python at its texts.
        warnings.simplefilter("ignore")
        for data in _zipped(path) if is_zip else _in_a_row(path):
            _check_names(data)
        return torch.load(path, map_location=device, weights_only=True, mmap=mapped and is_zip)


def _zipped(path: Path) -> Iterator[io.BytesIO]:
    with open_regular(path) as stream, zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            if member.filename.endswith("data.pkl"):
                if member.file_size > _LONGEST_PICKLE:
                    raise pickle.UnpicklingError("too long")
                yield io.BytesIO(archive.read(member))


def _in_a_row(path: Path) -> Iterator[io.BytesIO]:
    with open_regular(path) as stream:
        data = io.BytesIO(stream.read(_LONGEST_PICKLE))
    for number in range(_PICKLES):
        if number and data.tell() == len(data.getbuffer()):
            return
        yield data


def _check_names(data: io.BytesIO) -> None:
    """Read one pickle's operations, without doing any.

    Raises EOFError where it ends early, or is the beginning of a zip file; UnpicklingError at a name that is none.
    """
    if bytes(data.getbuffer()[:2]) == b"PK":
        raise EOFError("a zip file that was cut short")
    try:
        for operation, argument, _ in pickletools.genops(data):
            if operation.name in ("GLOBAL", "INST") and len(str(argument)) > _LONGEST_NAME:
                raise pickle.UnpicklingError("a name too long")
    except ValueError as error:
        if "exhausted" in str(error):
            raise EOFError("cut short") from error
        raise pickle.UnpicklingError("damaged") from error


def save_torch_file(content: object, path: Path) -> None:
    """Write a file as torch.save does. Raises OSError where the disk refuses, which torch tells as something else."""
    import torch

    try:
        torch.save(content, path)
    except RuntimeError as error:
        raise disk_fault(path) from error


def disk_fault(path: Path) -> OSError:
    """The error of a disk on which writing `path` has just failed: full, or else broken."""
    free = shutil.disk_usage(path.parent).free
    number = errno.ENOSPC if free < _NEARLY_NOTHING else errno.EIO
    return OSError(number, os.strerror(number), str(path))
