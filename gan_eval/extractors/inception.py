"""The 2015 Inception network, which FID, KID and the Inception score are defined on.

Szegedy et al., "Rethinking the Inception Architecture" (arXiv:1512.00567), in the variant of TensorFlow's
`inception-2015-12-05` graph, as the published `pt_inception-2015-12-05-6726825d.pth` holds it. It differs from
torchvision's Inception v3 in its weights and in three places: average pools leave the padding out of their mean, the
last block pools by maximum, and there are 1008 classes.

Two liberties, neither of which changes the outputs beyond float32 rounding: each batch normalisation is folded, in
float64, into the convolution before it when the weights are read; and where a block averages and then applies a 1 × 1
convolution, it does so the other way round, which is the same by linearity and moves a fraction of the memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_eval.extractors.state_dict import check_shapes, read_state_dict

CLASSES = 1008
_BN_EPS = 1e-3


class ConvSpec(NamedTuple):
    """Output channels, kernel (height, width) and stride. Stride 1 keeps the size, stride 2 pads nothing."""

    channels: int
    kernel: tuple[int, int]
    stride: int = 1


class Fork(NamedTuple):
    """Two convolutions of one input, their channels one after the other."""

    a: ConvSpec
    b: ConvSpec


class Averaged(NamedTuple):
    """A 3 × 3 mean, then a 1 × 1 convolution to so many channels."""

    channels: int


class Maximum(NamedTuple):
    """A 3 × 3 maximum with this stride."""

    stride: int


Stage = ConvSpec | Fork | Averaged | Maximum
Block = dict[str, tuple[Stage, ...]]


def _conv(channels: int, size: int, stride: int = 1) -> ConvSpec:
    return ConvSpec(channels, (size, size), stride)


def _block_a(pool: int) -> Block:
    return {
        "branch1x1": (_conv(64, 1),),
        "branch5x5": (_conv(48, 1), _conv(64, 5)),
        "branch3x3dbl": (_conv(64, 1), _conv(96, 3), _conv(96, 3)),
        "branch_pool": (Averaged(pool),),
    }


def _block_c(width: int) -> Block:
    row, column = (1, 7), (7, 1)
    double = (
        _conv(width, 1),
        ConvSpec(width, column),
        ConvSpec(width, row),
        ConvSpec(width, column),
        ConvSpec(192, row),
    )
    return {
        "branch1x1": (_conv(192, 1),),
        "branch7x7": (_conv(width, 1), ConvSpec(width, row), ConvSpec(192, column)),
        "branch7x7dbl": double,
        "branch_pool": (Averaged(192),),
    }


def _block_e(*pool: Stage) -> Block:
    fork = Fork(ConvSpec(384, (1, 3)), ConvSpec(384, (3, 1)))
    return {
        "branch1x1": (_conv(320, 1),),
        "branch3x3": (_conv(384, 1), fork),
        "branch3x3dbl": (_conv(448, 1), _conv(384, 3), fork),
        "branch_pool": pool,
    }


#: The blocks in order, from (B, 192, 35, 35) to (B, 2048, 8, 8); names are those of the published file.
_BLOCKS: dict[str, Block] = {
    "Mixed_5b": _block_a(pool=32),
    "Mixed_5c": _block_a(pool=64),
    "Mixed_5d": _block_a(pool=64),
    "Mixed_6a": {
        "branch3x3": (_conv(384, 3, stride=2),),
        "branch3x3dbl": (_conv(64, 1), _conv(96, 3), _conv(96, 3, stride=2)),
        "branch_pool": (Maximum(stride=2),),
    },
    "Mixed_6b": _block_c(width=128),
    "Mixed_6c": _block_c(width=160),
    "Mixed_6d": _block_c(width=160),
    "Mixed_6e": _block_c(width=192),
    "Mixed_7a": {
        "branch3x3": (_conv(192, 1), _conv(320, 3, stride=2)),
        "branch7x7x3": (_conv(192, 1), ConvSpec(192, (1, 7)), ConvSpec(192, (7, 1)), _conv(192, 3, stride=2)),
        "branch_pool": (Maximum(stride=2),),
    },
    "Mixed_7b": _block_e(Averaged(192)),
    "Mixed_7c": _block_e(Maximum(stride=1), _conv(192, 1)),
}


class Convolution(nn.Module):
    """A convolution with its batch normalisation folded in, then ReLU."""

    def __init__(self, inputs: int, spec: ConvSpec, *, padded: bool = True) -> None:
        super().__init__()
        height, width = spec.kernel
        padding = (height // 2, width // 2) if padded and spec.stride == 1 else (0, 0)
        self.conv = nn.Conv2d(inputs, spec.channels, spec.kernel, spec.stride, padding)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x), inplace=True)


class AveragedConvolution(Convolution):
    """3 × 3 mean that leaves out the padding, 1 × 1 convolution, ReLU: the convolution first, see the module's head."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(F.avg_pool2d(self.conv(x), 3, stride=1, padding=1, count_include_pad=False), inplace=True)


class ForkedConvolution(nn.Module):
    """Two convolutions of one input, their channels one after the other."""

    def __init__(self, inputs: int, spec: Fork) -> None:
        super().__init__()
        self.a = Convolution(inputs, spec.a)
        self.b = Convolution(inputs, spec.b)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.a(x), self.b(x)], 1)


class Mixed(nn.Module):
    """Branches over one input, their channels one after the other."""

    def __init__(self, inputs: int, block: Block) -> None:
        super().__init__()
        self.branches = nn.ModuleDict({name: _chain(inputs, steps) for name, steps in block.items()})

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches.values()], 1)


def _chain(inputs: int, steps: tuple[Stage, ...]) -> nn.Sequential:
    modules = []
    for step in steps:
        modules.append(_module(inputs, step))
        inputs = _width(inputs, step)
    return nn.Sequential(*modules)


def _module(inputs: int, step: Stage) -> nn.Module:
    match step:
        case ConvSpec():
            return Convolution(inputs, step)
        case Fork():
            return ForkedConvolution(inputs, step)
        case Averaged(channels):
            return AveragedConvolution(inputs, _conv(channels, 1))
        case Maximum(stride):
            return nn.MaxPool2d(3, stride, padding=1 if stride == 1 else 0)


def _width(inputs: int, step: Stage) -> int:
    """Channels after a step."""
    match step:
        case Fork(a, b):
            return a.channels + b.channels
        case Maximum():
            return inputs
        case ConvSpec() | Averaged():
            return step.channels


class Inception(nn.Module):
    """(B, 3, 299, 299) float32 in about −1..1 → pool3 features (B, 2048) and logits without bias (B, 1008).

    The Inception score's reference leaves the bias out; `fc(features)` are the logits with it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Convolution(3, _conv(32, 3, stride=2))
        self.Conv2d_2a_3x3 = Convolution(32, _conv(32, 3), padded=False)
        self.Conv2d_2b_3x3 = Convolution(32, _conv(64, 3))
        self.Conv2d_3b_1x1 = Convolution(64, _conv(80, 1))
        self.Conv2d_4a_3x3 = Convolution(80, _conv(192, 3), padded=False)
        channels = 192
        self.mixed = nn.ModuleDict()
        for name, block in _BLOCKS.items():
            self.mixed[name] = Mixed(channels, block)
            channels = sum(_width(channels, steps[-1]) for steps in block.values())
        self.fc = nn.Linear(channels, CLASSES)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = _mean(self.stage("Mixed_7c", x))  # (B, 2048)
        return features, F.linear(features, self.fc.weight)

    def stage(self, name: str, x: Tensor) -> Tensor:
        """The output of one stage for the images x."""
        return next(output for at, output in self.stages(x) if at == name)

    def stages(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """The outputs of all stages in order, each with a name: those of the blocks, and `pool1` and `pool2`."""
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))  # (B, 64, 147, 147)
        x = F.max_pool2d(x, 3, stride=2)
        yield "pool1", x
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x))  # (B, 192, 71, 71)
        x = F.max_pool2d(x, 3, stride=2)
        yield "pool2", x
        for name, block in self.mixed.items():
            x = block(x)
            yield name, x

    def published_names(self) -> Iterator[tuple[str, nn.Conv2d]]:
        """Every convolution with the name that the published file gives it.

        There, the steps of a branch are numbered from 1 unless there is one only, and the two of a fork are a and b.
        """
        for path, module in self.named_modules():
            if isinstance(module, Convolution):
                yield _published_name(path, self), module.conv


def _mean(x: Tensor) -> Tensor:
    """(B, C, h, w) → (B, C) float32, in float32 whatever came before."""
    return x.float().mean((2, 3))


class LowerLayer(nn.Module):
    """The mean over all places of a lower stage of `Inception`: pytorch-fid's features for 64, 192 or 768 dims."""

    STAGES: ClassVar[Mapping[str, str]] = {"64": "pool1", "192": "pool2", "768": "Mixed_6e"}

    def __init__(self, network: Inception, layer: str) -> None:
        super().__init__()
        self.network = network
        self.stage = self.STAGES[layer]

    def forward(self, x: Tensor) -> Tensor:
        return _mean(self.network.stage(self.stage, x))


class SpatialLayer(nn.Module):
    """sFID's features, (B, 17 × 17 × 7): the first 7 channels of the first branch of the block `Mixed_6d`.

    Nash et al., "Generating images with sparse representations" (arXiv:2103.03841), as ADM's evaluator takes them:
    `mixed_6/conv:0` of the TensorFlow graph, the channel last.
    """

    CHANNELS = 7

    def __init__(self, network: Inception) -> None:
        super().__init__()
        self.network = network
        self.branch = network.get_submodule("mixed.Mixed_6d.branches.branch1x1")

    def forward(self, x: Tensor) -> Tensor:
        branch: Tensor = self.branch(self.network.stage("Mixed_6c", x))
        return branch[:, : self.CHANNELS].permute(0, 2, 3, 1).flatten(1).float()


def _published_name(path: str, network: nn.Module) -> str:
    parts = path.split(".")
    if parts[0] != "mixed":
        return path
    _, block, _, branch, position, *fork = parts
    chain = network.get_submodule(".".join(parts[:4]))
    numbered = [str(index) for index, step in enumerate(chain.children()) if not isinstance(step, nn.MaxPool2d)]
    number = f"_{numbered.index(position) + 1}" if len(numbered) > 1 else ""
    return f"{block}.{branch}{number}{''.join(fork)}"


def published_shapes() -> dict[str, tuple[int, ...]]:
    """Every tensor that the published file must hold, with its shape."""
    with torch.device("meta"):
        network = Inception()
    shapes: dict[str, tuple[int, ...]] = {}
    for name, conv in network.published_names():
        shapes[f"{name}.conv.weight"] = tuple(conv.weight.shape)
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.bn.{part}"] = (conv.out_channels,)
    shapes["fc.weight"], shapes["fc.bias"] = (CLASSES, network.fc.in_features), (CLASSES,)
    return shapes


def read(weights: Path) -> dict[str, Tensor]:
    """The tensors of a `.pth` or `.safetensors` file by their published names, every name and shape checked.

    Raises WeightsError when the file cannot be read or is not a state dict of this network.
    """
    tensors = read_state_dict(weights)
    check_shapes(weights, tensors, published_shapes(), network="the 2015 FID Inception")
    return tensors


def build(weights: Path, *, layer: str = "") -> nn.Module:
    """The network with the weights of a file, ready to run. Raises WeightsError as `read` does.

    layer: where its features are taken from, empty for its end.
    """
    network = _whole(weights)
    if not layer:
        return network
    below = SpatialLayer(network) if layer == "spatial" else LowerLayer(network, layer)
    return below.eval()


def _whole(weights: Path) -> Inception:
    tensors = read(weights)
    with torch.device("meta"):
        network = Inception()
    network.to_empty(device="cpu")
    for name, conv in network.published_names():
        _fold(conv, {part: tensors[f"{name}.{part}"] for part in _PARTS})
    network.fc.load_state_dict({"weight": tensors["fc.weight"], "bias": tensors["fc.bias"]})
    return network.eval().requires_grad_(False)


_PARTS = ("conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")


def _fold(conv: nn.Conv2d, tensors: Mapping[str, Tensor]) -> None:
    """Set `conv` to the convolution followed by its batch normalisation."""
    weight, gamma, beta, mean, variance = (tensors[part].double() for part in _PARTS)
    gain = gamma / torch.sqrt(variance + _BN_EPS)
    folded = {"weight": weight * gain[:, None, None, None], "bias": beta - mean * gain}
    conv.load_state_dict({name: value.float() for name, value in folded.items()})
