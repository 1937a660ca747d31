"""DINOv2 ViT-L/14 at 224 pixels: the network of FD-DINOv2, as the published leaderboards compute it.

Oquab et al., "DINOv2" (arXiv:2304.07193); Stein et al., "Exposing flaws of generative model evaluation metrics"
(arXiv:2306.04675), who call the distance FD-DINOv2. The features are the class token after the last norm. Position
embeddings follow `dinov2_positions`.
"""

from __future__ import annotations

from pathlib import Path

from torch import nn

from gan_eval.extractors.known import DINOV2
from gan_eval.extractors.timm_models import built


def build(weights: Path) -> nn.Module:
    """(B, 3, 224, 224) float32, normalised → features (B, 1024), with the weights of a file, timm's or the authors'.

    Raises WeightsError when the file is not exactly this network's.
    """
    return built(DINOV2.timm, weights, DINOV2.size).eval().requires_grad_(False)
