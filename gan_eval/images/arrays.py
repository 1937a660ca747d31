"""Images that never were files: numpy arrays, torch tensors, and iterators of batches of either."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_eval.errors import InputError
from gan_eval.images.source import Item


class ArraySource:
    """Images of one array or tensor; see `to_images` for the forms."""

    repeatable = True
    skipped = 0

    def __init__(self, given: Any, *, label: str = "array") -> None:
        self.label = label
        self._images = to_images(given)
        if not len(self._images):
            raise InputError(f"{label}: holds no images (shape {tuple(np.shape(given))})")

    @property
    def count(self) -> int:
        """Number of images."""
        return len(self._images)

    def items(self) -> Iterator[Item]:
        """The images in order."""
        for index, image in enumerate(self._images):
            yield Item(f"{self.label}[{index}]", partial(_given, image))


class StreamSource:
    """Images of an iterator of batches: arrays, tensors, PIL images, or (images, …) tuples as data loaders give.

    It can be read once, so nothing is known of it beforehand, and its results are not cached.
    """

    repeatable = False
    count = None
    skipped = 0

    def __init__(self, batches: Iterable[Any], *, label: str = "stream") -> None:
        self.label = label
        self._batches = batches
        self._spent = False

    def items(self) -> Iterator[Item]:
        """The images in order; a batch is taken from the iterator when its first image is asked for."""
        if self._spent:
            raise InputError(f"{self.label}: an iterator can be read once only (make a new one)")
        self._spent = True
        index = 0
        for batch in self._batches:
            first = batch[0] if isinstance(batch, (tuple, list)) else batch
            for image in to_images(first):
                yield Item(f"{self.label}[{index}]", partial(_given, image))
                index += 1
        if index == 0:
            raise InputError(f"{self.label}: gave no images")


def to_images(given: Any) -> NDArray[np.uint8]:
    """One batch as (N, H, W, 3) uint8.

    Parameters
    ----------
    given: one of
        numpy array, uint8: (N, H, W, 3), (N, H, W, 1), (N, H, W, 4) whose alpha is dropped, (N, H, W), or one image
        (H, W, 3);
        torch tensor (N, C, H, W) with C = 1 or 3: uint8, or floating in 0–1, which becomes round(255 x);
        one PIL image.

    Raises
    ------
    InputError: another shape or dtype, values outside 0–1, NaN.
    """
    if isinstance(given, Image.Image):
        return np.asarray(given.convert("RGB"))[None]
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(given, torch.Tensor):
        return _three_channels(_tensor_bytes(given))
    if not isinstance(given, np.ndarray):
        raise InputError(f"a batch is a {type(given).__name__}; wanted a uint8 array, a tensor or a PIL image")
    if given.dtype != np.uint8:
        raise InputError(f"an array of {given.dtype}; wanted uint8 (N, H, W, 3), or a torch tensor in 0–1 (N, 3, H, W)")
    if given.ndim == 3 and given.shape[-1] == 3:
        given = given[None]
    return _three_channels(given[..., None] if given.ndim == 3 else given)


def _tensor_bytes(tensor: Any) -> NDArray[Any]:
    """(N, C, H, W) uint8 or floating 0–1 → (N, H, W, C) uint8."""
    if tensor.ndim != 4 or tensor.shape[1] not in (1, 3):
        raise InputError(f"a tensor of shape {tuple(tensor.shape)}; wanted (N, 3, H, W) or (N, 1, H, W)")
    values: NDArray[Any] = np.moveaxis(_to_numpy(tensor), 1, -1)
    if values.dtype == np.uint8:
        return values
    if not np.issubdtype(values.dtype, np.floating):
        raise InputError(f"a tensor of {tensor.dtype}; wanted uint8, or floating point in 0–1")
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    # One part in a thousand forgives rounding in a generator's output; a range of −1…1 or 0…255 is another matter.
    if not (low >= -1e-3 and high <= 1 + 1e-3):
        raise InputError(f"a tensor with values from {low:.3g} to {high:.3g}; wanted 0–1 (for −1…1 pass (x + 1) / 2)")
    rounded: NDArray[np.uint8] = np.floor(np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
    return rounded


def _to_numpy(tensor: Any) -> NDArray[Any]:
    tensor = tensor.detach()
    if str(tensor.dtype) == "torch.bfloat16":  # which numpy does not have
        tensor = tensor.float()
    values: NDArray[Any] = tensor.cpu().numpy()
    return values


def _three_channels(images: NDArray[Any]) -> NDArray[np.uint8]:
    if images.ndim != 4 or images.shape[-1] not in (1, 3, 4):
        raise InputError(f"an array of shape {images.shape}; wanted (N, H, W, 3), uint8 (channels last)")
    if images.shape[-1] == 1:
        return np.repeat(images, 3, axis=-1)
    return np.ascontiguousarray(images[..., :3])


def _given(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return image
