"""A pool of earlier fakes that a discriminator is shown in place of new ones.

Source: Shrivastava et al., CVPR 2017, as CycleGAN's code does it. Here the draws are the pass's own, so that a resumed
run draws the same.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


class ImagePool:
    """At most `size` images. While it is not full, every image is kept and given back; then, with probability ½, an
    image takes the place of a random one of the pool, which is given back instead; size 0 gives back what it gets."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.images: list[Tensor] = []

    def exchange(self, images: Tensor, random: np.random.Generator) -> Tensor:
        """(N, 3, H, W) detached images → as many, new ones or earlier ones."""
        return torch.stack([self._exchange(image, random) for image in images.detach()])

    def _exchange(self, image: Tensor, random: np.random.Generator) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(image.clone())
            return image
        if not self.size or random.random() <= 0.5:
            return image
        place = int(random.integers(self.size))
        earlier = self.images[place]
        self.images[place] = image.clone()
        return earlier
