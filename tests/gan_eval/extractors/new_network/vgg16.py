"""VGG-16: the mean over all places of the last convolutional block.

Simonyan and Zisserman, "Very Deep Convolutional Networks" (arXiv:1409.1556), configuration D, as torchvision has it.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn
from torchvision.models import vgg16

from gan_eval.extractors.state_dict import check_shapes, read_state_dict


class Vgg16(nn.Module):
    """(B, 3, 224, 224) float32 in about −1..1 → features (B, 512)."""

    def __init__(self) -> None:
        super().__init__()
        self.features: nn.Sequential = vgg16(weights=None).features

    def forward(self, x: Tensor) -> Tensor:
        mean: Tensor = self.features(x).mean((2, 3))
        return mean


def build(weights: Path) -> Vgg16:
    """The network with the weights of a file of torchvision's names. Raises WeightsError when the file is another's."""
    network = Vgg16()
    tensors = {name: value for name, value in read_state_dict(weights).items() if not name.startswith("classifier.")}
    check_shapes(weights, tensors, {k: tuple(v.shape) for k, v in network.state_dict().items()}, network="VGG-16")
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False)
