"""Files of the models' authors: what one holds, and how one is opened without running code in it."""

from __future__ import annotations

import pickle
import struct
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gan_eval.errors import InputError

if TYPE_CHECKING:
    from nicegan.config import RunConfig

StateDict = dict[str, Tensor]

# What PyTorch's restricted unpickler raises on bytes that are no checkpoint: any of its opcodes may meet nonsense.
_UNREADABLE = (
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Official:
    """What an official file holds, under this package's names.

    weights: network → state dict; some networks may be missing, then it translates in one direction alone.
    optimisers: player → state dict; None where the file has none, then it cannot be continued.
    """

    config: RunConfig
    step: int
    weights: dict[str, StateDict]
    optimisers: dict[str, dict[str, Any]] | None


def load_official(path: Path) -> dict[str, Any]:
    """The dictionary in a PyTorch file of tensors and plain values; InputError where it is none."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of an unusual pickle, which is then refused or read
            # Mapped, a full checkpoint of 8 GB is read a tensor at a time; the format before 2020 cannot be mapped.
            document = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except _UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: not a PyTorch file of tensors and plain values: {reason}") from error
    if not isinstance(document, dict):
        raise InputError(f"{path}: not a checkpoint of the authors (holds a {type(document).__name__})")
    return document


def plain_names(state: Any, where: str, *, dropped: tuple[str, ...] = ()) -> StateDict:
    """A state dict without what wrappers and profilers added to its names.

    The prefix "module." of torch.nn.DataParallel and the "_orig_mod." of torch.compile are taken off; entries whose
    last part is in `dropped` are left out. Raises InputError if it is no state dict.
    """
    if not isinstance(state, Mapping) or not all(isinstance(name, str) for name in state):
        raise InputError(f"{where}: not a state dict")
    found: StateDict = {}
    for name, value in state.items():
        while name.startswith(("module.", "_orig_mod.")):
            name = name.partition(".")[2]
        if name.rpartition(".")[2] not in dropped:
            found[name] = value
    return found
