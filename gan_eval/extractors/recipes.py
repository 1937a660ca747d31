"""Recipes of the networks: input size, range, and the torch module that holds the weights.

A recipe names what a runtime needs without importing torch; `build` imports it. The OpenVINO runtime calls `build` only
when it has no converted network on disk.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gan_eval.extractors.base import Network
from gan_eval.extractors.known import KNOWN, TIMM_PREFIX, KnownNetwork
from gan_eval.extractors.known import PerChannel as AnyPerChannel
from gan_eval.resize import resize
from gan_eval.weights import require_unchanged

if TYPE_CHECKING:
    from torch import nn

Prepare = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
PerChannel = tuple[float, float, float]


@dataclass(frozen=True)
class ExtractorRecipe:
    """What a runtime needs to make an extractor.

    prepare: one image to (3, height, width) float32 in 0..255. size: (height, width).
    centre, scale: the network sees (v − centre) / scale of each channel.
    build: the module in evaluation mode, (B, 3, height, width) float32 in the network's range → (features, logits), or
    features alone where the network has no logits.
    """

    prepare: Prepare
    size: tuple[int, int]
    centre: PerChannel
    scale: PerChannel
    build: Callable[[], nn.Module]


def recipe(network: Network) -> ExtractorRecipe:
    """The recipe of a resolved network."""
    if network.name in KNOWN:
        return _of_row(KNOWN[network.name], network)
    if network.name.startswith(TIMM_PREFIX):
        return _timm(network)
    raise ValueError(f"no network is called {network.name!r}")


def _of_row(row: KnownNetwork, network: Network) -> ExtractorRecipe:
    way = row.preprocessing_of(network.like)

    def build() -> nn.Module:
        home = importlib.import_module(f"gan_eval.extractors.{row.module}")
        own = {"layer": network.layer} if network.layer else {}
        module: nn.Module = home.build(network.weights_path, **own)
        require_unchanged(network.weights_path, network.weights_sha256)
        return module

    return ExtractorRecipe(
        lambda image: resize(image, row.size, way.resampling), row.size, _triple(way.centre), _triple(way.scale), build
    )


def _triple(value: AnyPerChannel) -> PerChannel:
    return value if isinstance(value, tuple) else (value, value, value)


def _timm(network: Network) -> ExtractorRecipe:
    from gan_eval.extractors import timm_models

    model = timm_models.describe(network.name.removeprefix(TIMM_PREFIX), network.size)

    def build() -> nn.Module:
        module = model.build(network.weights_path)
        require_unchanged(network.weights_path, network.weights_sha256)
        return module

    return ExtractorRecipe(model.prepare, model.size, model.centre, model.scale, build)
