"""How each network is made: its input, and the torch module that holds its weights.

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
from gan_eval.resize import resize

if TYPE_CHECKING:
    from torch import nn

Prepare = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True)
class Recipe:
    """prepare: one image to (3, height, width) float32 in 0..255. size: (height, width).

    build: the module in evaluation mode, (B, 3, height, width) float32 in 0..255 → (features, logits), or features
    alone where the network has no logits.
    """

    prepare: Prepare
    size: tuple[int, int]
    build: Callable[[], nn.Module]


def recipe(network: Network) -> Recipe:
    """The recipe of a resolved network."""
    if network.name == INCEPTION:
        return _inception(network)
    if network.name == LITE0:
        return _lite0(network)
    if network.name.startswith(TIMM_PREFIX):
        from gan_eval.extractors import timm_models

        model = timm_models.describe(network.name.removeprefix(TIMM_PREFIX))
        return Recipe(model.prepare, model.size, lambda: timm_models.build(network.weights_path, model))
    raise ValueError(f"no network is called {network.name!r}")


def _inception(network: Network) -> Recipe:
    size = (299, 299)

    def build() -> nn.Module:
        from gan_eval.extractors import inception

        return inception.build(network.weights_path, network.like)

    return Recipe(lambda image: resize(image, size, network.like), size, build)


def _lite0(network: Network) -> Recipe:
    size = (224, 224)

    def build() -> nn.Module:
        from gan_eval.extractors import lite0

        return lite0.build(network.weights_path)

    return Recipe(lambda image: resize(image, size, "clean-fid"), size, build)
