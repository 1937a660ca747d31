"""The 2015 Inception network that FID, KID and the Inception score are defined on.

Szegedy et al., "Rethinking the Inception Architecture" (arXiv:1512.00567), in the variant of TensorFlow's
`inception-2015-12-05` graph, as the published `pt_inception-2015-12-05-6726825d.pth` holds it. It differs from
torchvision's Inception v3 in its weights and in three places: average pools leave the padding out of their mean, the
last block pools by maximum, and there are 1008 classes.

The network here has no batch normalisation: each is folded, in float64, into the convolution before it when the weights
are read. The outputs agree with the unfolded network to float32 rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_eval.extractors.base import Like
from gan_eval.extractors.state_dict import check_shapes, read_state_dict

SIZE = (299, 299)
CLASSES = 1008
_BN_EPS = 1e-3


class Conv(NamedTuple):
    """One convolution of a branch: output channels, kernel (height, width), stride."""

    channels: int
    kernel: tuple[int, int]
    stride: int = 1


class Fork(NamedTuple):
    """Two convolutions of one input, side by side at the end of a branch."""

    a: Conv
    b: Conv


Branch = tuple[Conv | Fork, ...]


def _conv(channels: int, size: int, stride: int = 1) -> Conv:
    return Conv(channels, (size, size), stride)


def _block_a(pool: int) -> dict[str, Branch]:
    return {
        "branch1x1": (_conv(64, 1),),
        "branch5x5": (_conv(48, 1), _conv(64, 5)),
        "branch3x3dbl": (_conv(64, 1), _conv(96, 3), _conv(96, 3)),
        "branch_pool": (_conv(pool, 1),),
    }


def _block_c(width: int) -> dict[str, Branch]:
    row, column = (1, 7), (7, 1)
    double = (_conv(width, 1), Conv(width, column), Conv(width, row), Conv(width, column), Conv(192, row))
    return {
        "branch1x1": (_conv(192, 1),),
        "branch7x7": (_conv(width, 1), Conv(width, row), Conv(192, column)),
        "branch7x7dbl": double,
        "branch_pool": (_conv(192, 1),),
    }


_FORK = Fork(Conv(384, (1, 3)), Conv(384, (3, 1)))
_BLOCK_E: dict[str, Branch] = {
    "branch1x1": (_conv(320, 1),),
    "branch3x3": (_conv(384, 1), _FORK),
    "branch3x3dbl": (_conv(448, 1), _conv(384, 3), _FORK),
    "branch_pool": (_conv(192, 1),),
}
_BLOCK_B: dict[str, Branch] = {
    "branch3x3": (_conv(384, 3, stride=2),),
    "branch3x3dbl": (_conv(64, 1), _conv(96, 3), _conv(96, 3, stride=2)),
    "branch_pool": (),
}
_BLOCK_D: dict[str, Branch] = {
    "branch3x3": (_conv(192, 1), _conv(320, 3, stride=2)),
    "branch7x7x3": (_conv(192, 1), Conv(192, (1, 7)), Conv(192, (7, 1)), _conv(192, 3, stride=2)),
    "branch_pool": (),
}

#: name → (branches, how `branch_pool` pools its input), from (B, 192, 35, 35) to (B, 2048, 8, 8)
_BLOCKS: dict[str, tuple[dict[str, Branch], str]] = {
    "Mixed_5b": (_block_a(pool=32), "average"),
    "Mixed_5c": (_block_a(pool=64), "average"),
    "Mixed_5d": (_block_a(pool=64), "average"),
    "Mixed_6a": (_BLOCK_B, "halve"),
    "Mixed_6b": (_block_c(width=128), "average"),
    "Mixed_6c": (_block_c(width=160), "average"),
    "Mixed_6d": (_block_c(width=160), "average"),
    "Mixed_6e": (_block_c(width=192), "average"),
    "Mixed_7a": (_BLOCK_D, "halve"),
    "Mixed_7b": (_BLOCK_E, "average"),
    "Mixed_7c": (_BLOCK_E, "maximum"),
}


class Convolution(nn.Module):
    """A convolution with its batch normalisation folded in, then ReLU."""

    def __init__(self, inputs: int, spec: Conv, *, padded: bool = True) -> None:
        super().__init__()
        height, width = spec.kernel
        padding = (height // 2, width // 2) if padded and spec.stride == 1 else (0, 0)
        self.conv = nn.Conv2d(inputs, spec.channels, spec.kernel, spec.stride, padding)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x), inplace=True)


class Forked(nn.Module):
    """Two convolutions of one input, their channels one after the other."""

    def __init__(self, inputs: int, spec: Fork) -> None:
        super().__init__()
        self.a = Convolution(inputs, spec.a)
        self.b = Convolution(inputs, spec.b)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.a(x), self.b(x)], 1)


class Mixed(nn.Module):
    """Branches over one input, their channels one after the other; `branch_pool` pools it first."""

    def __init__(self, inputs: int, branches: Mapping[str, Branch], pooling: str) -> None:
        super().__init__()
        self.pooling = pooling
        self.branches = nn.ModuleDict({name: _chain(inputs, branch) for name, branch in branches.items()})

    def forward(self, x: Tensor) -> Tensor:
        outputs = [branch(self._pool(x) if name == "branch_pool" else x) for name, branch in self.branches.items()]
        return torch.cat(outputs, 1)

    def _pool(self, x: Tensor) -> Tensor:
        if self.pooling == "average":
            return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        if self.pooling == "maximum":
            return F.max_pool2d(x, 3, stride=1, padding=1)
        return F.max_pool2d(x, 3, stride=2)


def _chain(inputs: int, branch: Branch) -> nn.Sequential:
    steps: list[nn.Module] = []
    for spec in branch:
        steps.append(Convolution(inputs, spec) if isinstance(spec, Conv) else Forked(inputs, spec))
        inputs = _width(spec)
    return nn.Sequential(*steps)


def _width(spec: Conv | Fork) -> int:
    return spec.channels if isinstance(spec, Conv) else spec.a.channels + spec.b.channels


class Inception(nn.Module):
    """(B, 3, 299, 299) float32 in 0..255 → pool3 features (B, 2048) and logits without bias (B, 1008).

    like: which tool's map from 0..255 to the network's range: 2v/255 − 1 for pytorch-fid and nice-gan,
    (v − 128)/128 for clean-fid and torch-fidelity.
    """

    def __init__(self, like: Like) -> None:
        super().__init__()
        self.centre, self.scale = (127.5, 127.5) if like in ("pytorch-fid", "nice-gan") else (128.0, 128.0)
        self.Conv2d_1a_3x3 = Convolution(3, _conv(32, 3, stride=2))
        self.Conv2d_2a_3x3 = Convolution(32, _conv(32, 3), padded=False)
        self.Conv2d_2b_3x3 = Convolution(32, _conv(64, 3))
        self.Conv2d_3b_1x1 = Convolution(64, _conv(80, 1))
        self.Conv2d_4a_3x3 = Convolution(80, _conv(192, 3), padded=False)
        blocks, channels = {}, 192
        for name, (branches, pooling) in _BLOCKS.items():
            blocks[name] = Mixed(channels, branches, pooling)
            pooled = channels if not branches["branch_pool"] else 0
            channels = pooled + sum(_width(branch[-1]) for branch in branches.values() if branch)
        self.blocks = nn.ModuleDict(blocks)
        self.fc = nn.Linear(channels, CLASSES)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = (x - self.centre) / self.scale
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))  # (B, 64, 147, 147)
        x = F.max_pool2d(x, 3, stride=2)
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x))  # (B, 192, 71, 71)
        x = F.max_pool2d(x, 3, stride=2)
        for block in self.blocks.values():
            x = block(x)
        features = x.mean((2, 3))  # (B, 2048)
        return features, F.linear(features, self.fc.weight)

    def published_names(self) -> Iterator[tuple[str, nn.Conv2d]]:
        """Every convolution with the name that the published file gives it."""
        for name, module in self.named_children():
            if isinstance(module, Convolution):
                yield name, module.conv
        for block_name, block in self.blocks.items():
            if not isinstance(block, Mixed):
                raise TypeError(f"{block_name} is a {type(block).__name__}")
            for branch_name, chain in block.branches.items():
                yield from _names_in_chain(f"{block_name}.{branch_name}", chain)


def _names_in_chain(prefix: str, chain: nn.Module) -> Iterator[tuple[str, nn.Conv2d]]:
    steps = list(chain.children())
    for position, step in enumerate(steps, 1):
        name = prefix if len(steps) == 1 else f"{prefix}_{position}"
        if isinstance(step, Convolution):
            yield name, step.conv
        elif isinstance(step, Forked):
            yield f"{name}a", step.a.conv
            yield f"{name}b", step.b.conv


def published_shapes() -> dict[str, tuple[int, ...]]:
    """Every tensor that the published file must hold, with its shape."""
    with torch.device("meta"):
        network = Inception("clean-fid")
    shapes: dict[str, tuple[int, ...]] = {}
    for name, conv in network.published_names():
        shapes[f"{name}.conv.weight"] = tuple(conv.weight.shape)
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.bn.{part}"] = (conv.out_channels,)
    shapes["fc.weight"], shapes["fc.bias"] = (CLASSES, network.fc.in_features), (CLASSES,)
    return shapes


def build(weights: Path, like: Like) -> Inception:
    """The network with the weights of a `.pth` or `.safetensors` file, ready to run.

    Raises WeightsError when the file cannot be read or is not a state dict of this network.
    """
    tensors = read_state_dict(weights)
    check_shapes(weights, tensors, published_shapes(), network="the 2015 FID Inception")
    with torch.device("meta"):
        network = Inception(like)
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
    conv.weight.data.copy_(weight * gain[:, None, None, None])
    if conv.bias is None:
        raise TypeError("a folded convolution has a bias")
    conv.bias.data.copy_(beta - mean * gain)
