"""Opens files of the models' authors without running code in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from gan_eval.errors import InputError, NotFoundError, UnreadableError
from gan_eval.files import DAMAGE, atomic_file
from gan_eval.torch_files import load_torch_file, save_torch_file

if TYPE_CHECKING:
    from nicegan.config import RunConfig

StateDict = dict[str, Tensor]


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
        raise NotFoundError(f"{path}: no such file")
    try:
        # Mapped, a full checkpoint of 8 GB is read a tensor at a time.
        document = load_torch_file(path, mapped=True)
    except DAMAGE as error:
        raise UnreadableError(
            f"{path}: not a PyTorch file of tensors and plain values: it is damaged, of another kind, or holds code, "
            "which is never run (get the file again)"
        ) from error
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


@dataclass(frozen=True, slots=True)
class EpochFiles:
    """The files `{epoch}_net_{NAME}.pth` of CycleGAN's and CUT's code: bare state dicts, one file for each network.

    Any one of them names the others of its epoch, in its folder. networks: the NAMEs. owner: whose files, in words.
    """

    networks: tuple[str, ...]
    owner: str

    def read(self, path: Path, *, dropped: tuple[str, ...] = ()) -> dict[str, StateDict]:
        """State dicts by network, of the files that are there; entries whose last part is in `dropped` left out.

        Raises InputError where `path` is none of their names, or a file is no state dict.
        """
        names = self._names(path)
        if names is None:
            raise InputError(f"{path}: not a name of {self.owner}'s files (EPOCH_net_{self.networks[0]}.pth and so on)")
        found = {name: place for name, place in names.items() if place.is_file() or place == path}
        return {name: plain_names(load_official(place), str(place), dropped=dropped) for name, place in found.items()}

    def write(self, path: Path, weights: Mapping[str, StateDict]) -> None:
        """Write the files of an epoch; `path` is the name of any of them."""
        names = self._names(path)
        if names is None:
            raise InputError(
                f"{path}: {self.owner}'s code loads a file for each network: name one, such as "
                f"latest_net_{self.networks[0]}.pth"
            )
        for name, state in weights.items():
            with atomic_file(names[name]) as temporary:
                save_torch_file(state, temporary)

    def _names(self, path: Path) -> dict[str, Path] | None:
        match = re.fullmatch(rf"(.*net_)({'|'.join(self.networks)})(\.pth?)", path.name)
        if match is None:
            return None
        return {name: path.with_name(f"{match[1]}{name}{match[3]}") for name in self.networks}


def check_shapes(weights: Mapping[str, StateDict], parts: Mapping[str, nn.Module], path: Path) -> None:
    """Raise InputError for the first entry that the networks do not have, or have in another shape."""
    for name, state in weights.items():
        ours = {key: tuple(value.shape) for key, value in parts[name].state_dict().items()}
        theirs = {key: _shape(value) for key, value in state.items()}
        if ours != theirs:
            key = min(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
            raise InputError(f"{path}: {name}: {key} is {theirs.get(key)}, not {ours.get(key)}")


def _shape(value: Any) -> tuple[int, ...] | str:
    return tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
