"""The files of CycleGAN's authors: `{epoch}_net_{G_A,G_B,D_A,D_B}.pth`, bare state dicts, without optimisers.

Any one of them names the others of its epoch, in its folder; one generator alone translates in its direction. Entries
of the time before PyTorch 0.4 (running statistics that instance normalisation never used) are dropped.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch

from gan_eval.errors import InputError
from gan_eval.files import atomic_file
from nicegan.config import RunConfig, preset
from nicegan.models.authors import Official, StateDict, load_official, plain_names
from nicegan.models.cyclegan.model import CycleGANModel
from nicegan.models.cyclegan.settings import CycleGANLoss, CycleGANNetwork

NETWORKS = ("G_A", "G_B", "D_A", "D_B")
_NAME = re.compile(r"(.*net_)(G_A|G_B|D_A|D_B)(\.pth?)")
_DROPPED = ("running_mean", "running_var", "num_batches_tracked")


def read(path: Path, *, size: int | None = None) -> Official:
    """Read the files of one epoch. Raises InputError where they are none of CycleGAN's `resnet` generators.

    path: one of them. size: side in pixels of the images it was trained on, which the files do not tell (default 256).
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise InputError(f"{path}: not a name of CycleGAN's files (EPOCH_net_G_A.pth and so on)")
    start, _, ending = match.groups()
    places = {name: path.with_name(f"{start}{name}{ending}") for name in NETWORKS}
    found = {name: place for name, place in places.items() if place.is_file() or place == path}
    weights = {name: plain_names(load_official(place), str(place), dropped=_DROPPED) for name, place in found.items()}
    base = preset(model="cyclegan")
    config = RunConfig(model="cyclegan", network=_network(weights, path, size), loss=CycleGANLoss(), optim=base.optim)
    _check_shapes(weights, config, path)
    return Official(config, 0, weights, None)


def write(path: Path, official: Official) -> None:
    """Write the four files of an epoch; `path` is the name of any of them."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise InputError(f"{path}: CycleGAN's code loads four files: name one, such as latest_net_G_A.pth")
    for name, state in official.weights.items():
        with atomic_file(path.with_name(f"{match[1]}{name}{match[3]}")) as temporary:
            torch.save(state, temporary)


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


def _check_shapes(weights: dict[str, StateDict], config: RunConfig, path: Path) -> None:
    with torch.device("meta"):
        parts = CycleGANModel.build(config).parts()
    for name, state in weights.items():
        ours = {key: tuple(value.shape) for key, value in parts[name].state_dict().items()}
        theirs = {key: tuple(value.shape) for key, value in state.items()}
        if ours != theirs:
            key = min(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
            raise InputError(f"{path}: {name}: {key} is {theirs.get(key)}, not {ours.get(key)}")
