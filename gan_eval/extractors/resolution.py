"""Chooses the feature network, its weights, its device and its runtime by the user's options."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from pathlib import Path
from typing import Literal

from gan_eval import hardware
from gan_eval import weights as weights_files
from gan_eval.errors import InputError, WeightsError
from gan_eval.extractors.base import Extractor, Network, Runtime
from gan_eval.extractors.known import (
    AUTO,
    INCEPTION,
    INCEPTION_2015,
    KNOWN,
    LITE0,
    TIMM_PREFIX,
    KnownNetwork,
)
from gan_eval.hardware import Precision
from gan_eval.options import option_rows
from gan_eval.resize import Like
from gan_eval.result import Progress
from gan_eval.settings import ReadingOptions


def resolve(
    name: str = "auto",
    *,
    weights: Path | None = None,
    like: Like = "clean-fid",
    precision: Precision = "fp32",
    device: str = "auto",
    runtime: Literal["auto", "torch", "openvino"] = "auto",
    download: bool = True,
    progress: Progress | None = None,
) -> Network:
    """Find a feature network without importing torch, timm or OpenVINO, which a cached result does not need.

    Parameters
    ----------
    name: of a row of `known`, `timm:MODEL`, or `auto`: the 2015 Inception when its weights are at hand
        or can be fetched, else the embedded EfficientNet-Lite0 with a notice.
    weights: file of that network's weights; `auto` then means `inception`.
    like: the tool whose preprocessing (Inception only) and constants are followed.
    device: `auto`, `cpu`, `cuda` or `cuda:N`. runtime: `auto` is OpenVINO on a CPU where it is installed, else torch.
    download: whether the network may be used to get missing weights.

    Raises
    ------
    WeightsError: weights that are missing or unreadable. InputError: no such network, device or runtime.
    """
    device = hardware.choose_device(device)
    network = replace(_find(name, weights, like, download, progress), precision=precision, device=device)
    network = replace(network, runtime=_choose_runtime(runtime, network))
    if precision == "bf16" and device == "cpu" and hardware.cpu_has_bf16() is False:
        slow = "this processor has no bf16 instructions, so bf16 is slower than fp32 here and less exact"
        network = replace(network, notices=(*network.notices, slow))
    return network


def load(network: Network) -> Extractor:
    """Read the weights and make the network ready to compute.

    Raises WeightsError when the file is not what the network needs.
    """
    from gan_eval.extractors.recipes import recipe

    if network.runtime == "openvino":
        from gan_eval.extractors import openvino_runtime

        return openvino_runtime.load(network, recipe(network))
    from gan_eval.extractors import torch_runtime

    return torch_runtime.load(network, recipe(network))


def _find(name: str, weights: Path | None, like: Like, download: bool, progress: Progress | None) -> Network:
    option_rows(ReadingOptions)["features"].check(name)
    if name.startswith(TIMM_PREFIX):
        return _timm(name.removeprefix(TIMM_PREFIX), weights, like, download)
    row = INCEPTION if name == AUTO else KNOWN[name]
    given = weights or _from_environment(row)
    if given is not None:
        return _network_of_row(row, weights_files.identify(given), like)
    try:
        return _network_of_row(row, _published_file(row, download, insist=name != AUTO, progress=progress), like)
    except (WeightsError, InputError):
        if name != AUTO:
            raise
        # Why they could not be had differs from run to run, and this notice is part of a result that must not.
        return _stand_in(like)


def _from_environment(row: KnownNetwork) -> Path | None:
    chosen = os.environ.get(row.weights_variable) if row.weights_variable else None
    return Path(chosen).expanduser() if chosen else None


def _published_file(
    row: KnownNetwork, download: bool, *, insist: bool, progress: Progress | None
) -> weights_files.WeightsFile:
    if row.weights is None:
        raise WeightsError(f"no weights of {row.name} are published: give a file of them with weights=FILE")
    return weights_files.find_or_fetch(row.weights, download=download, insist=insist, progress=progress)


def _stand_in(like: Like) -> Network:
    """The network that comes with the package, and a notice that says why."""
    notice = (
        f"{INCEPTION_2015.title} weights missing: {weights_files.remedies(INCEPTION_2015)}; until then the embedded "
        f"{LITE0.name} is used, and its numbers are not FID, KID or IS"
    )
    embedded = _network_of_row(LITE0, _published_file(LITE0, False, insist=False, progress=None), like)
    return replace(embedded, notices=(notice, *embedded.notices))


def _network_of_row(row: KnownNetwork, file: weights_files.WeightsFile, like: Like) -> Network:
    verified = row.is_published(file.sha256)
    notices = () if verified else (_stranger(row, file.path),)
    if not row.tools:
        notices = (*notices, *own_preprocessing(row.name, like))
    return _network(row.name, file, like, verified, row.dim, row.has_logits, notices)


def _stranger(row: KnownNetwork, path: Path) -> str:
    """What is said of weights that nobody published for this network."""
    if row.weights is None:
        return f"the weights of {row.name} are those of {path}, which are not published"
    if row.reference:
        title = row.weights.title
        return f"{path} is not the published {title} file: its numbers are not called FID, KID or IS"
    return f"{path} is not the published {row.name} file"


def _timm(name: str, weights: Path | None, like: Like, download: bool) -> Network:
    from gan_eval.extractors import timm_models

    model = timm_models.describe(name)
    file = weights_files.identify(weights or timm_models.find_weights(model, download=download))
    # The hub's cache names a file by its SHA-256.
    verified = file.path.resolve().name == file.sha256
    full_name = f"{TIMM_PREFIX}{name}"
    return _network(full_name, file, like, verified, model.dim, False, own_preprocessing(full_name, like))


def own_preprocessing(name: str, like: Like) -> tuple[str, ...]:
    """A notice where a tool's preprocessing is asked for, and the network has one of its own."""
    if like == "clean-fid":
        return ()
    return (f"{name} has its own preprocessing, so like={like!r} changes only the constants of the metrics",)


def _network(
    name: str,
    file: weights_files.WeightsFile,
    like: Like,
    verified: bool,
    dim: int,
    has_logits: bool,
    notices: tuple[str, ...],
) -> Network:
    return Network(
        name=name,
        weights_path=file.path,
        weights_sha256=file.sha256,
        verified=verified,
        like=like,
        precision="fp32",
        runtime="torch",
        device="cpu",
        dim=dim,
        has_logits=has_logits,
        notices=notices,
    )


def _choose_runtime(wanted: Literal["auto", "torch", "openvino"], network: Network) -> Runtime:
    installed = importlib.util.find_spec("openvino") is not None
    if wanted == "torch" or (wanted == "auto" and (network.device != "cpu" or not installed)):
        return "torch"
    if network.device != "cpu":
        raise InputError(f"the OpenVINO runtime computes on the CPU, not on {network.device}")
    if not installed:
        raise InputError("OpenVINO is not installed: pip install 'gan-eval[fast]'")
    # Any of timm's thousand architectures may hold an operation that OpenVINO does not convert.
    return "torch" if wanted == "auto" and network.name.startswith(TIMM_PREFIX) else "openvino"
