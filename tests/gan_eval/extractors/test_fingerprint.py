"""The hash of a module changes with all that its outputs depend on, and with nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_eval.extractors.fingerprint import fingerprint


class Small(nn.Module):
    factor = 1

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
        self.register_buffer("shift", torch.zeros(3), persistent=False)
        self.levels = [1, 2]
        with torch.no_grad():
            self.inner[0].weight.copy_(torch.arange(12.0).reshape(3, 4))
            self.inner[0].bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x.float()) * self.factor + self.shift


def test_equal_modules_have_one_hash() -> None:
    assert fingerprint(Small()) == fingerprint(copy.deepcopy(Small())) is not None


def test_running_it_changes_nothing() -> None:
    module = Small().eval()
    before = fingerprint(module)
    module(torch.zeros(2, 4))
    module.train()
    assert fingerprint(module) == before


def changed(change: Callable[[Small], Any]) -> Small:
    module = Small()
    with torch.no_grad():
        change(module)
    return module


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.inner[0].weight.add_(1),
        lambda m: m.inner[1].running_mean.add_(1),
        lambda m: m.shift.add_(1),
        lambda m: m.levels.append(3),
        lambda m: setattr(m, "extra", torch.ones(2)),
        lambda m: m.inner.append(nn.Tanh()),
        lambda m: setattr(m.inner[1], "eps", 0.1),
        lambda m: m.double(),
        lambda m: setattr(m, "factor", 2),
    ],
)
def test_every_change_is_seen(change: Callable[[Small], Any]) -> None:
    assert fingerprint(changed(change)) not in (None, fingerprint(Small()))


def variant(**members: Any) -> nn.Module:
    """A module of another class of the same name."""
    kind = type("Small", (Small,), {"__qualname__": "Small", "__module__": Small.__module__, **members})
    module: nn.Module = kind()
    return module


def test_other_code_and_other_class_attributes_are_seen() -> None:
    hashes = {
        fingerprint(variant()),
        fingerprint(variant(factor=2)),
        fingerprint(variant(forward=lambda self, x: self.inner(x.float()))),
        fingerprint(variant(forward=lambda self, x: self.inner(x.float()) * 2)),
        fingerprint(variant(forward=lambda self, x, k=1: self.inner(x.float()) * k)),
        fingerprint(variant(forward=lambda self, x, k=2: self.inner(x.float()) * k)),
        fingerprint(variant(forward=torch.no_grad()(lambda self, x: self.inner(x.float())))),
        fingerprint(variant(forward=torch.no_grad()(lambda self, x: self.inner(x.float()) * 2))),
    }
    assert len(hashes) == 8
    assert None not in hashes


def test_a_traced_graph_is_told_by_its_code() -> None:
    plain, doubled = (torch.fx.symbolic_trace(m) for m in (Small(), variant(factor=2)))
    assert fingerprint(plain) not in (None, fingerprint(doubled))


@pytest.mark.parametrize(
    "unknown",
    [
        lambda x: x,
        nn.ReLU(),
        changed(lambda m: m.register_forward_hook(lambda *_: None)),
        changed(lambda m: m.inner[0].register_forward_pre_hook(lambda *_: None)),
        changed(lambda m: setattr(m, "helper", object())),
        changed(lambda m: setattr(m, "forward", (lambda k: lambda x: x * k)(2))),
    ],
    ids=["function", "no weights", "hook", "inner hook", "object", "closure"],
)
def test_what_cannot_be_known_has_no_hash(unknown: Any) -> None:
    assert fingerprint(unknown) is None
