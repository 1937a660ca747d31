"""The files of NICE-GAN's authors, read and written by a table of names in which every shape is checked.

Source: the authors' PyTorch code. Their file is one pickle: state dicts `gen2B`, `gen2A`, `disA`, `disB`, the
optimisers `D_optimizer` and `G_optimizer`, and `start_iter`, the step just done. It does not say how the networks
were built, so that is read from the shapes. Entries that the profiler thop left behind (`*.total_ops`,
`*.total_params`) are dropped. A file that was imported is exported bit for bit as it was, those entries apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_eval.errors import InputError
from gan_eval.files import atomic_file
from gan_eval.torch_files import save_torch_file
from nicegan.config import OptimConfig, RunConfig
from nicegan.models.authors import Official, StateDict, load_official, plain_names
from nicegan.models.nice.networks import Networks, build
from nicegan.models.nice.settings import NiceNetwork
from nicegan.schedule import learning_rate

GENERATORS, DISCRIMINATORS = ("gen2B", "gen2A"), ("disA", "disB")
NETWORKS = (*GENERATORS, *DISCRIMINATORS)
_THOP = ("total_ops", "total_params")
#: Their key, our player, its networks.
_OPTIMISERS = (("D_optimizer", "D", DISCRIMINATORS), ("G_optimizer", "G", GENERATORS))


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
    """Read an official checkpoint, or what circulates as one.

    Names may carry a wrapper's prefix; optimisers and the step may be missing; so may what one direction does not
    need; and of a discriminator of another depth (n_dis), which this package does not train, the encoder is taken.

    size: side in pixels of the images it was trained on, which a light generator does not tell (default 256).
    Raises InputError if the file is none, is of a network that the authors' options cannot build, or contradicts
    `size`.
    """
    document = load_official(path)
    present = [name for name in NETWORKS if name in document]
    if not {"gen2B", "disA"} <= set(present) and not {"gen2A", "disB"} <= set(present):
        raise InputError(f"{path}: not a NICE-GAN checkpoint of the authors (no {_absent(document)})")
    theirs = {name: plain_names(document[name], f"{path}: {name}", dropped=_THOP) for name in present}
    network = _detect(theirs, path, size)
    tables = _tables(network)
    weights = {name: _ours(theirs[name], tables[name], f"{path}: {name}") for name in present}
    _check_shapes(weights, network, path)
    step = _step(document, path)
    optimisers = _optimisers(document, tables, network, path) if len(present) == len(NETWORKS) else None
    optim = _optim(optimisers["G"]["param_groups"][0], step) if optimisers else OptimConfig()
    return Official(RunConfig(network=network, optim=optim), step, weights, optimisers)


def write(path: Path, official: Official) -> None:
    """Write an official checkpoint, whole or not at all. Raises InputError for networks the authors' code lacks."""
    check_expressible(official.config)
    network = _network(official.config)
    if missing := [name for name in NETWORKS if name not in official.weights]:
        raise InputError(f"{path}: an official checkpoint needs all four networks (no {', '.join(missing)})")
    tables = _tables(network)
    document: dict[str, Any] = {}
    for name in NETWORKS:
        document[name] = {theirs: official.weights[name][ours] for theirs, ours in tables[name]}
    for key, kind, names in _OPTIMISERS:
        theirs, ours = _orders(names, tables, network)
        document[key] = _reordered((official.optimisers or {})[kind], (ours, theirs), f"optimiser {kind}")
    document["start_iter"] = official.step
    with atomic_file(path) as temporary:
        save_torch_file(document, temporary)


def _absent(document: Mapping[str, Any]) -> str:
    return ", ".join(name for name in NETWORKS if name not in document)


def _step(document: Mapping[str, Any], path: Path) -> int:
    step = document.get("start_iter", 0)
    if isinstance(step, bool) or not isinstance(step, int) or step < 0:
        raise InputError(f"{path}: start_iter: {step!r} is not a number of steps")
    return step


def _ours(state: StateDict, table: Sequence[tuple[str, str]], where: str) -> StateDict:
    """A state dict under our names; of a discriminator that is deeper or shallower than ours, the encoder alone."""
    depth = sum(name.startswith("Dis1_0.") and name.endswith(".weight_orig") for name in state)
    if "Dis1_0.1.weight_orig" in state and depth != 2:
        encoder = [(theirs, ours) for theirs, ours in table if ours.startswith("encoder.")]
        return _renamed({theirs: state[theirs] for theirs, _ in encoder if theirs in state}, encoder, where)
    return _renamed(state, table, where)


def _optimisers(
    document: Mapping[str, Any], tables: Mapping[str, Sequence[tuple[str, str]]], network: NiceNetwork, path: Path
) -> dict[str, dict[str, Any]] | None:
    """Both optimisers, or None where the file does not hold both."""
    if any(key not in document for key, _, _ in _OPTIMISERS):
        return None
    return {
        kind: _reordered(document[key], _orders(names, tables, network), f"{path}: {key}")
        for key, kind, names in _OPTIMISERS
    }


def _network(config: RunConfig) -> NiceNetwork:
    assert isinstance(config.network, NiceNetwork)
    return config.network


def _detect(theirs: Mapping[str, StateDict], path: Path, size: int | None) -> NiceNetwork:
    """The configuration that has these weights; what does not fit any is found by the check of all shapes."""
    generator = theirs.get("gen2B", theirs.get("gen2A", {}))
    discriminator = theirs.get("disA", theirs.get("disB", {}))
    try:
        channels = discriminator["model.1.weight_orig"].shape[0]
        features = generator["FC.0.weight"].shape[1] // generator["FC.0.weight"].shape[0]
    except (KeyError, AttributeError, IndexError, ZeroDivisionError) as error:
        raise InputError(f"{path}: not the weights of NICE-GAN: {error!r}") from error
    n_res = sum(name.startswith("UpBlock1_") and name.endswith(".conv1.weight") for name in generator)
    own_size = 4 * math.isqrt(features)
    light = features == 1
    if not light and size is not None and size != own_size:
        raise InputError(f"{path}: a full generator of {own_size} pixels, not {size} (leave the size out)")
    side = (size or 256) if light else own_size
    return NiceNetwork(height=side, width=side, channels=channels, n_res=n_res, light=light)


def _tables(network: NiceNetwork) -> dict[str, list[tuple[str, str]]]:
    generator, discriminator = generator_names(network.n_res), discriminator_names()
    return dict.fromkeys(GENERATORS, generator) | dict.fromkeys(DISCRIMINATORS, discriminator)


def _renamed(state: StateDict, table: Sequence[tuple[str, str]], where: str) -> StateDict:
    unknown = sorted(set(state) - {theirs for theirs, _ in table})
    absent = [theirs for theirs, _ in table if theirs not in state]
    for names, what in ((absent, "has no"), (unknown, "has an unknown")):
        if names:
            raise InputError(f"{where} {what} {names[0]!r} (and {len(names) - 1} more): not of the authors' networks")
    return {ours: state[theirs] for theirs, ours in table}


def _check_shapes(weights: Mapping[str, StateDict], network: NiceNetwork, path: Path) -> None:
    wanted = _meta(network).parts()
    for name, state in weights.items():
        tensors = wanted[name].state_dict()
        for key, found in state.items():
            tensor = tensors[key]
            if not isinstance(found, Tensor) or found.shape != tensor.shape:
                shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
                raise InputError(f"{path}: {name}: {key} is {shape}, not {tuple(tensor.shape)}")


def _meta(network: NiceNetwork) -> Networks:
    with torch.device("meta"):
        return build(network)


Order = list[tuple[str, str]]


def _orders(
    names: Sequence[str], tables: Mapping[str, Sequence[tuple[str, str]]], network: NiceNetwork
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


def check_expressible(config: RunConfig) -> None:
    """InputError where the authors' code has no such network."""
    network = _network(config)
    default = NiceNetwork()
    for name in ("nice", "attention", "scales", "shared", "upsample"):
        if getattr(network, name) != getattr(default, name):
            raise InputError(
                f"{name}: the authors' code has only {getattr(default, name)}; this is an ablation of ours"
            )
    if network.height != network.width:
        raise InputError(f"size: the authors' code has only square images, not {network.height}×{network.width}")
