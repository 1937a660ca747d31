"""Parameters and operations of the networks: as the paper's table counts them, and as this code spends them.

The table's convention (Chen et al., CVPR 2020, table 2; the profiler thop on the authors' code): multiply-adds of
convolutions and linear maps without biases, one for each output of a generator's ReLU, and the parameters of those
layers only (not ρ, not γ and β of LIN, not γ of the attention), both summed over the two networks of a kind.
"FLOPs" there are therefore multiply-adds of both networks. The true figures count two operations for each.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from nicegan.config import RunConfig
from nicegan.models.layers.spectral import SpectralNorm
from nicegan.models.layers.to_image import ToImage
from nicegan.models.protocol import StepPass, TranslationModel, build_model, implementation


@dataclass(frozen=True, slots=True)
class PaperFigures:
    """A row of the paper's table: both networks of a kind together, in its convention."""

    parameters: int
    flops: int

    def __str__(self) -> str:
        return f"{self.parameters / 1e6:.1f}M/{self.flops / 1e9:.1f}G"


@dataclass(frozen=True, slots=True)
class NetworkFigures:
    """One network: all its parameters, and the multiply-adds of one forward pass of one image, counted as above."""

    parameters: int
    multiply_adds: int


@dataclass(frozen=True, slots=True)
class Cost:
    """The operations of a measured call. flops: two for each multiply-add.

    saved_bytes: most that is kept at once for the backward pass, weights apart, in fp32.
    """

    flops: int
    saved_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that `nicegan info` tells about a configuration.

    networks: each by its official name. paper: by kind of network, such as "generators", both of a kind together.
    translation: one image in one direction. turns: of each player, for a training step of `batch_size` images of each
    domain. training_bytes: fp32 weights, gradients and both moments of Adam.
    """

    networks: dict[str, NetworkFigures]
    paper: dict[str, PaperFigures]
    translation: Cost
    translation_parameters: int
    turns: dict[str, Cost]
    training_bytes: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; the paper's figures also as the table prints them."""
        document = asdict(self)
        for name, figures in self.paper.items():
            document["paper"][name]["printed"] = str(figures)
        return document


def profile(config: RunConfig) -> Profile:
    """Profile a configuration. Nothing is computed: tensors without memory go through the real code."""
    network, batch = config.network, config.optim.batch_size
    with torch.device("meta"):
        model = build_model(config)
        image = torch.empty(1, 3, network.height, network.width)
        a, b = (torch.empty(batch, 3, network.height, network.width) for _ in range(2))
        one_way = implementation(config.model).one_way(config, model.directions[0])
    figures, paper = _figures(model, image)
    each = StepPass(a, b, random=np.random.default_rng(0))
    return Profile(
        networks=figures,
        paper=paper,
        translation=_cost(model, lambda: _translate(model, image)),
        translation_parameters=sum(map(_parameters, one_way.stored().values())),
        turns={player: _cost(model, partial(model.add_gradients, player, each)) for player in model.players},
        training_bytes=16 * _parameters(model),
    )


#: Beginning of a network's official name → what the paper's table calls its kind.
_KINDS = {"gen": "generators", "G_": "generators", "dis": "discriminators", "D_": "discriminators"}


def _figures(model: TranslationModel, image: Tensor) -> tuple[dict[str, NetworkFigures], dict[str, PaperFigures]]:
    """The figures of every network, and the paper's row for each kind, on one image (1, 3, H, W)."""
    figures: dict[str, NetworkFigures] = {}
    totals: dict[str, list[int]] = {}
    model.eval()
    with torch.no_grad():
        for name, part in model.parts().items():
            counted, operations = _count(model, part, partial(model.example, name, image))
            figures[name] = NetworkFigures(_parameters(part), operations)
            for beginning, kind in _KINDS.items():
                if name.startswith(beginning):
                    total = totals.setdefault(kind, [0, 0])
                    total[0] += counted
                    total[1] += operations
    model.train()
    return figures, {kind: PaperFigures(*total) for kind, total in totals.items()}


def _translate(model: TranslationModel, image: Tensor) -> object:
    with torch.no_grad():
        return model.translate(image, model.directions[0])


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _count(model: TranslationModel, network: nn.Module, run: Callable[[], object]) -> tuple[int, int]:
    """Parameters and multiply-adds of one network by the table's convention."""
    operations = 0

    def hook(module: nn.Module, inputs: tuple[Any, ...], options: dict[str, Any], output: Any) -> None:
        nonlocal operations
        operations += _operations(module, output) or model.more_operations(module, inputs, options, output)

    handles = [module.register_forward_hook(hook, with_kwargs=True) for module in network.modules()]
    run()
    for handle in handles:
        handle.remove()
    return sum(_parameters(module) for module in network.modules() if isinstance(module, _COUNTED)), operations


def _operations(module: nn.Module, output: Any) -> int:
    """Multiply-adds of one call of a convolution or linear map; 0 for other modules."""
    if isinstance(module, nn.ConvTranspose2d):
        kernel = module.kernel_size[0] * module.kernel_size[1] * module.in_channels * module.out_channels
        return int(output.numel() // output.shape[1] // (module.stride[0] * module.stride[1]) * kernel)
    if not isinstance(module, _COUNTED):
        return 0
    weight = module.weight_orig if isinstance(module, SpectralNorm) else module.weight
    return int(output.numel() // output.shape[1] * weight.numel())


_COUNTED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, SpectralNorm, ToImage)


def _cost(networks: nn.Module, run: Callable[[], object]) -> Cost:
    saved = SavedBytes(networks)
    hooks = torch.autograd.graph.saved_tensors_hooks(saved.pack, saved.unpack)
    with FlopCounterMode(display=False) as counter, hooks:
        run()
    return Cost(int(counter.get_total_flops()), saved.peak)


class SavedBytes:
    """Counts what a graph keeps for the backward pass: each storage once, until nothing keeps it; no parameters.

    Its `pack` and `unpack` are for `torch.autograd.graph.saved_tensors_hooks`. peak: most bytes kept at once.
    """

    def __init__(self, network: nn.Module) -> None:
        self.peak = self._now = 0
        self._owners: dict[int, int] = {}
        self._parameters = {parameter.untyped_storage()._cdata for parameter in network.parameters()}

    def pack(self, tensor: Tensor) -> _Kept:
        """Called by autograd with what an operation keeps."""
        kept, storage = _Kept(tensor), tensor.untyped_storage()
        if storage._cdata not in self._parameters:
            self._add(storage._cdata, storage.nbytes())
            weakref.finalize(kept, self._drop, storage._cdata, storage.nbytes())
        return kept

    def unpack(self, kept: _Kept) -> Tensor:
        """Called by autograd when the backward pass needs it."""
        return kept.tensor

    def _add(self, storage: int, size: int) -> None:
        owners = self._owners.get(storage, 0)
        self._owners[storage] = owners + 1
        self._now += 0 if owners else size
        self.peak = max(self.peak, self._now)

    def _drop(self, storage: int, size: int) -> None:
        self._owners[storage] -= 1
        if not self._owners[storage]:
            del self._owners[storage]
            self._now -= size


class _Kept:
    """An object that `pack` hands to autograd; it is deleted with the graph."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
