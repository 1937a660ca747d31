"""The contrast of patches: a patch of a translation must resemble its own place in the input more than others.

Source: Park et al., ECCV 2020, equation 4, with the authors' constants.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nicegan.models.layers.losses import full_precision

#: Similarity that the authors give to a patch's own place among its negatives, where it has nothing to say.
_OWN_PLACE = -10.0


def patch_nce(query: Tensor, key: Tensor, temperature: float) -> Tensor:
    """Mean cross-entropy with which each patch is told from the others of its image; a scalar.

    query, key: (N, P, C) of length 1, of the translation and of the input; no gradient reaches `key`.
    """
    query, key = full_precision(query), full_precision(key.detach())
    similar = query @ key.transpose(1, 2)
    own = similar.diagonal(dim1=1, dim2=2)[..., None]
    same = torch.eye(similar.shape[1], dtype=torch.bool, device=similar.device)
    logits = torch.cat([own, similar.masked_fill(same, _OWN_PLACE)], 2) / temperature
    return (logits.logsumexp(2) - logits[..., 0]).mean()
