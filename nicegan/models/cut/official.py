"""The files of CUT's authors: `{epoch}_net_{G,F,D}.pth`, bare state dicts, without optimisers.

Any one of them names the others of its epoch, in its folder; the generator alone translates.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch

from gan_eval.errors import InputError
from nicegan.config import RunConfig, preset
from nicegan.models.authors import EpochFiles, Official, StateDict, check_shapes
from nicegan.models.cut.model import CUTModel
from nicegan.models.cut.settings import CUTLoss, CUTNetwork

FILES = EpochFiles(("G", "F", "D"), "CUT")


def read(path: Path, *, size: int | None = None) -> Official:
    """Read the files of one epoch. Raises InputError where they are none of CUT's anti-aliased `resnet` generators.

    path: one of them. size: side in pixels of the images it was trained on, which the files do not tell (default 256).
    """
    weights = FILES.read(path)
    config = RunConfig(
        model="cut", network=_network(weights, path, size), loss=CUTLoss(), optim=preset(model="cut").optim
    )
    with torch.device("meta"):
        check_shapes(weights, CUTModel.build(config).parts(), path)
    return Official(config, 0, weights, None)


def write(path: Path, official: Official) -> None:
    """Write the three files of an epoch; `path` is the name of any of them."""
    FILES.write(path, official.weights)


def check_expressible(config: RunConfig) -> None:
    """Every configuration of ours can be built by the authors' code."""


def _network(weights: dict[str, StateDict], path: Path, size: int | None) -> CUTNetwork:
    generator = weights.get("G")
    if generator is None:
        raise InputError(f"{path}: no generator beside it")
    blocks = sum(bool(re.fullmatch(r"model\.\d+\.conv_block\.1\.weight", name)) for name in generator)
    if "model.1.weight" not in generator or "model.7.filt" not in generator or not blocks:
        raise InputError(f"{path}: not a generator of CUT's kind resnet with anti-aliasing")
    side = size or 256
    shape = {"height": side, "width": side, "channels": len(generator["model.1.weight"]), "n_res": blocks}
    usual = CUTNetwork(height=side, width=side)
    layers = usual.nce_layers if blocks > usual.nce_layers[-1] - 12 else (0, 4, 8)
    described = weights.get("F", {}).get("mlp_0.0.weight")
    return CUTNetwork(**shape, nce_layers=layers, nce_width=usual.nce_width if described is None else len(described))
