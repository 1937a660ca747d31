"""Chooses the feature network, its weights, its device and its runtime by the user's options."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

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
from gan_eval.settings import Layer, ReadingOptions


def resolve(
    name: str = "auto",
    *,
    weights: Path | None = None,
    like: Like = "clean-fid",
    precision: Precision = "fp32",
    device: str = "auto",
    runtime: Literal["auto", "torch", "openvino"] = "auto",
    input_size: int | None = None,
    layer: Layer | None = None,
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
    input_size: side of the input of a timm model, in pixels; None for its default.
    layer: of the 2015 Inception; None for its last pool.
    device: `auto`, `cpu`, `cuda` or `cuda:N`. runtime: `auto` is OpenVINO on a CPU where it is installed, else torch.
    download: whether the network may be used to get missing weights.

    Raises
    ------
    WeightsError: weights that are missing or unreadable. InputError: no such network, device or runtime.
    """
    device = hardware.choose_device(device)
    choice = _Choice(name, weights, like, input_size, layer, download, progress)
    network = replace(_find(choice), precision=precision, device=device)
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


class _Choice(NamedTuple):
    """What `resolve` was asked for, but for the machine."""

    name: str
    weights: Path | None
    like: Like
    size: int | None
    layer: Layer | None
    download: bool
    progress: Progress | None


def _find(choice: _Choice) -> Network:
    option_rows(ReadingOptions)["features"].check(choice.name)
    if choice.name.startswith(TIMM_PREFIX):
        if choice.layer is not None:
            raise InputError(f"layer={choice.layer!r}: {choice.name} has no layers to choose from; only inception has")
        return _timm(choice)
    row = INCEPTION if choice.name == AUTO else KNOWN[choice.name]
    _check_row_takes(row, choice)
    given = choice.weights or _from_environment(row)
    if given is not None:
        return _network_of_row(row, weights_files.identify(given), choice)
    insist = choice.name != AUTO or choice.layer is not None
    try:
        return _network_of_row(row, _published_file(row, choice, insist=insist), choice)
    except (WeightsError, InputError):
        if insist:
            raise
        # Why they could not be had differs from run to run, and this notice is part of a result that must not.
        return _stand_in(choice)


def _check_row_takes(row: KnownNetwork, choice: _Choice) -> None:
    """Raise InputError where a known network is asked for a size or a layer that it does not have."""
    if choice.size is not None:
        raise InputError(
            f"input_size={choice.size}: {row.name} takes images of {row.size[0]} × {row.size[1]} pixels; "
            "only models of timm take a size"
        )
    if choice.layer is not None and choice.layer not in row.layers:
        raise InputError(f"layer={choice.layer!r}: {row.name} has no layers to choose from; only inception has")


def _from_environment(row: KnownNetwork) -> Path | None:
    chosen = os.environ.get(row.weights_variable) if row.weights_variable else None
    return Path(chosen).expanduser() if chosen else None


def _published_file(row: KnownNetwork, choice: _Choice, *, insist: bool) -> weights_files.WeightsFile:
    if row.weights is not None:
        return weights_files.find_or_fetch(
            row.weights, download=choice.download, insist=insist, progress=choice.progress
        )
    if row.timm:
        from gan_eval.extractors import timm_models

        place = timm_models.find_weights(timm_models.describe(row.timm), download=choice.download)
        return weights_files.identify(place)
    raise WeightsError(f"no weights of {row.name} are published: give a file of them with weights=FILE")


def _stand_in(choice: _Choice) -> Network:
    """The network that comes with the package, and a notice that says why."""
    notice = (
        f"{INCEPTION_2015.title} weights missing: {weights_files.remedies(INCEPTION_2015)}; until then the embedded "
        f"{LITE0.name} is used, and its numbers are not FID, KID or IS"
    )
    file = _published_file(LITE0, choice._replace(download=False, progress=None), insist=False)
    embedded = _network_of_row(LITE0, file, choice)
    return replace(embedded, notices=(notice, *embedded.notices))


def _network_of_row(row: KnownNetwork, file: weights_files.WeightsFile, choice: _Choice) -> Network:
    verified = row.is_published(file.sha256) or (bool(row.timm) and _is_hubs(file))
    notices = () if verified else (_stranger(row, file.path),)
    if choice.like not in row.tools:
        notices = (*notices, *own_preprocessing(row.name, choice.like))
    network = _network(row.name, file, choice, verified=verified, dim=row.dim, has_logits=row.has_logits)
    layer = row.layers.get(choice.layer) if choice.layer is not None else None
    if layer is not None and choice.layer != row.default_layer:
        notices = (*notices, layer.notice)
        network = replace(network, layer=choice.layer or "", dim=layer.dim, has_logits=False)
    return replace(network, notices=notices)


def _stranger(row: KnownNetwork, path: Path) -> str:
    """What is said of weights that nobody published for this network."""
    if row.timm:
        return f"whether {path} is the published {row.name} file is not known, since its hash is not known here"
    if row.weights is None:
        return f"the weights of {row.name} are those of {path}, which are not published"
    if row.reference:
        title = row.weights.title
        return f"{path} is not the published {title} file: its numbers are not called FID, KID or IS"
    return f"{path} is not the published {row.name} file"


def _is_hubs(file: weights_files.WeightsFile) -> bool:
    """Whether a file lies in the hub's cache, which names a file by its SHA-256."""
    return file.path.resolve().name == file.sha256


def _timm(choice: _Choice) -> Network:
    from gan_eval.extractors import timm_models

    model = timm_models.describe(choice.name.removeprefix(TIMM_PREFIX), choice.size)
    file = weights_files.identify(choice.weights or timm_models.find_weights(model, download=choice.download))
    network = _network(choice.name, file, choice, verified=_is_hubs(file), dim=model.dim, has_logits=False)
    pixels = f"{model.height} × {model.width}"
    notices = own_preprocessing(choice.name, choice.like)
    if choice.size is None and not model.published:
        notices = (*notices, f"{choice.name} at {pixels} pixels, timm's own size: no published number is made so")
    way = f"own {pixels}{' pillow' * model.published}"
    return replace(network, size=choice.size, preprocessing=way, notices=notices)


def own_preprocessing(name: str, like: Like) -> tuple[str, ...]:
    """A notice where a tool's preprocessing is asked for, and the network has one of its own."""
    if like == "clean-fid":
        return ()
    return (f"{name} has its own preprocessing, so like={like!r} changes only the constants of the metrics",)


def _network(
    name: str, file: weights_files.WeightsFile, choice: _Choice, *, verified: bool, dim: int, has_logits: bool
) -> Network:
    return Network(
        name=name,
        weights_path=file.path,
        weights_sha256=file.sha256,
        verified=verified,
        like=choice.like,
        precision="fp32",
        runtime="torch",
        device="cpu",
        dim=dim,
        has_logits=has_logits,
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
