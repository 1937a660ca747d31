"""Feature networks in plain torch, on the CPU or a CUDA device."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_eval import hardware
from gan_eval.extractors.base import Activations, Network
from gan_eval.extractors.recipes import ExtractorRecipe, Prepare

T = TypeVar("T")


@dataclass(frozen=True)
class TorchExtractor:
    """A network run by torch, channels last, in inference mode; bf16 by autocast, fp32 without TF32.

    chunk: images per forward pass; a larger batch is cut up. On a CPU what lies between two layers should stay in the
    processor's cache.
    """

    network: Network
    prepare: Prepare
    chunk: int | None
    _module: nn.Module = field(repr=False)

    def __call__(self, batch: NDArray[np.float32]) -> Activations:
        """See `Extractor`."""
        pieces = torch.split(torch.from_numpy(batch), self.chunk or len(batch))
        with torch.inference_mode(), exact_float32(), self._autocast():
            outputs = [self._forward(piece) for piece in pieces]
        logits = [logits for _, logits in outputs if logits is not None]
        return Activations(_join([features for features, _ in outputs]), _join(logits) if logits else None)

    def _forward(self, piece: Tensor) -> tuple[Tensor, Tensor | None]:
        images = piece.to(self.network.device, non_blocking=True).contiguous(memory_format=torch.channels_last)
        output = self._module(images)
        return output if isinstance(output, tuple) else (output, None)

    def _autocast(self) -> torch.autocast:
        kind = torch.device(self.network.device).type
        return torch.autocast(kind, dtype=torch.bfloat16, enabled=self.network.precision == "bf16")


class Scaled(nn.Module):
    """A network behind its range map: images come in 0..255."""

    centre: Tensor
    scale: Tensor

    def __init__(self, network: nn.Module, recipe: ExtractorRecipe) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("centre", torch.tensor(recipe.centre)[:, None, None])
        self.register_buffer("scale", torch.tensor(recipe.scale)[:, None, None])

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        output: Tensor | tuple[Tensor, Tensor] = self.network((x - self.centre) / self.scale)
        return output


def load(network: Network, recipe: ExtractorRecipe) -> TorchExtractor:
    """Build the network on its device. Raises WeightsError when the file is not what the network needs."""
    module = Scaled(recipe.build(), recipe).eval().to(network.device).to(memory_format=torch.channels_last)
    chunk = max(8, 2 * hardware.cores()) if network.device == "cpu" else None
    return TorchExtractor(network, recipe.prepare, chunk, module)


@contextlib.contextmanager
def exact_float32() -> Iterator[None]:
    """Compute float32 in float32 and repeatably, whatever the caller has allowed; its settings are back afterwards.

    TF32 keeps 10 bits of a float32's 23, and cuDNN uses it unless told not to.
    """
    cudnn, switches = torch.backends.cudnn, _switches()
    before = [getattr(owner, name) for owner, name, _ in switches]
    matmul = _older_switch(torch.get_float32_matmul_precision)
    convolutions = _older_switch(lambda: cudnn.allow_tf32)
    torch.set_float32_matmul_precision("highest")
    cudnn.allow_tf32 = False
    for owner, name, value in switches:
        setattr(owner, name, value)
    try:
        yield
    finally:
        if matmul is not None:
            torch.set_float32_matmul_precision(matmul)
        if convolutions is not None:
            cudnn.allow_tf32 = convolutions
        for (owner, name, _), value in zip(switches, before, strict=True):
            setattr(owner, name, value)


class _Switch(NamedTuple):
    """A global setting of torch and its value while features are computed."""

    owner: Any
    name: str
    value: bool | str


def _switches() -> list[_Switch]:
    cudnn: Any = torch.backends.cudnn
    repeatable = [_Switch(cudnn, "deterministic", True), _Switch(cudnn, "benchmark", False)]
    if not hasattr(cudnn, "conv"):  # torch before 2.9
        return repeatable
    mkldnn: Any = torch.backends.mkldnn
    units = (torch.backends.cuda.matmul, cudnn.conv, cudnn.rnn, mkldnn.conv, mkldnn.matmul)
    return repeatable + [_Switch(unit, "fp32_precision", "ieee") for unit in units]


def _older_switch(read: Callable[[], T]) -> T | None:
    """A setting that torch refuses to read once its newer form has been used."""
    try:
        return read()
    except RuntimeError:
        return None


def _join(pieces: list[Tensor]) -> NDArray[np.float32]:
    joined: NDArray[np.float32] = torch.cat(pieces).float().cpu().numpy()
    return joined
