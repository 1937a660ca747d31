"""Recipes of the networks: input size, range, and the torch module that holds the weights.

A recipe names what a runtime needs without importing torch; `build` imports it. The OpenVINO runtime calls `build` only
when it has no converted network on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gan_eval.extractors.base import INCEPTION, LITE0, TIMM_PREFIX, Network
from gan_eval.resize import Like, resize

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
    if network.name == INCEPTION:
        return _inception(network)
    if network.name == LITE0:
        return _lite0(network)
    if network.name.startswith(TIMM_PREFIX):
        return _timm(network)
    raise ValueError(f"no network is called {network.name!r}")


def inception_range(like: Like) -> tuple[float, float]:
    """(centre, scale) of the map to Inception's range: 2v/255 − 1 in pytorch-fid and its descendants, (v − 128)/128 in
    TensorFlow's graph, which clean-fid and torch-fidelity follow.
    """
    return (127.5, 127.5) if like in ("pytorch-fid", "nice-gan") else (128.0, 128.0)


def _inception(network: Network) -> ExtractorRecipe:
    size = (299, 299)
    centre, scale = inception_range(network.like)

    def build() -> nn.Module:
        from gan_eval.extractors import inception

        return inception.build(network.weights_path)

    return ExtractorRecipe(lambda image: resize(image, size, network.like), size, (centre,) * 3, (scale,) * 3, build)


def _lite0(network: Network) -> ExtractorRecipe:
    size = (224, 224)

    def build() -> nn.Module:
        from gan_eval.extractors import lite0

        return lite0.build(network.weights_path)

    return ExtractorRecipe(lambda image: resize(image, size, "clean-fid"), size, (127.0,) * 3, (128.0,) * 3, build)


def _timm(network: Network) -> ExtractorRecipe:
    from gan_eval.extractors import timm_models

    model = timm_models.describe(network.name.removeprefix(TIMM_PREFIX))
    return ExtractorRecipe(
        model.prepare, model.size, model.centre, model.scale, lambda: model.build(network.weights_path)
    )
