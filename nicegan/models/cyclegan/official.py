"""The files of CycleGAN's authors: `{epoch}_net_{G_A,G_B,D_A,D_B}.pth`, bare state dicts, without optimisers.

Any one of them names the others of its epoch, in its folder; one generator alone translates in its direction. Entries
of the time before PyTorch 0.4 (running statistics that instance normalisation never used) are dropped.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch

from gan_eval.errors import InputError
from nicegan.config import RunConfig, preset
from nicegan.models.authors import EpochFiles, Official, StateDict, check_shapes
from nicegan.models.cyclegan.model import CycleGANModel
from nicegan.models.cyclegan.settings import CycleGANLoss, CycleGANNetwork

FILES = EpochFiles(("G_A", "G_B", "D_A", "D_B"), "CycleGAN")
_DROPPED = ("running_mean", "running_var", "num_batches_tracked")


def read(path: Path, *, size: int | None = None) -> Official:
    """Read the files of one epoch. Raises InputError where they are none of CycleGAN's `resnet` generators.

    path: one of them. size: side in pixels of the images it was trained on, which the files do not tell (default 256).
    """
    weights = FILES.read(path, dropped=_DROPPED)
    base = preset(model="cyclegan")
    config = RunConfig(model="cyclegan", network=_network(weights, path, size), loss=CycleGANLoss(), optim=base.optim)
    with torch.device("meta"):
        check_shapes(weights, CycleGANModel.build(config).parts(), path)
    return Official(config, 0, weights, None)


def write(path: Path, official: Official) -> None:
    """Write the four files of an epoch; `path` is the name of any of them."""
    FILES.write(path, official.weights)


def check_expressible(config: RunConfig) -> None:
    """Every configuration of ours can be built by the authors' code."""


def _network(weights: dict[str, StateDict], path: Path, size: int | None) -> CycleGANNetwork:
    generator = weights.get("G_A", weights.get("G_B"))
    if generator is None:
        raise InputError(f"{path}: no generator beside it")
    n_res = sum(bool(re.fullmatch(r"model\.\d+\.conv_block\.1\.weight", name)) for name in generator)
    if "model.1.weight" not in generator or not n_res:
        raise InputError(f"{path}: not a generator of CycleGAN's kind resnet (unet and others are not supported)")
    side = size or 256
    return CycleGANNetwork(height=side, width=side, channels=len(generator["model.1.weight"]), n_res=n_res)
