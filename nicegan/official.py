"""Imports and exports the authors' checkpoints: turns their file into a checkpoint folder, and back.

What a model's files look like is known to the module that its row in `models.table` names.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import torch

from gan_eval.errors import InputError
from nicegan import checkpoint
from nicegan.checkpoint import AVERAGE
from nicegan.config import RunConfig
from nicegan.models.authors import Official
from nicegan.models.protocol import build_model, implementation
from nicegan.models.table import model_row


class _AuthorsFormat(Protocol):
    def read(self, path: Path, *, size: int | None = None) -> Official: ...
    def write(self, path: Path, official: Official) -> None: ...
    def check_expressible(self, config: RunConfig) -> None: ...


@dataclass(frozen=True, slots=True)
class Imported:
    """What was imported. missing: networks that the file did not hold; trainable: whether none of them is."""

    official: Official
    missing: tuple[str, ...]

    @property
    def trainable(self) -> bool:
        """Whether a run can start from it."""
        return not self.missing


def import_checkpoint(source: Path, folder: Path, *, size: int | None = None, model: str = "nice") -> Imported:
    """Turn an official file into a checkpoint folder, which can be translated with and trained further.

    size: side in pixels of the images it was trained on, which most files do not tell (default 256).
    Raises InputError if the file is none of this model, or is of networks that the authors' options cannot build.
    """
    official = _format(model).read(source, size=size)
    checkpoint.save(
        folder, step=official.step, config=official.config, weights=official.weights, optimisers=official.optimisers
    )
    with torch.device("meta"):
        parts = build_model(official.config).parts()
    whole = {name for name, state in official.weights.items() if name in parts and state.keys() == _keys(parts[name])}
    return Imported(official, tuple(name for name in parts if name not in whole))


def export_checkpoint(folder: Path, destination: Path, *, averaged: bool = False) -> Official:
    """Turn a checkpoint folder into an official file; averaged: with the averaged generators instead of the raw.

    An optimiser that the checkpoint does not hold is written as one that has not stepped yet.
    """
    found = checkpoint.choose(folder)
    authors, model = _format(found.config.model), implementation(found.config.model)
    authors.check_expressible(found.config)
    if averaged and not found.averaged:
        raise InputError(f"{folder}: holds no averaged generators (trained without averaging)")
    names = [name for name in found.networks if not name.startswith(AVERAGE)]
    weights = {name: checkpoint.load_weights(found, name) for name in names}
    if averaged:
        weights |= {name: checkpoint.load_weights(found, f"{AVERAGE}{name}") for name in model.averaged}
    state = checkpoint.load_state(found).optimisers if found.resumable else _fresh_optimisers(found.config)
    official = Official(found.config, found.step, weights, state)
    authors.write(destination, official)
    return official


def _format(model: str) -> _AuthorsFormat:
    module = model_row(model).official
    if module is None:
        raise InputError(f"{model}: its authors publish no files of a known form")
    return cast(_AuthorsFormat, importlib.import_module(module))


def _keys(part: torch.nn.Module) -> set[str]:
    return set(part.state_dict())


def _fresh_optimisers(config: RunConfig) -> dict[str, dict[str, Any]]:
    optim = config.optim
    with torch.device("meta"):
        model = build_model(config)
    return {
        player: torch.optim.Adam(
            list(model.moved_by(player)),
            optim.learning_rate,
            betas=optim.betas,
            eps=optim.eps,
            weight_decay=optim.weight_decay,
        ).state_dict()
        for player in model.players
    }
