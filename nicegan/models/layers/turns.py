"""What the turns of several models' players need."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import Tensor, nn

from gan_eval.hardware import Precision


@contextlib.contextmanager
def frozen(modules: Iterable[nn.Module]) -> Iterator[None]:
    """No gradients for the parameters of these modules inside; they flow through them all the same."""
    held = [parameter for module in modules for parameter in module.parameters() if parameter.requires_grad]
    for parameter in held:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in held:
            parameter.requires_grad_(True)


def autocast(like: Tensor, precision: Precision) -> contextlib.AbstractContextManager[object]:
    """bf16 where it is asked for, on the device of `like`."""
    return torch.autocast(like.device.type, torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()


def detached(losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Losses to show, without their graph."""
    return {name: loss.detach() for name, loss in losses.items()}
