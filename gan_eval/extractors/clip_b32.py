"""CLIP ViT-B/32 at 224 pixels with its projection: the network of clean-fid's CLIP distance.

Kynkäänniemi et al., "The Role of ImageNet Classes in Fréchet Inception Distance" (arXiv:2203.06026), proposed it. The
embeddings keep their lengths.
"""

from __future__ import annotations

from pathlib import Path

from torch import nn

from gan_eval.extractors.clip import build_projected
from gan_eval.extractors.known import CLIP_B32


def build(weights: Path) -> nn.Module:
    """(B, 3, 224, 224) float32, normalised → features (B, 512), with the weights of a file.

    Raises WeightsError when the file is not exactly this network's.
    """
    return build_projected(CLIP_B32.timm, weights, CLIP_B32.size)
