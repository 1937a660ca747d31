"""Import and export of the authors' checkpoints, by a table of names in which every shape is checked.

Source: the authors' PyTorch code. Their file is one pickle: state dicts `gen2B`, `gen2A`, `disA`, `disB`, the
optimisers `D_optimizer` and `G_optimizer`, and `start_iter`, the step just done. It does not say how the networks
were built, so that is read from the shapes. Entries that the profiler thop left behind (`*.total_ops`,
`*.total_params`) are dropped. A file that was imported is exported bit for bit as it was, those entries apart.
"""

from __future__ import annotations

import math
import pickle
import struct
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_eval.errors import InputError
from gan_eval.files import atomic_file
from nicegan import checkpoint
from nicegan.config import NetworkConfig, OptimConfig, RunConfig
from nicegan.models.nice.networks import Networks, build
from nicegan.schedule import learning_rate

GENERATORS, DISCRIMINATORS = ("gen2B", "gen2A"), ("disA", "disB")
NETWORKS = (*GENERATORS, *DISCRIMINATORS)
_THOP = ("total_ops", "total_params")

# What PyTorch's restricted unpickler raises on bytes that are no checkpoint: any of its opcodes may meet nonsense.
_UNREADABLE = (
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    struct.error,
)

StateDict = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Official:
    """What an official file holds, under this package's names: the networks' state dicts and optimisers D and G."""

    config: RunConfig
    step: int
    weights: dict[str, StateDict]
    optimisers: dict[str, dict[str, Any]]


def generator_names(n_res: int) -> list[tuple[str, str]]:
    """(authors' name, ours) of every entry of a generator's state dict, in the authors' order."""
    lin = ("rho", "gamma", "beta")
    names = [("gamma.weight", "to_gamma.weight"), ("beta.weight", "to_beta.weight")]
    for i in range(n_res):
        parts = ("conv1.weight", "norm1.rho", "conv2.weight", "norm2.rho")
        names += [(f"UpBlock1_{i + 1}.{part}", f"blocks.{i}.{part}") for part in parts]
    names += [("FC.0.weight", "features.0.weight"), ("FC.2.weight", "features.1.weight")]
    names += [(f"UpBlock0.1.{part}", f"entry.{part}") for part in ("weight", "bias")]
    names += [(f"UpBlock0.2.{part}", f"entry_norm.{part}") for part in lin]
    for i in range(2):
        names.append((f"UpBlock2.{8 * i + 1}.weight", f"ups.{i}.conv.weight"))
        names += [(f"UpBlock2.{8 * i + 2}.{part}", f"ups.{i}.norm.{part}") for part in lin]
        names += [(f"UpBlock2.{8 * i + 4}.{part}", f"ups.{i}.expand.{part}") for part in ("weight", "bias")]
        names += [(f"UpBlock2.{8 * i + 6}.{part}", f"ups.{i}.expand_norm.{part}") for part in lin]
    return [*names, ("UpBlock2.17.weight", "to_image.weight")]


def discriminator_names() -> list[tuple[str, str]]:
    """(authors' name, ours) of every entry of a discriminator's state dict, in the authors' order."""
    spectral = ("weight_orig", "weight_u", "weight_v")
    names = [("lamda", "encoder.gamma")]
    names += [(f"fc.{part}", f"encoder.classify.{part}") for part in spectral]
    names += [(f"conv1x1.{part}", f"encoder.attend.{part}") for part in ("weight", "bias")]
    for theirs, ours in (("conv0", "middle.1"), ("conv1", "deep.3")):
        names += [(f"{theirs}.{part}", f"{ours}.{part}") for part in spectral]
    convolutions = {
        "model.1": "encoder.convs.0",
        "model.4": "encoder.convs.1",
        "Dis0_0.1": "trunk.0",
        "Dis0_1.1": "middle.0",
        "Dis1_0.1": "deep.0",
        "Dis1_0.4": "deep.1",
        "Dis1_1.1": "deep.2",
    }
    for theirs, ours in convolutions.items():
        names += [(f"{theirs}.{part}", f"{ours}.{part}") for part in ("bias", *spectral)]
    return names


def read(path: Path, *, size: int | None = None) -> Official:
    """Read an official checkpoint.

    size: side in pixels of the images it was trained on, which a light generator does not tell (default 256).
    Raises InputError if the file is none, is of a network that the authors' options cannot build, or contradicts
    `size`.
    """
    document = _load(path)
    missing = [key for key in (*NETWORKS, "D_optimizer", "G_optimizer", "start_iter") if key not in document]
    if missing:
        raise InputError(f"{path}: not an official NICE-GAN checkpoint (no {', '.join(missing)})")
    theirs = {name: _without_thop(document[name], f"{path}: {name}") for name in NETWORKS}
    network = _detect(theirs, path, size)
    tables = _tables(network)
    weights = {name: _renamed(theirs[name], tables[name], f"{path}: {name}") for name in NETWORKS}
    _check_shapes(weights, network, path)
    step = int(document["start_iter"])
    optimisers = {
        "D": _reordered(document["D_optimizer"], _orders(DISCRIMINATORS, tables, network), f"{path}: D_optimizer"),
        "G": _reordered(document["G_optimizer"], _orders(GENERATORS, tables, network), f"{path}: G_optimizer"),
    }
    optim = _optim(optimisers["G"]["param_groups"][0], step)
    return Official(RunConfig(network=network, optim=optim), step, weights, optimisers)


def write(path: Path, official: Official) -> None:
    """Write an official checkpoint, whole or not at all. Raises InputError for networks the authors' code lacks."""
    network = official.config.network
    _check_expressible(network)
    tables = _tables(network)
    document: dict[str, Any] = {}
    for name in NETWORKS:
        document[name] = {theirs: official.weights[name][ours] for theirs, ours in tables[name]}
    for key, kind, names in (("D_optimizer", "D", DISCRIMINATORS), ("G_optimizer", "G", GENERATORS)):
        theirs, ours = _orders(names, tables, network)
        document[key] = _reordered(official.optimisers[kind], (ours, theirs), f"optimiser {kind}")
    document["start_iter"] = official.step
    with atomic_file(path) as temporary:
        torch.save(document, temporary)


def import_checkpoint(source: Path, folder: Path, *, size: int | None = None) -> Official:
    """Turn an official file into a checkpoint folder, which can be translated with and trained further."""
    official = read(source, size=size)
    checkpoint.save(
        folder, step=official.step, config=official.config, weights=official.weights, optimisers=official.optimisers
    )
    return official


def export_checkpoint(folder: Path, destination: Path, *, averaged: bool = False) -> Official:
    """Turn a checkpoint folder into an official file; averaged: with the averaged generators instead of the raw.

    An optimiser that the checkpoint does not hold is written as one that has not stepped yet.
    """
    found = checkpoint.choose(folder)
    _check_expressible(found.config.network)
    if averaged and not found.averaged:
        raise InputError(f"{folder}: holds no averaged generators (trained without --ema)")
    weights = {name: checkpoint.load_weights(found, name) for name in NETWORKS}
    if averaged:
        weights |= {name: checkpoint.load_weights(found, f"ema.{name}") for name in GENERATORS}
    optimisers = checkpoint.load_optimisers(found) if found.resumable else _fresh_optimisers(found.config)
    official = Official(found.config, found.step, weights, optimisers)
    write(destination, official)
    return official


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of an unusual pickle, which is then refused or read
            # Mapped, a full checkpoint of 8 GB is read a tensor at a time; the format before 2020 cannot be mapped.
            document = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except _UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: not a PyTorch file of tensors and plain values: {reason}") from error
    if not isinstance(document, dict):
        raise InputError(f"{path}: not an official NICE-GAN checkpoint (holds a {type(document).__name__})")
    return document


def _without_thop(state: Any, where: str) -> StateDict:
    if not isinstance(state, Mapping):
        raise InputError(f"{where}: not a state dict")
    return {name: value for name, value in state.items() if name.rpartition(".")[2] not in _THOP}


def _detect(theirs: Mapping[str, StateDict], path: Path, size: int | None) -> NetworkConfig:
    """The configuration that has these weights; what does not fit any is found by the check of all shapes."""
    generator, discriminator = theirs["gen2B"], theirs["disA"]
    try:
        channels = discriminator["model.1.weight_orig"].shape[0]
        features = generator["FC.0.weight"].shape[1] // generator["FC.0.weight"].shape[0]
    except (KeyError, AttributeError, IndexError, ZeroDivisionError) as error:
        raise InputError(f"{path}: not the weights of NICE-GAN: {error!r}") from error
    n_res = sum(name.startswith("UpBlock1_") and name.endswith(".conv1.weight") for name in generator)
    own_size = 4 * math.isqrt(features)
    light = features == 1
    if not light and size is not None and size != own_size:
        raise InputError(f"{path}: a full generator of {own_size} pixels, not {size} (leave --size out)")
    side = (size or 256) if light else own_size
    return NetworkConfig(height=side, width=side, channels=channels, n_res=n_res, light=light)


def _tables(network: NetworkConfig) -> dict[str, list[tuple[str, str]]]:
    generator, discriminator = generator_names(network.n_res), discriminator_names()
    return dict.fromkeys(GENERATORS, generator) | dict.fromkeys(DISCRIMINATORS, discriminator)


def _renamed(state: StateDict, table: Sequence[tuple[str, str]], where: str) -> StateDict:
    unknown = sorted(set(state) - {theirs for theirs, _ in table})
    absent = [theirs for theirs, _ in table if theirs not in state]
    for names, what in ((absent, "has no"), (unknown, "has an unknown")):
        if names:
            raise InputError(f"{where} {what} {names[0]!r} (and {len(names) - 1} more): not of the authors' networks")
    return {ours: state[theirs] for theirs, ours in table}


def _check_shapes(weights: Mapping[str, StateDict], network: NetworkConfig, path: Path) -> None:
    wanted = _meta(network).parts()
    for name, state in weights.items():
        for key, tensor in wanted[name].state_dict().items():
            found = state[key]
            if not isinstance(found, Tensor) or found.shape != tensor.shape:
                shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
                raise InputError(f"{path}: {name}: {key} is {shape}, not {tuple(tensor.shape)}")


def _meta(network: NetworkConfig) -> Networks:
    with torch.device("meta"):
        return build(network)


Order = list[tuple[str, str]]


def _orders(
    names: Sequence[str], tables: Mapping[str, Sequence[tuple[str, str]]], network: NetworkConfig
) -> tuple[Order, Order]:
    """(network, our name) of every parameter as the authors' optimiser counts them, and as ours does."""
    parts = _meta(network).parts()
    ours = [(name, key) for name in names for key, _ in parts[name].named_parameters()]
    known = set(ours)
    theirs = [(name, key) for name in names for _, key in tables[name] if (name, key) in known]
    return theirs, ours


def _reordered(state: Any, orders: tuple[Order, Order], where: str) -> dict[str, Any]:
    """An Adam's state dict whose parameters are counted in the second order instead of the first.

    Optimisers before PyTorch 1.6 are keyed by addresses; the group's list says in which order they stand.
    """
    source, target = orders
    try:
        group, *others = state["param_groups"]
        keys, entries = list(group["params"]), state["state"]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{where}: not the state of an optimiser: {error!r}") from error
    if others or len(keys) < len(source):
        raise InputError(f"{where}: {len(keys)} parameters in {1 + len(others)} groups, not {len(source)} in one")
    by_name = {name: entries[key] for name, key in zip(source, keys, strict=False) if key in entries}
    moved = {index: by_name[name] for index, name in enumerate(target) if name in by_name}
    kernel = {name: None for name in ("fused", "foreach") if name in group}  # the reader's choice
    return {"state": moved, "param_groups": [{**group, **kernel, "params": list(range(len(target)))}]}


def _optim(group: Mapping[str, Any], step: int) -> OptimConfig:
    """Adam's settings as the file has them; the rate before its decay, on the default schedule, is worked out."""
    config = OptimConfig(
        betas=tuple(group["betas"]), eps=group["eps"], weight_decay=group["weight_decay"], learning_rate=1.0
    )
    factor = learning_rate(step, config)
    initial = float(f"{group['lr'] / factor:.6g}") if factor else OptimConfig().learning_rate
    return replace(config, learning_rate=initial)


def _fresh_optimisers(config: RunConfig) -> dict[str, dict[str, Any]]:
    networks, optim = _meta(config.network), config.optim
    parameters = {"D": networks.discriminator_parameters(), "G": networks.generator_parameters()}
    return {
        kind: torch.optim.Adam(
            chosen, optim.learning_rate, betas=optim.betas, eps=optim.eps, weight_decay=optim.weight_decay
        ).state_dict()
        for kind, chosen in parameters.items()
    }


def _check_expressible(network: NetworkConfig) -> None:
    """InputError where the authors' code has no such network."""
    default = NetworkConfig()
    for name in ("nice", "attention", "scales", "shared", "upsample"):
        if getattr(network, name) != getattr(default, name):
            raise InputError(
                f"{name}: the authors' code has only {getattr(default, name)}; this is an ablation of ours"
            )
    if network.height != network.width:
        raise InputError(f"size: the authors' code has only square images, not {network.height}×{network.width}")
