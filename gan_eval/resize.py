"""The named preprocessing conventions: how an image of any size becomes the network's input size.

They give different distances from the same images and weights, so the convention is part of every result's name.

| resampling | to the network's size | reference |
|---|---|---|
| `clean-fid` | bicubic (a = −0.5) with antialiasing, each channel in float, cut to 0–255 | clean-fid 0.1.35 "clean" |
| `pytorch-fid`, `nice-gan` | bilinear, half-pixel centres, no antialiasing | pytorch-fid 0.3.0, NICE-GAN's fid_kid.py |
| `torch-fidelity`, `adm` | bilinear as TensorFlow 1 had it: source = target × scale | torch-fidelity 0.4.0, ADM |
| `torchmetrics` | bilinear, half-pixel centres, with antialiasing | torchmetrics 1.9 |
| `edm2` | as `clean-fid`, not cut to 0–255 | EDM2's calculate_metrics.py, its DINOv2 |
| `pillow` | bicubic with antialiasing, rounded to whole numbers | dgm-eval's DINOv2 |
| `pillow-square` | the square in the middle, then as `pillow` | the CLIP distance CMMD |
| `pillow-crop` | the shorter side to its size as `pillow`, then the middle | clean-fid's CLIP |

The map from 0–255 to the network's range belongs to the network. The tools that crop leave the edges of images that are
not square unseen.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_eval.settings import Like as Like
from gan_eval.settings import Resampling as Resampling


def resize(image: NDArray[np.uint8], size: tuple[int, int], resampling: Resampling) -> NDArray[np.float32]:
    """Resample one image.

    Parameters
    ----------
    image: (H, W, 3) uint8, RGB.
    size: (height, width) wanted; the aspect ratio is not kept, but by the two that crop.
    resampling: the convention, see the module's table.

    Returns
    -------
    (3, height, width) float32 in 0–255, or a little beyond with `edm2`; contiguous. Safe to call from several threads.
    """
    match resampling:
        case "clean-fid" | "edm2":
            planes = _float_planes(image, size, Image.Resampling.BICUBIC)
            return planes if resampling == "edm2" else np.clip(planes, 0, 255, out=planes)
        case "torchmetrics":
            return _float_planes(image, size, Image.Resampling.BILINEAR)
        case "pillow":
            return _rounded(Image.fromarray(image), size)
        case "pillow-square":
            return _rounded(_square(Image.fromarray(image)), size)
        case "pillow-crop":
            return _cropped(Image.fromarray(image), size)
        case _:
            return _bilinear(image, size, half_pixel=resampling in ("pytorch-fid", "nice-gan"))


def _float_planes(image: NDArray[np.uint8], size: tuple[int, int], kernel: Image.Resampling) -> NDArray[np.float32]:
    """Each channel in float, antialiased."""
    height, width = size
    result = np.empty((3, height, width), np.float32)
    for channel in range(3):
        plane = Image.fromarray(image[:, :, channel].astype(np.float32))
        result[channel] = np.asarray(plane.resize((width, height), kernel))
    return result


def _rounded(image: Image.Image, size: tuple[int, int]) -> NDArray[np.float32]:
    height, width = size
    return _planes(image.resize((width, height), Image.Resampling.BICUBIC))


def _cropped(image: Image.Image, size: tuple[int, int]) -> NDArray[np.float32]:
    """The shorter side to its size, then the middle of the longer one, with torchvision's roundings."""
    height, width = size
    shorter = min(height, width)
    scale = shorter / min(image.size)
    whole = tuple(shorter if side == min(image.size) else int(scale * side) for side in image.size)
    resized = image.resize((whole[0], whole[1]), Image.Resampling.BICUBIC)
    left, top = round((resized.width - width) / 2), round((resized.height - height) / 2)
    return _planes(resized.crop((left, top, left + width, top + height)))


def _square(image: Image.Image) -> Image.Image:
    """The square in the middle of an image."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def _planes(image: Image.Image) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.asarray(image, np.float32).transpose(2, 0, 1))


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
