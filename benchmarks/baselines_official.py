"""The public code of CycleGAN, CUT and U-GAT-IT, run from checkouts of it, for the scripts `baselines_*` here.

No line of it is copied. CycleGAN's and CUT's models are imported from taesungp/contrastive-unpaired-translation, whose
authors keep both there; of znxlwm/UGATIT-pytorch `networks.py` is imported, and the halves of a training step are the
lines of `UGATIT.train` from "# Update D" to "# Update G" and on to the step's print.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn

Gradients = dict[str, dict[str, Tensor]]


class PublicModel:
    """A model of the public code.

    networks: by the name of their file. turns: functions that do a part of a step on images of A and B, each with the
    name of its loss and of the networks that its optimiser moves, in the order of the public code.
    """

    def __init__(
        self,
        networks: dict[str, nn.Module],
        step: Callable[[Tensor, Tensor], Iterator[tuple[str, float, tuple[str, ...]]]],
        optimisers: Callable[[], None],
    ) -> None:
        self.networks, self._step, self.reset_optimisers = networks, step, optimisers

    def step(self, a: Tensor, b: Tensor, random: np.random.Generator) -> None:
        """A whole step, with nothing looked at."""
        with drawing_from(random):
            for _ in self._step(a, b):
                pass

    def watched_step(self, a: Tensor, b: Tensor, random: np.random.Generator) -> tuple[dict[str, float], Gradients]:
        """A whole step: losses of the players, and the gradients that moved their networks."""
        losses: dict[str, float] = {}
        gradients: Gradients = {}
        with drawing_from(random):
            for player, loss, moved in self._step(a, b):
                losses[player] = loss
                for name in moved:
                    gradients[name] = {
                        key: parameter.grad.clone()
                        for key, parameter in self.networks[name].named_parameters()
                        if parameter.grad is not None
                    }
        return losses, gradients


@contextlib.contextmanager
def drawing_from(random: np.random.Generator) -> Iterator[None]:
    """All draws of the public code from one generator, in the order in which it makes them."""
    pool = SimpleNamespace(
        uniform=lambda low, high: random.random(), randint=lambda low, high: random.integers(high + 1)
    )
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(np.random, "random", random.random))
        stack.enter_context(mock.patch.object(np.random, "permutation", random.permutation))
        if "util.image_pool" in sys.modules:
            stack.enter_context(mock.patch.object(sys.modules["util.image_pool"], "random", pool))
        yield


def _options(channels: int, batch: int, **own: Any) -> SimpleNamespace:
    """The public code's options at their defaults, but for the width and what a model has of its own."""
    return SimpleNamespace(
        gpu_ids=[], isTrain=True, checkpoints_dir="", name="", preprocess="", direction="AtoB", amp=False,
        input_nc=3, output_nc=3, ngf=channels, ndf=channels, netG="resnet_9blocks", netD="basic", n_layers_D=3,
        normG="instance", normD="instance", no_dropout=True, init_type="xavier", init_gain=0.02, gan_mode="lsgan",
        lr=2e-4, beta1=0.5, beta2=0.999, batch_size=batch, **own,
    )  # fmt: skip


def cyclegan(checkout: Path, *, channels: int, batch: int, pool: int) -> PublicModel:
    """CycleGAN without anti-aliasing, as in its own repository."""
    options = _options(
        channels, batch, no_antialias=True, no_antialias_up=True, pool_size=pool,
        lambda_A=10.0, lambda_B=10.0, lambda_identity=0.5,
    )  # fmt: skip
    made = _module(checkout, "models.cycle_gan_model").CycleGANModel(options)
    names = ("G_A", "G_B", "D_A", "D_B")
    networks = {name: getattr(made, f"net{name}") for name in names}

    def step(a: Tensor, b: Tensor) -> Iterator[tuple[str, float, tuple[str, ...]]]:
        made.set_input({"A": a, "B": b, "A_paths": []})
        made.optimize_parameters()
        # D's passes see the fakes detached, so both players' gradients still stand.
        yield "G", made.loss_G.item(), ("G_A", "G_B")
        yield "D", (made.loss_D_A + made.loss_D_B).item(), ("D_A", "D_B")

    def reset() -> None:
        adam = {"lr": options.lr, "betas": (0.5, 0.999)}
        chain = itertools.chain
        made.optimizer_G = torch.optim.Adam(chain(made.netG_A.parameters(), made.netG_B.parameters()), **adam)
        made.optimizer_D = torch.optim.Adam(chain(made.netD_A.parameters(), made.netD_B.parameters()), **adam)

    return PublicModel(networks, step, reset)


def cut(checkout: Path, *, channels: int, batch: int, fast: bool, images: tuple[Tensor, Tensor]) -> PublicModel:
    """CUT or FastCUT; `images` of A and B shape the networks that describe patches, as there."""
    own = {"nce_idt": not fast, "lambda_NCE": 10.0 if fast else 1.0, "flip_equivariance": fast}
    options = _options(
        channels, batch, no_antialias=False, no_antialias_up=False, lambda_GAN=1.0, nce_layers="0,4,8,12,16",
        nce_includes_all_negatives_from_minibatch=False, netF="mlp_sample", netF_nc=256, nce_T=0.07, num_patches=256,
        **own,
    )  # fmt: skip
    made = _module(checkout, "models.cut_model").CUTModel(options)
    made.data_dependent_initialize({"A": images[0], "B": images[1], "A_paths": []})
    networks = {name: getattr(made, f"net{name}") for name in "GDF"}

    def step(a: Tensor, b: Tensor) -> Iterator[tuple[str, float, tuple[str, ...]]]:
        made.set_input({"A": a, "B": b, "A_paths": []})
        made.optimize_parameters()
        # G's pass sees D frozen, so both players' gradients still stand.
        yield "D", made.loss_D.item(), ("D",)
        yield "G", made.loss_G.item(), ("G", "F")

    def reset() -> None:
        for name in "GDF":
            optimiser = torch.optim.Adam(networks[name].parameters(), lr=options.lr, betas=(0.5, 0.999))
            setattr(made, f"optimizer_{name}", optimiser)

    return PublicModel(networks, step, reset)


def ugatit(checkout: Path, *, channels: int, size: int) -> PublicModel:
    """U-GAT-IT with `--light True`."""
    library = _module(checkout, "networks")
    made = SimpleNamespace(
        device="cpu", adv_weight=1, cycle_weight=10, identity_weight=10, cam_weight=1000,
        MSE_loss=nn.MSELoss(), L1_loss=nn.L1Loss(), BCE_loss=nn.BCEWithLogitsLoss(),
        Rho_clipper=library.RhoClipper(0, 1),
    )  # fmt: skip
    for name in ("genA2B", "genB2A"):
        setattr(made, name, library.ResnetGenerator(3, 3, ngf=channels, n_blocks=4, img_size=size, light=True))
    for name, depth in (("disGA", 7), ("disGB", 7), ("disLA", 5), ("disLB", 5)):
        setattr(made, name, library.Discriminator(3, ndf=channels, n_layers=depth))
    generators, judges = ("genA2B", "genB2A"), ("disGA", "disGB", "disLA", "disLB")
    halves = _halves(checkout / "UGATIT.py")

    def step(a: Tensor, b: Tensor) -> Iterator[tuple[str, float, tuple[str, ...]]]:
        scope = {"self": made, "torch": torch, "real_A": a, "real_B": b}
        exec(halves[0], scope)
        yield "D", scope["Discriminator_loss"].item(), judges
        exec(halves[1], scope)
        yield "G", scope["Generator_loss"].item(), generators

    def reset() -> None:
        adam = {"lr": 1e-4, "betas": (0.5, 0.999), "weight_decay": 1e-4}
        for player, names in (("G", generators), ("D", judges)):
            parameters = itertools.chain(*(getattr(made, name).parameters() for name in names))
            setattr(made, f"{player}_optim", torch.optim.Adam(parameters, **adam))

    reset()
    return PublicModel({name: getattr(made, name) for name in (*generators, *judges)}, step, reset)


def _module(checkout: Path, name: str) -> Any:
    """A module of a checkout, under its own name."""
    path = str(checkout.resolve())
    if path not in sys.path:
        sys.path.insert(0, path)
    return importlib.import_module(name)


def _halves(source: Path) -> tuple[Any, Any]:
    """The D and the G half of the training step in a file, compiled."""
    text = source.read_text(encoding="utf-8")
    begin, middle = text.index("# Update D"), text.index("# Update G")
    end = text.index("print(", middle)
    begin, middle, end = (text.rindex("\n", 0, position) + 1 for position in (begin, middle, end))
    parts = (text[begin:middle], text[middle:end])
    first, second = (compile(textwrap.dedent(part), str(source), "exec") for part in parts)
    return first, second
