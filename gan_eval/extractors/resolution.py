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
from gan_eval.extractors.base import INCEPTION, LITE0, TIMM_PREFIX, Extractor, Network, Runtime
from gan_eval.hardware import Precision
from gan_eval.resize import Like
from gan_eval.result import Progress


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
    name: `inception`, `efficientnet-lite0`, `timm:MODEL`, or `auto`: the 2015 Inception when its weights are at hand
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
    if name == LITE0:
        return _lite0(weights, like)
    if name.startswith(TIMM_PREFIX):
        return _timm(name.removeprefix(TIMM_PREFIX), weights, like, download)
    if name not in ("auto", INCEPTION):
        raise InputError(f"no feature network is called {name!r}: use auto, inception, {LITE0} or timm:MODEL")
    given = weights or _from_environment()
    if given is not None:
        return _inception(weights_files.identify(given), like)
    try:
        file = weights_files.find_or_fetch(
            weights_files.INCEPTION_2015, download=download, insist=name == INCEPTION, progress=progress
        )
    except (WeightsError, InputError):
        if name == INCEPTION:
            raise
        # Why they could not be had differs from run to run, and this notice is part of a result that must not.
        remedies = weights_files.remedies(weights_files.INCEPTION_2015)
        notice = (
            f"2015 Inception weights missing: {remedies}; until then the embedded {LITE0} is used, and its numbers are "
            "not FID, KID or IS"
        )
        embedded = _lite0(None, like)
        return replace(embedded, notices=(notice, *embedded.notices))
    return _inception(file, like)


def _from_environment() -> Path | None:
    chosen = os.environ.get("GAN_EVAL_WEIGHTS")
    return Path(chosen).expanduser() if chosen else None


def _inception(file: weights_files.WeightsFile, like: Like) -> Network:
    verified = file.published is weights_files.INCEPTION_2015
    notice = f"{file.path} is not the published 2015 Inception file: its numbers are not called FID, KID or IS"
    return _network(INCEPTION, file, like, verified, 2048, () if verified else (notice,))


def _lite0(weights: Path | None, like: Like) -> Network:
    file = weights_files.identify(weights or weights_files.embedded_lite0())
    verified = file.published is weights_files.LITE0
    notices = () if verified else (f"{file.path} is not the published {LITE0} file",)
    return _network(LITE0, file, like, verified, 1280, notices)


def _timm(name: str, weights: Path | None, like: Like, download: bool) -> Network:
    from gan_eval.extractors import timm_models

    model = timm_models.describe(name)
    file = weights_files.identify(weights or timm_models.find_weights(model, download=download))
    # The hub's cache names a file by its SHA-256.
    verified = file.path.resolve().name == file.sha256
    network = _network(f"{TIMM_PREFIX}{name}", file, like, verified, model.dim, ())
    return replace(network, has_logits=False)


def _network(
    name: str, file: weights_files.WeightsFile, like: Like, verified: bool, dim: int, notices: tuple[str, ...]
) -> Network:
    if name != INCEPTION and like != "clean-fid":
        own = f"{name} has its own preprocessing, so --like {like} changes only the constants of the metrics"
        notices = (*notices, own)
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
        has_logits=True,
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
