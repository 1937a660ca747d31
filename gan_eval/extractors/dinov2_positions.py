"""DINOv2's position embeddings at another size than the models were made for, by their authors' rule.

The models were made for 518 pixels, 37 × 37 patches. For another size the authors' code resizes the grid of position
embeddings by the factor (patches + 0.1) / 37, bicubic and without antialiasing. The 0.1, a remedy for a rounding error,
moves every sample, so it is part of every published number. Models with registers are resized to the size itself,
antialiased.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

#: Side of the input of every published number.
SIZE = 224
#: Side of a patch.
PATCH = 14
_OFFSET = 0.1


def is_dinov2(name: str) -> bool:
    """Whether a model of timm is one of DINOv2's transformers with patches of 14 pixels."""
    return "patch14" in name and "_dinov2" in name


def resampled(tensors: Mapping[str, Tensor], size: tuple[int, int], *, registers: bool) -> dict[str, Tensor]:
    """A state dict with its position embeddings for inputs of that size; other tensors stay as they are.

    registers: whether the model has them; then timm's own resizing is the authors' rule.
    """
    name = "pos_embed"
    grid = tuple(side // PATCH for side in size)
    positions = tensors.get(name)
    if registers or positions is None or positions.ndim != 3 or positions.shape[1] == 1 + grid[0] * grid[1]:
        return dict(tensors)
    return {**tensors, name: _resampled(positions, (grid[0], grid[1]))}


def _resampled(positions: Tensor, grid: tuple[int, int]) -> Tensor:
    """(1, 1 + side², D) → (1, 1 + grid rows × columns, D); the class token's own embedding stays."""
    own, patches = positions.float()[:, :1], positions.float()[:, 1:]
    side = round(patches.shape[1] ** 0.5)
    if side * side != patches.shape[1]:
        return positions  # of another network, which timm refuses by its shape
    planes = patches.reshape(1, side, side, -1).permute(0, 3, 1, 2)
    scale = [(count + _OFFSET) / side for count in grid]
    planes = F.interpolate(planes, scale_factor=scale, mode="bicubic", antialias=False)
    return torch.cat([own, planes.flatten(2).transpose(1, 2)], 1)
