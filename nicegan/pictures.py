"""Loads a photograph for training, validation and translation: decoded, resized, as a tensor.

Decoding is `gan_eval.images`' policy `photographs`: upright, deep pixels scaled to 8 bits, transparency over a
background. A JPEG far larger than what is needed of it is decoded at a smaller scale, which its format allows.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from gan_eval import images
from gan_eval.files import DAMAGE, open_regular
from gan_eval.images import UnreadableImage
from gan_eval.images.policies import UnusablePixels, brightest, is_deep, photographs, white_of
from nicegan.config import DataConfig

_UNREADABLE: tuple[type[Exception], ...] = (*DAMAGE, Image.DecompressionBombError)


class Size(NamedTuple):
    """Height and width in pixels."""

    height: int
    width: int


def load_plain(path: Path, size: Size | None, *, config: DataConfig | None = None, data: bytes | None = None) -> Tensor:
    """An image as testing sees it, (3, H, W) uint8: fitted to `size`, with its middle cut out where it is larger.

    size: None for the photograph's own size. data: the file's bytes, where they have been read.
    """
    config = config or DataConfig()
    picture = _open(path, size, config, data)
    if size is not None:
        picture = _cut(_fitted(picture, size, config), size, top=0.5, left=0.5)
    return _to_tensor(picture)


def load_augmented(path: Path, size: Size, rng: np.random.Generator, *, config: DataConfig) -> Tensor:
    """An image as training sees it, (3, H, W) uint8: flipped with probability ½, fitted, cropped at random.

    The order, the margin of 30 pixels and the bilinear resize are the official ones. Three draws from `rng`, always.
    """
    larger = Size(size.height + config.margin, size.width + config.margin)
    picture = _open(path, larger, config)
    if rng.random() < 0.5 and config.flip:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture = _fitted(picture, larger, config)
    top = int(rng.integers(picture.height - size.height + 1))
    left = int(rng.integers(picture.width - size.width + 1))
    return _to_tensor(picture.crop((left, top, left + size.width, top + size.height)))


def check_header(path: Path) -> str | None:
    """Returns what the first and last bytes of a file show to be wrong, or None. No pixel is decoded."""
    try:
        with open_regular(path) as stream, Image.open(stream) as opened:
            width, height, kind = opened.width, opened.height, opened.format
    except UnidentifiedImageError:
        return "empty file" if path.stat().st_size == 0 else "not an image that Pillow can read"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return f"more than {images.MAX_PIXELS:,} pixels, taken for a decompression bomb"
    except DAMAGE as error:
        return (error.strerror if isinstance(error, OSError) else None) or "its header is damaged"
    if width * height > images.MAX_PIXELS:
        return f"{width}×{height} pixels, taken for a decompression bomb"
    return None if _ends_well(path, kind or "") else _decoded(path)


def shape(path: Path) -> str:
    """Width and height in pixels as the header has them."""
    with Image.open(path) as opened:
        return f"{opened.width}x{opened.height}"


def common_white(paths: list[Path]) -> float | None:
    """The value that means white in all images deeper than 8 bits of a set; None where there are none.

    Such images must be scaled alike, or a dark one would come out bright. Raises UnreadableImage where none fits.
    """
    values, floating = [], False
    for path in paths:
        try:
            with open_regular(path) as stream, Image.open(stream) as opened:
                if is_deep(opened):
                    values.append(brightest(opened) or 0.0)
                    floating = floating or opened.mode == "F"
        except _UNREADABLE:
            continue  # found and said by `check_header`, or when it is decoded
    try:
        return white_of(values, floating=floating) if values else None
    except UnusablePixels as error:
        raise UnreadableImage(str(paths[0].parent), str(error)) from error


def to_range(pixels: Tensor, device: torch.device | str = "cpu") -> Tensor:
    """uint8 in [0, 255] → float32 in [-1, 1], by the operations of ToTensor and Normalize(0.5, 0.5)."""
    return pixels.to(device, non_blocking=True).to(torch.float32).div_(255).sub_(0.5).div_(0.5)


def to_pixels(values: Tensor) -> Tensor:
    """Float in [-1, 1] → uint8 in [0, 255], rounded to the nearest and saturated."""
    return values.float().add(1).mul(127.5).round_().clamp_(0, 255).to(torch.uint8)


def _open(path: Path, size: Size | None, config: DataConfig, data: bytes | None = None) -> Image.Image:
    def policy(opened: Image.Image) -> NDArray[np.uint8]:
        if size is not None and config.fit != "native":
            # Twice what is wanted, both ways round: EXIF may turn it, and the resize still has pixels to average.
            side = 2 * max(size)
            opened.draft(None, (side, side))
        return photographs(opened, background=config.background, white=config.white)

    return Image.fromarray(images.decode(path if data is None else data, path.name, policy=policy))


def _fitted(picture: Image.Image, size: Size, config: DataConfig) -> Image.Image:
    """Resized so that it covers `size`: exactly ("stretch"), or as little as keeps the aspect.

    "crop" covers it; "native" is resized only where it is too small.
    """
    tall, wide = size
    scale = max(tall / picture.height, wide / picture.width)
    if config.fit == "stretch":
        return picture.resize((wide, tall), Image.Resampling.BILINEAR)
    if config.fit == "native":
        scale = max(scale, 1.0)
    if scale == 1.0:
        return picture
    tall, wide = max(tall, round(picture.height * scale)), max(wide, round(picture.width * scale))
    return picture.resize((wide, tall), Image.Resampling.BILINEAR)


def _cut(picture: Image.Image, size: Size, *, top: float, left: float) -> Image.Image:
    """A part of `size`; top and left: where it lies, from 0 to 1."""
    x, y = int((picture.width - size.width) * left), int((picture.height - size.height) * top)
    return picture.crop((x, y, x + size.width, y + size.height))


def _decoded(path: Path) -> str | None:
    """Decode a file whose end is not as its format has it; why it cannot be, or None where it can."""
    try:
        images.decode(path, path.name, policy=photographs)
    except UnreadableImage as error:
        return error.reason
    return None


#: How the last bytes of a whole file of a format read.
_ENDS = {"JPEG": b"\xff\xd9", "MPO": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}


def _ends_well(path: Path, kind: str) -> bool:
    if kind not in _ENDS:
        return False
    with open_regular(path) as stream:
        stream.seek(-len(_ENDS[kind]), 2)
        return stream.read() == _ENDS[kind]


def _to_tensor(picture: Image.Image) -> Tensor:
    """PIL RGB → (3, H, W) uint8."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()
