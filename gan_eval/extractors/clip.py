"""CLIP's image tower with its projection: ViT-L/14 at 336 pixels, with embeddings of unit length, for CMMD.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (arXiv:2103.00020);
Jayasumana et al., "Rethinking FID" (arXiv:2401.09603), whose distance CMMD is. The architecture is timm's,
whose classifier holds the projection. Weights are timm's or those of OpenAI's state dict.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn
from torch.nn import functional as F

from gan_eval.extractors.known import CLIP
from gan_eval.extractors.timm_models import built


class UnitLength(nn.Module):
    """A network whose outputs (B, D) are brought to length 1."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(self.network(x).float(), dim=1)


def build(weights: Path) -> nn.Module:
    """(B, 3, 336, 336) float32, normalised → features (B, 768) of length 1, with the weights of a file.

    Raises WeightsError when the file is not exactly this network's.
    """
    return UnitLength(build_projected(CLIP.timm, weights, CLIP.size)).eval()


def build_projected(name: str, weights: Path, size: tuple[int, int]) -> nn.Module:
    """timm's CLIP transformer of that name, which gives the projected embedding. Raises as `build` does."""
    return built(name, weights, size).eval().requires_grad_(False)
