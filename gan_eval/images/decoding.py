"""From a file's bytes to (H, W, 3) uint8, by one of the policies of `gan_eval.images.policies`.

Every reader of images goes through here, so that damage, bombs and foreign files end in one error.
"""

from __future__ import annotations

import io
import logging
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from gan_eval.errors import InputError, UnreadableError
from gan_eval.files import DAMAGE, open_regular
from gan_eval.images import libtiff
from gan_eval.images.policies import DeepPixels, Policy, UnusablePixels, is_deep, peers

#: More pixels than this are refused as a possible decompression bomb; Pillow's own threshold.
MAX_PIXELS = 89_478_485

# Pillow logs some of what it raises; without a handler of the caller's own that would go to stderr as it is.
logging.getLogger("PIL").addHandler(logging.NullHandler())

#: Formats whose files cannot hold more pixels than so many for each byte: 4096 in a code of 9 bits is GIF's most, 8256
#: in a byte of a PNG that has one bit a pixel.
_DENSE = frozenset(("PNG", "GIF", "BMP", "TIFF", "PPM"))
_MOST_PIXELS_PER_BYTE = 10_000

# Whatever Pillow's readers raise on damaged files. Warnings are among them where the caller turns them into errors.
_DAMAGE: tuple[type[Exception], ...] = (*DAMAGE, Warning, Image.DecompressionBombError)


class UnreadableImage(UnreadableError):
    """One image that cannot be decoded: `name` and the `reason`, in a few words."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"{name}: {reason}")


class Header(NamedTuple):
    """Contents of an image file's header.

    format: Pillow's name of it. width, height: in pixels, as stored. deep: pixels wider than 8 bits, which `peers` cuts
    at 255. animated: several frames, of which the first is used.
    """

    format: str
    width: int
    height: int
    deep: bool = False
    animated: bool = False


def decode(data: bytes | Path, name: str | None = None, *, policy: Policy = peers) -> NDArray[np.uint8]:
    """Decode one image file.

    Parameters
    ----------
    data: the file's bytes, or its path.
    name: what to call it in an error; default the path.
    policy: `peers`, as the tools that scores are compared with see it, or `photographs`, as a person sees it; options
        of the latter by `functools.partial(photographs, white=4095)`.

    Returns
    -------
    (H, W, 3) uint8, RGB.

    Raises
    ------
    UnreadableImage: empty, truncated, not an image, more than MAX_PIXELS, or pixels that the policy cannot use.
    InputError: pixels deeper than 8 bits, where the policy refuses them.
    """
    name = name if name is not None else str(data) if isinstance(data, Path) else "image"
    with _open(_bytes(data, name), name) as image:
        return _pixels(image, name, policy)


def probe(data: bytes, name: str) -> Header:
    """Find what is wrong with an image file without decoding it, where its structure can tell.

    The header is read; a file that does not end as its format must, or a PNG with a wrong checksum, is decoded to see.
    Raises UnreadableImage.
    """
    with _open(data, name) as image:
        format_name = image.format or ""
        header = Header(format_name, image.width, image.height, is_deep(image), _is_animated(image, name))
        if not _looks_whole(data, format_name):
            _pixels(image, name, peers)
    return header


def has_deep_pixels(data: bytes) -> bool:
    """Whether a file's pixels are deeper than 8 bits, by its header; False where it cannot be read."""
    try:
        with _open(data, "") as image:
            return is_deep(image)
    except UnreadableImage:
        return False


def _bytes(data: bytes | Path, name: str) -> bytes:
    if isinstance(data, bytes):
        return data
    try:
        with open_regular(data) as stream:
            return stream.read()
    except OSError as error:
        raise UnreadableImage(name, error.strerror or str(error)) from error


def _open(data: bytes, name: str) -> Image.Image:
    if not data:
        raise UnreadableImage(name, "empty file")
    try:
        image = Image.open(io.BytesIO(data))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadableImage(
            name, f"more than {MAX_PIXELS:,} pixels, refused as a possible decompression bomb"
        ) from error
    except UnidentifiedImageError as error:
        raise UnreadableImage(name, "not an image that Pillow can read") from error
    except _DAMAGE as error:
        raise UnreadableImage(name, _reason(error)) from error
    if image.format == "TIFF":
        libtiff.silence()
    if image.format in _DENSE and image.width * image.height > _MOST_PIXELS_PER_BYTE * len(data):
        raise UnreadableImage(name, f"damaged: {len(data):,} bytes cannot hold {image.width}×{image.height} pixels")
    if image.width * image.height > MAX_PIXELS:
        raise UnreadableImage(name, f"{image.width}×{image.height} pixels, refused as a possible decompression bomb")
    return image


def _pixels(image: Image.Image, name: str, policy: Policy) -> NDArray[np.uint8]:
    try:
        return policy(image)
    except DeepPixels as error:
        raise InputError(f"{name}: {error}") from error
    except UnusablePixels as error:
        raise UnreadableImage(name, str(error)) from error
    except _DAMAGE as error:
        raise UnreadableImage(name, _reason(error)) from error


def _is_animated(image: Image.Image, name: str) -> bool:
    # Cameras put a preview beside the picture in an MPO, which is no animation.
    if image.format not in ("GIF", "PNG", "WEBP", "TIFF", "AVIF"):
        return False
    try:
        return bool(getattr(image, "is_animated", False))
    except _DAMAGE as error:
        raise UnreadableImage(name, _reason(error)) from error


def _checksums_hold(data: bytes) -> bool:
    """Whether the CRC of every chunk of a PNG is right."""
    view = memoryview(data)
    place = 8
    while place + 12 <= len(data):
        end = place + 8 + int.from_bytes(view[place : place + 4], "big")
        if zlib.crc32(view[place + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            return False
        place = end + 4
    return place == len(data)


def _reason(error: BaseException) -> str:
    """A few words of our own; never a library's text."""
    if isinstance(error, MemoryError):
        return "larger than the memory"
    return "truncated" if "truncated" in str(error).lower() else "damaged, or of a kind that Pillow cannot decode"


def _looks_whole(data: bytes, format_name: str) -> bool:
    match format_name:
        case "JPEG" | "MPO":
            return data.endswith(b"\xff\xd9")
        case "PNG":
            return data.endswith(b"IEND\xaeB`\x82") and _checksums_hold(data)
        case "WEBP":
            return len(data) >= 8 + int.from_bytes(data[4:8], "little")
        case "BMP":
            return len(data) >= int.from_bytes(data[2:6], "little") > 0
        case _:
            return False
