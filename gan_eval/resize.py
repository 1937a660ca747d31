"""The named preprocessing conventions: how an image of any size becomes the network's input size.

Four tools, three resamplings. They give different FIDs from the same images and weights, so the convention is part of
every result's name.

| like | resampling to the network's size | reference |
|---|---|---|
| `clean-fid` | bicubic (a = −0.5) with antialiasing, each channel in float, cut to 0–255 | clean-fid 0.1.35 "clean" |
| `pytorch-fid`, `nice-gan` | bilinear, half-pixel centres, no antialiasing | pytorch-fid 0.3.0, NICE-GAN's fid_kid.py |
| `torch-fidelity` | bilinear as TensorFlow 1 had it: source = target × scale, no half pixel | torch-fidelity 0.4.0 |

None of them rounds after resizing. The map from 0–255 to the network's range belongs to the network.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_eval.settings import Like as Like


def resize(image: NDArray[np.uint8], size: tuple[int, int], like: Like) -> NDArray[np.float32]:
    """Resample one image as the tool `like` does.

    Parameters
    ----------
    image: (H, W, 3) uint8, RGB.
    size: (height, width) wanted; the aspect ratio is not kept, as in all four tools.
    like: the convention, see the module's table.

    Returns
    -------
    (3, height, width) float32 in 0–255, contiguous. Safe to call from several threads.
    """
    if like == "clean-fid":
        return _bicubic(image, size)
    return _bilinear(image, size, half_pixel=like != "torch-fidelity")


def _bicubic(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    height, width = size
    result = np.empty((3, height, width), np.float32)
    for channel in range(3):
        plane = Image.fromarray(image[:, :, channel].astype(np.float32))
        result[channel] = np.asarray(plane.resize((width, height), Image.Resampling.BICUBIC))
    return np.clip(result, 0, 255, out=result)


def _bilinear(image: NDArray[np.uint8], size: tuple[int, int], *, half_pixel: bool) -> NDArray[np.float32]:
    rows = _taps(image.shape[0], size[0], half_pixel)
    columns = _taps(image.shape[1], size[1], half_pixel)
    # Each pass gathers along the first axis, where numpy copies whole rows.
    planes = _interpolate(image.transpose(1, 2, 0).astype(np.float32), columns)  # (width, 3, H)
    return np.ascontiguousarray(_interpolate(planes.transpose(2, 1, 0), rows).transpose(1, 0, 2))


def _interpolate(values: NDArray[np.float32], taps: _Taps) -> NDArray[np.float32]:
    result = np.take(values, taps.low, axis=0)
    difference = np.take(values, taps.high, axis=0)
    difference -= result
    difference *= taps.weight[:, None, None]
    result += difference
    return result


class _Taps(NamedTuple):
    """The two source rows of each target row, and the weight of the second."""

    low: NDArray[np.intp]
    high: NDArray[np.intp]
    weight: NDArray[np.float32]


@functools.lru_cache(maxsize=256)
def _taps(source: int, target: int, half_pixel: bool) -> _Taps:
    # In float32, as PyTorch and TensorFlow compute them: a coordinate beside an integer must fall on the same side.
    scale = np.float32(source) / np.float32(target)
    index = np.arange(target, dtype=np.float32)
    half = np.float32(0.5)
    position = np.maximum((index + half) * scale - half, np.float32(0)) if half_pixel else index * scale
    low = np.minimum(np.floor(position).astype(np.intp), source - 1)
    high = np.minimum(low + 1, source - 1)
    return _Taps(low, high, (position - low).astype(np.float32))
