"""The state of a run: networks, optimisers, averaged generators and the step. It can be saved and loaded."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from gan_eval.errors import InputError, MismatchError
from nicegan import checkpoint
from nicegan.checkpoint import AVERAGE, Checkpoint
from nicegan.config import OptimConfig, RunConfig
from nicegan.models.protocol import TranslationModel, build_model

#: How a checkpoint is begun from.
Start = Literal["init", "from", "resume"]


class State:
    """A run at a step. step: steps done, 0 before the first. optimisers: one for each player of the model.

    Without a checkpoint the weights are drawn from the configuration's seed. With one they are its: for a run that
    goes on ("resume"), networks, averages, optimisers, the model's memory and the step; for one that begins a new
    schedule ("from") the same without the step; for a new run ("init") the weights that translations are made with,
    averages first.
    """

    def __init__(
        self, config: RunConfig, device: torch.device, *, start: Checkpoint | None = None, how: Start = "init"
    ) -> None:
        self.config, self.device, self.step = config, device, 0
        self.model: TranslationModel = build_model(config)
        if start is not None:
            load_networks(self.model, config, start, averaged=how == "init")
        averaged = {name: part for name, part in self.model.parts().items() if name in self.model.averaged}
        self.average: dict[str, nn.Module] = copy.deepcopy(averaged) if config.optim.ema else {}
        layout = torch.channels_last if config.channels_last else torch.contiguous_format
        for module in (self.model, *self.average.values()):
            module.to(device, memory_format=layout)  # type: ignore[call-overload]
        self.optimisers = {player: _adam(self.model.moved_by(player), config.optim) for player in self.model.players}
        self.losses = LossSums()
        if start is not None and how != "init":
            self._continue(start)
        if start is not None and how == "resume":
            self.step = start.step
        if config.compile:
            self.model.compile_parts()

    def save(self, folder: Path, *, data: Path | None, memories: list[dict[str, Tensor]] | None = None) -> None:
        """Write a checkpoint of this step. memories: of the model in every process, where there are several."""
        averages = {f"{AVERAGE}{name}": module.state_dict() for name, module in self.average.items()}
        checkpoint.save(
            folder,
            step=self.step,
            config=self.config,
            weights={name: part.state_dict() for name, part in self.model.parts().items()} | averages,
            optimisers={player: optimiser.state_dict() for player, optimiser in self.optimisers.items()},
            memory={"models": memories or [self.model.memory()], "losses": self.losses.to_dict()},
            data=data,
        )

    def set_learning_rate(self, rate: float) -> None:
        """Sets the learning rate of every optimiser."""
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = rate

    def update_average(self) -> None:
        """Moves the averaged generators towards the trained ones, faster during the first steps."""
        decay = min(self.config.optim.ema, (1 + self.step) / (10 + self.step))
        parts = self.model.parts()
        for name, module in self.average.items():
            now = [parameter.detach() for parameter in parts[name].parameters()]
            torch._foreach_lerp_([parameter.detach() for parameter in module.parameters()], now, 1 - decay)

    @contextlib.contextmanager
    def averaged(self) -> Iterator[TranslationModel]:
        """The model as translation will use it: with averaged generators, where the run keeps them."""
        self._exchange()
        try:
            yield self.model
        finally:
            self._exchange()

    def is_finite(self) -> bool:
        """Whether every weight is a number."""
        return bool(torch.stack([parameter.isfinite().all() for parameter in self.model.parameters()]).all())

    def _exchange(self) -> None:
        parts = self.model.parts()
        for name, module in self.average.items():
            for trained, average in zip(parts[name].parameters(), module.parameters(), strict=True):
                trained.data, average.data = average.data, trained.data

    def _continue(self, start: Checkpoint) -> None:
        saved = checkpoint.load_state(start, self.device)
        for player, optimiser in self.optimisers.items():
            state = saved.optimisers[player]
            for group in state["param_groups"]:  # how it is computed is this machine's matter, not the file's
                group |= _KERNEL
            optimiser.load_state_dict(state)
        for name, module in self.average.items():
            if f"{AVERAGE}{name}" in start.networks:
                module.load_state_dict(checkpoint.load_weights(start, f"{AVERAGE}{name}"))
        self.losses = LossSums.from_dict(saved.losses)
        if saved.models:
            self.model.recall(saved.models[min(_rank(), len(saved.models) - 1)])


class LossSums:
    """Sums of the losses since the last line of the log, on the device, so that no step waits for them."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Add the losses of one step."""
        for name, loss in losses.items():
            self._sums[name] = self._sums[name] + loss if name in self._sums else loss.double()
            self._counts[name] = self._counts.get(name, 0) + 1

    def take_means(self) -> dict[str, float]:
        """The mean of each loss over the steps since the last call."""
        means = {name: (total / self._counts[name]).item() for name, total in self._sums.items()}
        self._sums, self._counts = {}, {}
        return means

    def to_dict(self) -> dict[str, Any]:
        """Returns the sums for a checkpoint, so that a resumed run writes the same lines."""
        return {"sums": dict(self._sums), "counts": dict(self._counts)}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> LossSums:
        """Reads what `to_dict` returned; empty sums for a checkpoint that has none."""
        found = cls()
        found._sums, found._counts = dict(document.get("sums", {})), dict(document.get("counts", {}))
        return found


def load_networks(model: TranslationModel, config: RunConfig, start: Checkpoint, *, averaged: bool = False) -> None:
    """Copy a checkpoint's weights into a model of the same shape; MismatchError says what is different.

    averaged: take the averaged weights of a part where the checkpoint has them; they are what was validated.
    The size of the images shapes no weight, unless the networks are bound to one.
    """
    if start.config.model != config.model:
        raise MismatchError(f"{start.folder}: is of the model {start.config.model}, not of {config.model}")
    then, now = start.config.network, config.network
    if not now.fixed_size:
        then = replace(then, height=now.height, width=now.width)
    if then != now:
        raise MismatchError(
            f"{start.folder}: its networks are others: {differences(then, now)} (give the options it was made with)"
        )
    for name, part in model.parts().items():
        source = f"{AVERAGE}{name}" if averaged and f"{AVERAGE}{name}" in start.networks else name
        weights = checkpoint.load_weights(start, source)
        if missing := part.state_dict().keys() - weights.keys():
            raise InputError(f"{start.folder}: holds a part of {name} alone, without {min(missing)}; it can translate")
        part.load_state_dict(weights)


def differences(then: object, now: object) -> str:
    """The fields in which two configurations of one class differ, as "a 1 → 2, b.c 3 → 4"."""
    return ", ".join(_differences(then, now, ""))


def _differences(then: object, now: object, prefix: str) -> Iterator[str]:
    for name in getattr(then, "__dataclass_fields__", {}):
        old, new = getattr(then, name), getattr(now, name, None)
        if hasattr(old, "__dataclass_fields__") and type(old) is type(new):
            yield from _differences(old, new, f"{prefix}{name}.")
        elif old != new and not hasattr(old, "__dataclass_fields__"):
            yield f"{prefix}{name} {old} → {new}"


def _rank() -> int:
    return torch.distributed.get_rank() if torch.distributed.is_initialized() else 0


#: One pass over the parameters instead of one for each operation: a tenth of a step on a CPU.
_KERNEL = {"fused": True, "foreach": False}


def _adam(parameters: Iterator[nn.Parameter], config: OptimConfig) -> torch.optim.Adam:
    return torch.optim.Adam(
        list(parameters),
        lr=config.learning_rate,
        betas=config.betas,
        eps=config.eps,
        weight_decay=config.weight_decay,
        **_KERNEL,
    )
