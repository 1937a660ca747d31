"""The files of U-GAT-IT's authors: `DATA_params_STEP.pt`, one dictionary of six state dicts, without optimisers."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from gan_eval.errors import InputError
from gan_eval.files import atomic_file
from gan_eval.torch_files import save_torch_file
from nicegan.config import RunConfig, preset
from nicegan.models.authors import Official, StateDict, check_shapes, load_official, plain_names
from nicegan.models.ugatit.model import UGATITModel
from nicegan.models.ugatit.settings import UGATITLoss, UGATITNetwork

NETWORKS = ("genA2B", "genB2A", "disGA", "disGB", "disLA", "disLB")


def read(path: Path, *, size: int | None = None) -> Official:
    """Read an official checkpoint; networks may be missing, but for one generator. The step is that of the file's name.

    size: side in pixels of the images it was trained on, which the file does not tell (default 256).
    Raises InputError where it is none, or is of the authors' full generator.
    """
    document = load_official(path)
    weights = {name: plain_names(document[name], f"{path}: {name}") for name in NETWORKS if name in document}
    network = _network(weights, path, size)
    config = RunConfig(model="ugatit", network=network, loss=UGATITLoss(), optim=preset(model="ugatit").optim)
    with torch.device("meta"):
        check_shapes(weights, UGATITModel.build(config).parts(), path)
    step = re.search(r"_params_(\d+)$", path.stem)
    return Official(config, int(step[1]) if step else 0, weights, None)


def write(path: Path, official: Official) -> None:
    """Write an official checkpoint, whole or not at all. Raises InputError where a network is missing."""
    if missing := [name for name in NETWORKS if name not in official.weights]:
        raise InputError(f"{path}: an official checkpoint needs all six networks (no {', '.join(missing)})")
    with atomic_file(path) as temporary:
        save_torch_file({name: official.weights[name] for name in NETWORKS}, temporary)


def check_expressible(config: RunConfig) -> None:
    """InputError where the authors' code has no such networks."""
    assert isinstance(config.network, UGATITNetwork)
    if not config.network.global_judge:
        raise InputError("global-judge: the authors' code always judges images as a whole too")


def _network(weights: dict[str, StateDict], path: Path, size: int | None) -> UGATITNetwork:
    generator = weights.get("genA2B", weights.get("genB2A"))
    if generator is None or not {"DownBlock.1.weight", "FC.0.weight"} <= generator.keys():
        raise InputError(f"{path}: not a U-GAT-IT checkpoint of the authors (no genA2B and no genB2A)")
    if generator["FC.0.weight"].shape[0] != generator["FC.0.weight"].shape[-1]:
        raise InputError(f"{path}: of the authors' full generator, which is not supported (light alone is)")
    side, blocks = size or 256, sum(name.endswith(".norm1.rho") for name in generator)
    return UGATITNetwork(height=side, width=side, channels=len(generator["DownBlock.1.weight"]), n_res=blocks)
