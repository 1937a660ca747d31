"""Reads state dicts from untrusted files and checks them against the network's names and shapes."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from gan_eval.errors import WeightsError, WeightsNotFoundError, WeightsUnreadableError
from gan_eval.files import DAMAGE, open_regular
from gan_eval.torch_files import load_torch_file

# Counters that batch normalisation keeps for training; some versions of torch save them, some do not.
_COUNTER = "num_batches_tracked"
_DAMAGE: tuple[type[Exception], ...] = (*DAMAGE, SafetensorError)


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a `.pth`/`.pt` (read with `weights_only=True`) or `.safetensors` file, by name.

    Raises WeightsError when the file is missing, is damaged, or holds anything but named tensors.
    """
    try:
        open_regular(path).close()
        content = load_file(path) if path.suffix == ".safetensors" else load_torch_file(path)
    except FileNotFoundError as error:
        raise WeightsNotFoundError(f"{path}: no such file") from error
    except pickle.UnpicklingError as error:
        # What torch says here ends with how to run the code.
        found = "it is of another kind, or it holds code, which is never run"
        raise WeightsUnreadableError(f"{path}: not a weights file ({found}); fetch it again") from error
    except (IsADirectoryError, PermissionError) as error:
        raise WeightsUnreadableError(f"{path}: cannot be read: {error.strerror}") from error
    except _DAMAGE as error:
        if "TorchScript" in str(error):
            raise WeightsError(
                f"{path}: a TorchScript program, the form that clean-fid uses, instead of a state dict"
            ) from error
        raise WeightsUnreadableError(f"{path}: damaged, cut short, or not a weights file; fetch it again") from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in content.items()
    ):
        raise WeightsError(f"{path}: holds no state dict (a mapping of names to tensors)")
    return {name: value for name, value in content.items() if not name.endswith(_COUNTER)}


def check_shapes(
    path: Path, tensors: Mapping[str, Tensor], wanted: Mapping[str, Sequence[int]], *, network: str
) -> None:
    """Raise WeightsError unless `tensors` has exactly the names and shapes in `wanted`, naming what differs."""
    faults = []
    missing = [name for name in wanted if name not in tensors]
    stray = [name for name in tensors if name not in wanted]
    if missing:
        faults.append(f"missing {_some(missing)}")
    if stray:
        faults.append(f"unknown to this network: {_some(stray)}")
    wrong = [
        f"{name} is {tuple(tensors[name].shape)}, wanted {tuple(shape)}"
        for name, shape in wanted.items()
        if name in tensors and tuple(tensors[name].shape) != tuple(shape)
    ]
    if wrong:
        faults.append(f"wrong shape {_some(wrong)}")
    if faults:
        raise WeightsError(f"{path}: not the weights of {network}: {'; '.join(faults)}")
    broken = [name for name, value in tensors.items() if value.is_floating_point() and not value.isfinite().all()]
    if broken:
        raise WeightsError(f"{path}: NaN or infinite values in {_some(broken)}")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
