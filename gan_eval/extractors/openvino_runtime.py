"""Feature networks in OpenVINO, on the CPU: about 1.5 times the speed of plain torch, and no torch to import.

A network is converted from its torch module once and kept in the cache folder; the next process reads the converted
network alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from gan_eval.extractors.base import Activations, Network
from gan_eval.extractors.recipes import Prepare, Recipe
from gan_eval.files import atomic_folder
from gan_eval.weights import cache_folder

_PRECISION = {"fp32": "f32", "bf16": "bf16"}


@dataclass(frozen=True)
class OpenVinoExtractor:
    """A network run by OpenVINO."""

    network: Network
    prepare: Prepare
    _compiled: ov.CompiledModel = field(repr=False)

    def __call__(self, batch: NDArray[np.float32]) -> Activations:
        """See `Extractor`."""
        outputs = [np.array(value, dtype=np.float32) for value in self._compiled(batch).values()]
        return Activations(outputs[0], outputs[1] if len(outputs) > 1 else None)


def load(network: Network, recipe: Recipe) -> OpenVinoExtractor:
    """Read the converted network, or convert it and keep it; then compile it for this processor."""
    core = ov.Core()
    model = core.read_model(_converted(network, recipe))
    # Without the hint OpenVINO computes in bf16 by itself on processors that have it, and FID changes silently.
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": _PRECISION[network.precision]})
    return OpenVinoExtractor(network, recipe.prepare, compiled)


def _converted(network: Network, recipe: Recipe) -> Path:
    version = metadata.version("openvino")
    name = f"{network.name.replace(':', '-').replace('/', '-')}-{network.weights_sha256[:16]}-{network.like}-{version}"
    folder = cache_folder() / "openvino" / name
    path = folder / "network.xml"
    if not path.is_file():
        with atomic_folder(folder) as temporary:
            _convert(recipe, temporary / path.name)
    return path


def _convert(recipe: Recipe, destination: Path) -> None:
    import torch

    height, width = recipe.size
    model = ov.convert_model(recipe.build(), example_input=torch.zeros(1, 3, height, width))
    model.reshape([-1, 3, height, width])
    ov.save_model(model, destination, compress_to_fp16=False)
