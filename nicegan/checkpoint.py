"""Checkpoints: a folder each, whole or absent, that says all that is needed to rebuild and to continue.

    step-00010000/
        config.json           schema, step, the run's configuration, the data, versions, the other files' sizes
        weights.safetensors   every tensor of every network, named "network.parameter"
        state.pt              optimisers, what the model remembers, sums of the losses since the last line of the log;
                              absent where there is nothing to continue (an imported checkpoint)

Networks are called as their authors call them, for NICE-GAN gen2B (A→B), gen2A, disA, disB; "ema." before a name marks
its average. No random state is stored because there is none: every draw of a run is a function of its seed and the
step.
"""

from __future__ import annotations

import pickle
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from gan_eval.errors import InputError
from gan_eval.files import atomic_folder, read_json, write_json
from gan_eval.version import __version__
from nicegan.config import RunConfig, up_to_date

SCHEMA = "nicegan-checkpoint/1"
CONFIG, WEIGHTS, STATE, BEST = "config.json", "weights.safetensors", "state.pt", "best.json"
#: Begins the name of a network's average.
AVERAGE = "ema."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint's config.json says. networks: names of the state dicts in it. data: DATA folder or None."""

    folder: Path
    step: int
    config: RunConfig
    networks: tuple[str, ...]
    data: Path | None
    resumable: bool

    @property
    def averaged(self) -> bool:
        """Whether it holds averaged generators, which translation prefers."""
        return any(name.startswith(AVERAGE) for name in self.networks)


def save(
    folder: Path,
    *,
    step: int,
    config: RunConfig,
    weights: Mapping[str, Mapping[str, Tensor]],
    optimisers: Mapping[str, Mapping[str, Any]] | None = None,
    memory: Mapping[str, Any] | None = None,
    data: Path | None = None,
) -> None:
    """Write a checkpoint folder, whole or not at all; one that stands there is replaced.

    weights: network name → state dict. optimisers: player → state dict, or None if it cannot be continued.
    memory: "models", what the model remembers in each process, and "losses", sums since the last line of the log.
    """
    tensors = {f"{name}.{key}": value for name, state in weights.items() for key, value in state.items()}
    with atomic_folder(folder) as temporary:
        # A clone of its own for each tensor: the format allows neither shared nor strided storage.
        save_file(
            {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}, temporary / WEIGHTS
        )
        if optimisers is not None:
            state = {name: dict(state) for name, state in optimisers.items()}
            torch.save(state | ({"memory": dict(memory)} if memory else {}), temporary / STATE)
        document = {
            "schema": SCHEMA,
            "step": step,
            "networks": list(weights),
            "data": None if data is None else str(data.resolve()),
            "config": config.to_dict(),
            "files": {path.name: path.stat().st_size for path in sorted(temporary.iterdir())},
            "versions": {"nicegan": __version__, "torch": str(torch.__version__), "python": platform.python_version()},
        }
        write_json(temporary / CONFIG, document)


def read(folder: Path) -> Checkpoint:
    """Read a checkpoint's description. Raises InputError if it is none, or files are missing or cut short."""
    if folder.is_file():
        raise InputError(f"{folder}: a file, where a checkpoint is a folder (an official .pt: nicegan import)")
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder}: not a checkpoint (no {CONFIG}; a run's checkpoints stand in RUN/checkpoints)")
    document = read_json(folder / CONFIG)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InputError(f"{folder / CONFIG}: not a {SCHEMA} (made by another version, or another program)")
    try:
        sizes, step, networks = document["files"], int(document["step"]), tuple(map(str, document["networks"]))
        config, data = RunConfig.from_dict(up_to_date(document["config"])), document["data"]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / CONFIG}: damaged: {error!r}") from error
    for name, size in sizes.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            raise InputError(f"{path}: missing or cut short (copy the whole checkpoint again)")
    return Checkpoint(
        folder=folder,
        step=step,
        config=config,
        networks=networks,
        data=None if data is None else Path(data),
        resumable=STATE in sizes,
    )


def load_weights(checkpoint: Checkpoint, network: str) -> dict[str, Tensor]:
    """State dict of one network, on the CPU; only its part of the file is read. Raises InputError if it has none."""
    prefix = f"{network}."
    try:
        with safe_open(checkpoint.folder / WEIGHTS, framework="pt") as stored:
            keys = [key for key in stored.keys() if key.startswith(prefix)]  # noqa: SIM118 (no mapping)
            state = {key.removeprefix(prefix): stored.get_tensor(key) for key in keys}
    except (SafetensorError, OSError) as error:
        raise InputError(f"{checkpoint.folder / WEIGHTS}: cannot be read: {error}") from error
    if not state:
        raise InputError(f"{checkpoint.folder}: has no weights of {network} (it was imported from a part of a model)")
    return state


class SavedState(NamedTuple):
    """What state.pt holds. optimisers: by player. models: what the model remembered in each process. losses: sums."""

    optimisers: dict[str, Any]
    models: list[dict[str, Tensor]]
    losses: dict[str, Any]


def load_state(checkpoint: Checkpoint, device: torch.device | str = "cpu") -> SavedState:
    """What is needed to continue. Raises InputError where the checkpoint holds none of it."""
    if not checkpoint.resumable:
        raise InputError(f"{checkpoint.folder}: holds no optimiser state (start from it with --init, not --resume)")
    try:
        state: dict[str, Any] = torch.load(checkpoint.folder / STATE, map_location=device, weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise InputError(f"{checkpoint.folder / STATE}: cannot be read: {error}") from error
    memory = state.pop("memory", {})
    return SavedState(state, memory.get("models", []), memory.get("losses", {}))


def folder_of(run: Path, step: int) -> Path:
    """Where a run keeps the checkpoint of a step."""
    return run / "checkpoints" / f"step-{step:08d}"


def newest(run: Path) -> Checkpoint | None:
    """The checkpoint of the highest step that is whole, or None."""
    for folder in reversed(_folders(run)):
        try:
            return read(folder)
        except InputError:
            continue
    return None


def _folders(run: Path) -> list[Path]:
    """The folders of a run's checkpoints, in the order of their steps."""
    found = (run / "checkpoints").glob("step-*")
    return sorted(folder for folder in found if folder.name.removeprefix("step-").isdecimal())


def mark_best(run: Path, step: int | None) -> None:
    """Note which checkpoint validated best, if any did; the note is replaced as a whole."""
    if step is not None:
        write_json(run / "checkpoints" / BEST, {"step": step})


def best(run: Path) -> Checkpoint | None:
    """The checkpoint that validated best, or None where no validation was noted."""
    step = best_step(run)
    return None if step is None else read(folder_of(run, step))


def best_step(run: Path) -> int | None:
    """The step that `mark_best` noted, or None."""
    note = run / "checkpoints" / BEST
    return int(read_json(note)["step"]) if note.is_file() else None


def choose(path: Path) -> Checkpoint:
    """A checkpoint folder, or of a run its best checkpoint, or its newest where none was validated."""
    if (path / "checkpoints").is_dir():
        found = best(path) or newest(path)
        if found is None:
            raise InputError(f"{path}: the run has no whole checkpoint yet (see {path / 'checkpoints'})")
        return found
    return read(path)


def newest_of(path: Path) -> Checkpoint:
    """A checkpoint folder, or of a run its newest checkpoint: the one with the state to go on from."""
    if not (path / "checkpoints").is_dir():
        return read(path)
    found = newest(path)
    if found is None:
        raise InputError(f"{path}: the run has no whole checkpoint yet (see {path / 'checkpoints'})")
    return found


def prune(run: Path, *, keep_last: int, keep_every: int = 0) -> None:
    """Remove checkpoints except the last `keep_last`, the best, and those of multiples of the step `keep_every`.

    What killed runs left half-written goes too.
    """
    kept = best_step(run)
    folders = _folders(run)
    for folder in folders[:-keep_last]:
        step = int(folder.name.removeprefix("step-"))
        if step != kept and not (keep_every and step % keep_every == 0):
            _remove(folder)
    for leftover in (run / "checkpoints").glob(".step-*"):
        _remove(leftover)


def _remove(folder: Path) -> None:
    """Delete a folder so that a kill on the way leaves no half of it under its own name."""
    hidden = folder.with_name(f".{folder.name.lstrip('.')}.old")
    if folder != hidden:
        shutil.rmtree(hidden, ignore_errors=True)
        folder.replace(hidden)
    shutil.rmtree(hidden, ignore_errors=True)
