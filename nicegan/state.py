"""What changes while a run goes on: networks, optimisers, averaged generators and the step; to disk and back."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from gan_eval.errors import MismatchError
from nicegan import checkpoint
from nicegan.checkpoint import Checkpoint
from nicegan.config import OptimConfig, RunConfig
from nicegan.models.nice.networks import Networks, build

AVERAGED = ("gen2B", "gen2A")


class State:
    """A run at a step. step: steps done, 0 before the first. d, g: the optimisers.

    Without a checkpoint the weights are drawn from the configuration's seed. With one, weights and averages are its;
    the optimisers and the step too, unless `fresh`.
    """

    def __init__(
        self, config: RunConfig, device: torch.device, *, start: Checkpoint | None = None, fresh: bool = False
    ) -> None:
        self.config, self.device, self.step = config, device, 0
        self.networks = build(config.network, seed=config.seed)
        if start is not None:
            load_networks(self.networks, start)
        average = copy.deepcopy({name: part for name, part in self._parts().items() if name in AVERAGED})
        self.average: dict[str, nn.Module] = average if config.optim.ema else {}
        layout = torch.channels_last if config.channels_last else torch.contiguous_format
        for module in (self.networks, *self.average.values()):
            module.to(device, memory_format=layout)  # type: ignore[call-overload]
        encoders = config.optim.decouple != "decoupled"
        self.d = _adam(self.networks.discriminator_parameters(), config.optim)
        self.g = _adam(self.networks.generator_parameters(encoders=encoders), config.optim)
        if start is not None and not fresh:
            self._continue(start)
        if config.compile:
            for domain in (self.networks.a, self.networks.b):
                domain.encoder.compile()
                domain.generator.compile()

    def save(self, folder: Path, *, data: Path) -> None:
        """Write a checkpoint of this step."""
        averages = {f"ema.{name}": module.state_dict() for name, module in self.average.items()}
        checkpoint.save(
            folder,
            step=self.step,
            config=self.config,
            weights={name: part.state_dict() for name, part in self._parts().items()} | averages,
            optimisers={"D": self.d.state_dict(), "G": self.g.state_dict()},
            data=data,
        )

    def set_learning_rate(self, rate: float) -> None:
        """Give both optimisers the rate of the step that comes."""
        for group in (*self.d.param_groups, *self.g.param_groups):
            group["lr"] = rate

    def update_average(self) -> None:
        """Move the averaged generators towards the trained ones; faster at first, so that the start is forgotten."""
        decay = min(self.config.optim.ema, (1 + self.step) / (10 + self.step))
        for name, module in self.average.items():
            now = [parameter.detach() for parameter in self._parts()[name].parameters()]
            torch._foreach_lerp_([parameter.detach() for parameter in module.parameters()], now, 1 - decay)

    @contextlib.contextmanager
    def averaged(self) -> Iterator[Networks]:
        """The networks as translation will use them: with averaged generators, where the run keeps them."""
        a, b = self.networks.a, self.networks.b
        trained = a.generator, b.generator
        if self.average:
            a.generator, b.generator = self.average["gen2A"], self.average["gen2B"]  # type: ignore[assignment]
        try:
            yield self.networks
        finally:
            a.generator, b.generator = trained

    def is_finite(self) -> bool:
        """Whether every weight is a number."""
        return bool(torch.stack([parameter.isfinite().all() for parameter in self.networks.parameters()]).all())

    def _parts(self) -> dict[str, nn.Module]:
        return self.networks.parts()

    def _continue(self, start: Checkpoint) -> None:
        optimisers = checkpoint.load_optimisers(start, self.device)
        for optimiser, saved in ((self.d, optimisers["D"]), (self.g, optimisers["G"])):
            for group in saved["param_groups"]:  # how it is computed is this machine's matter, not the file's
                group |= _KERNEL
            optimiser.load_state_dict(saved)
        for name, module in self.average.items():
            module.load_state_dict(checkpoint.load_weights(start, f"ema.{name}"))
        self.step = start.step


def load_networks(networks: Networks, start: Checkpoint) -> None:
    """Copy a checkpoint's weights into networks of the same shape; MismatchError says what is different.

    The size of the images shapes no weight, unless the generators are full.
    """
    then, now = start.config.network, networks.config
    if now.light:
        then = replace(then, height=now.height, width=now.width)
    if then != now:
        raise MismatchError(
            f"{start.folder}: its networks are others: {differences(then, now)} (give the options it was made with)"
        )
    for name, part in networks.parts().items():
        part.load_state_dict(checkpoint.load_weights(start, name))


def differences(then: object, now: object) -> str:
    """The fields in which two configurations of one class differ, as "a 1 → 2, b.c 3 → 4"."""
    return ", ".join(_differences(then, now, ""))


def _differences(then: object, now: object, prefix: str) -> Iterator[str]:
    for name in getattr(then, "__dataclass_fields__", {}):
        old, new = getattr(then, name), getattr(now, name)
        if hasattr(old, "__dataclass_fields__"):
            yield from _differences(old, new, f"{prefix}{name}.")
        elif old != new:
            yield f"{prefix}{name} {old} → {new}"


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
