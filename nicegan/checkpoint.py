"""Checkpoints: each is a folder, whole or absent, with everything that is needed to translate and to continue.

    step-00010000/
        config.json           schema, step, the run's configuration, the data, versions, the other files' sizes and
                              hashes, and a hash of all this
        weights.safetensors   every tensor of every network, named "network.parameter"
        state.pt              optimisers, what the model remembers, sums of the losses since the last line of the log;
                              absent where there is nothing to continue (an imported checkpoint)

Networks are called as their authors call them, for NICE-GAN gen2B (A→B), gen2A, disA, disB; "ema." before a name marks
its average. No random state is stored because there is none: every draw of a run is a function of its seed and the
step.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from gan_eval.errors import InputError, UnreadableError
from gan_eval.files import (
    DAMAGE,
    FileContent,
    atomic_folder,
    content_of,
    is_as_noted,
    read_document,
    write_json,
)
from gan_eval.strict_json import Between, DocumentFormat, Matches, PathText
from gan_eval.torch_files import disk_fault, load_torch_file, save_torch_file
from gan_eval.version import __version__
from nicegan.config import RunConfig, up_to_date

CONFIG, WEIGHTS, STATE, BEST = "config.json", "weights.safetensors", "state.pt", "best.json"
#: Begins the name of a network's average.
AVERAGE = "ema."


_WEIGHTS_DAMAGE: tuple[type[Exception], ...] = (*DAMAGE, SafetensorError)
_StepNumber = Annotated[int, Between(0, 10**12)]
_FileName = Annotated[str, Matches(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")]


@dataclass(frozen=True, slots=True)
class CheckpointDocument:
    """The content of a checkpoint's config.json.

    networks: names of the state dicts in it. data: DATA folder or None. files: its other files by name.
    versions: of the programs that wrote it.
    """

    step: _StepNumber
    networks: tuple[str, ...]
    data: Annotated[str, PathText()] | None
    config: RunConfig
    files: Mapping[_FileName, FileContent]
    versions: Mapping[str, str]


def _from_version_1(document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 noted sizes without hashes, and had configurations of several forms."""
    files = document.get("files")
    if isinstance(files, dict):
        files = {name: {"bytes": size} for name, size in files.items()}
    return {**document, "files": files, "config": up_to_date(document.get("config"))}


CHECKPOINT = DocumentFormat(
    "nicegan-checkpoint",
    CheckpointDocument,
    (_from_version_1,),
    remedy="damaged, or changed by hand: copy the whole checkpoint again, or use an earlier one",
    sealed=True,
)


@dataclass(frozen=True, slots=True)
class BestNote:
    """The content of best.json: the step of the checkpoint that validated best."""

    step: _StepNumber


BEST_NOTE = DocumentFormat(
    "nicegan-best",
    BestNote,
    unversioned=1,
    remedy="damaged: remove it, or name a checkpoint in the run's folder instead of the run",
    sealed=True,
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that has been opened.

    networks: names of the state dicts in it. data: DATA folder or None. resumable: whether a run can go on from it.
    state: size and hash of `state.pt`, None where there is none.
    """

    folder: Path
    step: int
    config: RunConfig
    networks: tuple[str, ...]
    data: Path | None
    state: FileContent | None

    @property
    def resumable(self) -> bool:
        """Whether it holds what a run needs to go on."""
        return self.state is not None

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
        try:
            save_file(
                {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}, temporary / WEIGHTS
            )
        except SafetensorError as error:
            raise disk_fault(temporary / WEIGHTS) from error
        if optimisers is not None:
            state = {name: dict(state) for name, state in optimisers.items()}
            save_torch_file(state | ({"memory": dict(memory)} if memory else {}), temporary / STATE)
        document = CheckpointDocument(
            step=step,
            networks=tuple(weights),
            data=None if data is None else str(data.resolve()),
            config=config,
            files={path.name: content_of(path) for path in sorted(temporary.iterdir())},
            versions={"nicegan": __version__, "torch": str(torch.__version__), "python": platform.python_version()},
        )
        write_json(temporary / CONFIG, CHECKPOINT.encode(document))


def read(folder: Path) -> Checkpoint:
    """Open a checkpoint: its description is read, its weights are held against their hash, the state against its size.

    Raises InputError if it is none, or a file is missing, cut short or damaged. `load_state` checks the state's hash.
    """
    if folder.is_file():
        raise InputError(f"{folder}: a file, where a checkpoint is a folder (an official .pt: nicegan import)")
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder}: not a checkpoint (no {CONFIG}; a run's checkpoints stand in RUN/checkpoints)")
    document = read_document(folder / CONFIG, CHECKPOINT)
    for name, content in document.files.items():
        _check_content(folder / name, content, hashed=name != STATE)
    return Checkpoint(
        folder=folder,
        step=document.step,
        config=document.config,
        networks=document.networks,
        data=None if document.data is None else Path(document.data),
        state=document.files.get(STATE),
    )


def _check_content(path: Path, content: FileContent, *, hashed: bool) -> None:
    if not is_as_noted(path, content, hashed=hashed):
        raise InputError(
            f"{path}: missing, cut short or damaged (copy the whole checkpoint again, or use an earlier one)"
        )


def load_weights(checkpoint: Checkpoint, network: str) -> dict[str, Tensor]:
    """State dict of one network, on the CPU; only its part of the file is read. Raises InputError if it has none."""
    prefix = f"{network}."
    try:
        with safe_open(checkpoint.folder / WEIGHTS, framework="pt") as stored:
            keys = [key for key in stored.keys() if key.startswith(prefix)]  # noqa: SIM118 (no mapping)
            state = {key.removeprefix(prefix): stored.get_tensor(key) for key in keys}
    except _WEIGHTS_DAMAGE as error:
        raise UnreadableError(
            f"{checkpoint.folder / WEIGHTS}: cannot be read (copy the whole checkpoint again)"
        ) from error
    if not state:
        raise InputError(f"{checkpoint.folder}: has no weights of {network} (it was imported from a part of a model)")
    return state


class SavedState(NamedTuple):
    """What state.pt holds. optimisers: by player. models: what the model remembered in each process. losses: sums."""

    optimisers: dict[str, Any]
    models: list[dict[str, Tensor]]
    losses: dict[str, Any]


def load_state(checkpoint: Checkpoint, device: torch.device | str = "cpu") -> SavedState:
    """Loads what is needed to continue. Raises InputError where the checkpoint has no such state or it is damaged."""
    if checkpoint.state is None:
        raise InputError(
            f"{checkpoint.folder}: holds no optimiser state (start from it with init=CHECKPOINT, not resume=True)"
        )
    path = checkpoint.folder / STATE
    _check_content(path, checkpoint.state, hashed=True)
    try:
        state: Any = load_torch_file(path, device=device)
        memory = state.pop("memory", {})
        return SavedState(state, memory.get("models", []), memory.get("losses", {}))
    except DAMAGE as error:
        raise UnreadableError(f"{path}: cannot be read (use an earlier checkpoint)") from error


def folder_of(run: Path, step: int) -> Path:
    """Where a run keeps the checkpoint of a step."""
    return run / "checkpoints" / f"step-{step:08d}"


def newest(run: Path, *, with_state: bool = True) -> Checkpoint | None:
    """The checkpoint of the highest step that is whole, or None.

    with_state: whether what is needed to continue must be whole too, to the last byte.
    """
    for folder in reversed(_folders(run)):
        try:
            checkpoint = read(folder)
            if with_state and checkpoint.state is not None:
                _check_content(folder / STATE, checkpoint.state, hashed=True)
        except InputError:
            continue
        return checkpoint
    return None


def _folders(run: Path) -> list[Path]:
    """The folders of a run's checkpoints, in the order of their steps."""
    found = (run / "checkpoints").glob("step-*")
    return sorted(folder for folder in found if folder.name.removeprefix("step-").isdecimal())


def mark_best(run: Path, step: int | None) -> None:
    """Note which checkpoint validated best; the note is replaced as a whole, and removed where none did."""
    note = run / "checkpoints" / BEST
    if step is None:
        note.unlink(missing_ok=True)
    else:
        write_json(note, BEST_NOTE.encode(BestNote(step)))


def best(run: Path) -> Checkpoint | None:
    """The checkpoint that validated best, or None where no validation was noted."""
    step = best_step(run)
    return None if step is None else read(folder_of(run, step))


def best_step(run: Path) -> int | None:
    """The step that `mark_best` noted, or None. Raises InputError where the note is damaged."""
    note = run / "checkpoints" / BEST
    return read_document(note, BEST_NOTE).step if note.is_file() else None


def choose(path: Path) -> Checkpoint:
    """A checkpoint folder, or of a run its best checkpoint, or its newest where none was validated."""
    if (path / "checkpoints").is_dir():
        checkpoint = best(path) or newest(path, with_state=False)
        if checkpoint is None:
            raise InputError(f"{path}: the run has no whole checkpoint yet (see {path / 'checkpoints'})")
        return checkpoint
    return read(path)


def newest_of(path: Path) -> Checkpoint:
    """A checkpoint folder, or of a run its newest checkpoint: the one with the state to go on from."""
    if not (path / "checkpoints").is_dir():
        return read(path)
    checkpoint = newest(path)
    if checkpoint is None:
        raise InputError(f"{path}: the run has no whole checkpoint yet (see {path / 'checkpoints'})")
    return checkpoint


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
