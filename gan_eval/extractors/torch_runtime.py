"""Feature networks in plain torch, on the CPU or a CUDA device."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_eval.extractors.base import Activations, Network
from gan_eval.extractors.recipes import Prepare, Recipe


@dataclass(frozen=True)
class TorchExtractor:
    """A network run by torch, channels last, in inference mode; bf16 by autocast, fp32 without TF32."""

    network: Network
    prepare: Prepare
    _module: nn.Module = field(repr=False)

    def __call__(self, batch: NDArray[np.float32]) -> Activations:
        """See `Extractor`."""
        images = torch.from_numpy(batch).to(self.network.device).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode(), _exact_convolutions(), self._autocast():
            output = self._module(images)
        features, logits = output if isinstance(output, tuple) else (output, None)
        return Activations(_to_numpy(features), None if logits is None else _to_numpy(logits))

    def _autocast(self) -> torch.autocast:
        kind = torch.device(self.network.device).type
        return torch.autocast(kind, dtype=torch.bfloat16, enabled=self.network.precision == "bf16")


def load(network: Network, recipe: Recipe) -> TorchExtractor:
    """Build the network on its device."""
    module = recipe.build().to(network.device, memory_format=torch.channels_last)
    return TorchExtractor(network, recipe.prepare, module)


@contextlib.contextmanager
def _exact_convolutions() -> Iterator[None]:
    # TF32 keeps 10 bits of a float32's mantissa, and cuDNN uses it unless told not to; FID is defined in float32.
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield


def _to_numpy(tensor: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(tensor.float().cpu().numpy())
