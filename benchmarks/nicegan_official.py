"""The authors' own code, run from a checkout of it, for the three scripts `nicegan_*` beside this file.

No line of it is copied: `networks.py` is imported from the checkout, and the two halves of a training step are the
lines of `NICE.train` there, from "# Update D" to "# Update G" and on to the step's print.
"""

from __future__ import annotations

import importlib.util
import itertools
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

NAMES = ("gen2B", "gen2A", "disA", "disB")


def load_networks(checkout: Path) -> ModuleType:
    """The authors' `networks.py` as a module."""
    spec = importlib.util.spec_from_file_location("official_networks", checkout / "networks.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{checkout}: no checkout of alpc91/NICE-GAN-pytorch")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Trainer(SimpleNamespace):
    """The attributes of the authors' NICE object that a training step uses."""

    def half(self, lines: str, real_a: Tensor, real_b: Tensor) -> dict[str, Any]:
        """Run one half of the step on a batch of each domain and return its local names."""
        scope = {"self": self, "torch": torch, "real_A": real_a, "real_B": real_b}
        exec(compile(lines, "NICE.train", "exec"), scope)
        return scope


def trainer(checkout: Path, *, size: int, light: bool, n_res: int, channels: int = 64, **adam: Any) -> Trainer:
    """The authors' four networks, losses and optimisers; `adam`: further arguments of both optimisers."""
    networks = load_networks(checkout)
    made = Trainer(
        device="cpu", adv_weight=1, cycle_weight=10, recon_weight=10, MSE_loss=nn.MSELoss(), L1_loss=nn.L1Loss()
    )
    for name in ("gen2A", "gen2B"):
        setattr(made, name, networks.ResnetGenerator(3, 3, channels, n_res, size, light))
    for name in ("disA", "disB"):
        setattr(made, name, networks.Discriminator(3, channels, 7))
    reset_optimisers(made, **adam)
    return made


def reset_optimisers(made: Trainer, **adam: Any) -> None:
    """Both Adams as `NICE.build_model` makes them."""
    settings = {"lr": 1e-4, "betas": (0.5, 0.999), "weight_decay": 1e-4, **adam}
    chain = itertools.chain
    made.G_optim = torch.optim.Adam(chain(made.gen2B.parameters(), made.gen2A.parameters()), **settings)
    made.D_optim = torch.optim.Adam(chain(made.disA.parameters(), made.disB.parameters()), **settings)


def step_halves(checkout: Path) -> tuple[str, str]:
    """Source of the D and of the G half of the authors' training step."""
    text = (checkout / "NICE.py").read_text(encoding="utf-8")
    begin, middle = text.index("# Update D"), text.index("# Update G")
    end = text.index("print(", middle)
    begin, middle, end = (text.rindex("\n", 0, position) + 1 for position in (begin, middle, end))
    return textwrap.dedent(text[begin:middle]), textwrap.dedent(text[middle:end])


def document(made: Trainer, step: int = 0) -> dict[str, Any]:
    """What the authors' `save` writes."""
    states: dict[str, Any] = {name: getattr(made, name).state_dict() for name in NAMES}
    return states | {
        "D_optimizer": made.D_optim.state_dict(),
        "G_optimizer": made.G_optim.state_dict(),
        "start_iter": step,
    }


def each(made: Trainer, change: Callable[[nn.Module], object]) -> None:
    """Apply `change` to the four networks."""
    for name in NAMES:
        change(getattr(made, name))
