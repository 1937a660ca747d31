"""Decodes, resizes and encodes every picture of a study in one way, and draws the study's own pictures.

Decode to RGB, colour profile applied and dropped, one size, one encoder with one setting, padded to one length: what
is delivered carries no metadata, and its length says nothing about where it came from. Two fakes that differ only in
the strength of their noise are otherwise told apart by file size alone.

Padding keeps to the formats: a lossless WebP has zeros after its bit stream, inside the only chunk; a JPEG has the
fill bytes 0xFF that may stand before any marker.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from gan_eval.errors import InputError
from gan_eval.files import read_bytes, sha256_bytes
from gan_eval.images import UnreadableImage, decode, photographs
from gan_eval.picture_size import PictureSize
from gan_eval.study.schema.trials import CROSS, TICK

Pixels = NDArray[np.uint8]
Mime = Literal["image/webp", "image/jpeg"]


class Fitting(NamedTuple):
    """Bring every picture to `size` by Lanczos; `crop` keeps the aspect and cuts the middle, else it is stretched."""

    size: PictureSize
    crop: bool = False


def size_of(pixels: Pixels) -> PictureSize:
    """Size of (H, W, 3) pixels."""
    return PictureSize(pixels.shape[1], pixels.shape[0])


class ReadPicture(NamedTuple):
    """A picture and the SHA-256 of the bytes that it was decoded from."""

    pixels: Pixels
    sha256: str


def read_picture(path: Path) -> ReadPicture:
    """(H, W, 3) uint8 in sRGB, as a person sees it: `gan_eval.images.photographs`. Raises UnreadableImage.

    An embedded profile is applied, so that a photograph of a wide-gamut camera does not look pale beside a fake.
    """
    data = _bytes(path)
    return ReadPicture(decode(data, str(path), policy=photographs), sha256_bytes(data))


def fitted(pixels: Pixels, fit: Fitting | None) -> Pixels:
    """The picture at the size asked for; untouched where it has that size already or none was asked for."""
    if fit is None or size_of(pixels) == fit.size:
        return pixels
    image = Image.fromarray(pixels)
    box = _middle(size_of(pixels), fit.size) if fit.crop else None
    return np.asarray(image.resize(fit.size, Image.Resampling.LANCZOS, box=box))


def encode(pixels: Pixels, *, jpeg_quality: int | None) -> bytes:
    """Lossless WebP, or a JPEG of this quality without chroma subsampling; no metadata."""
    stream = io.BytesIO()
    image = Image.fromarray(pixels)
    if jpeg_quality is None:
        # Effort 2/20: 12 ms for 256², within 3 % of the smallest file; the highest effort takes ten times as long.
        image.save(stream, format="WEBP", lossless=True, method=2, quality=20)
    else:
        image.save(stream, format="JPEG", quality=jpeg_quality, subsampling=0)
    return stream.getvalue()


def padded(data: bytes, length: int) -> bytes:
    """The same picture in exactly `length` bytes (an even number, at least that of `data`)."""
    missing = length - len(data)
    if missing < 0 or length % 2:
        raise ValueError(f"{len(data)} bytes cannot be padded to {length}")
    if data.startswith(b"\xff\xd8"):
        return data[:-2] + b"\xff" * missing + data[-2:]
    return (
        b"RIFF" + (length - 8).to_bytes(4, "little") + data[8:16] + (length - 20).to_bytes(4, "little")
        + data[20:] + bytes(missing)
    )  # fmt: skip


def foreign_parts(data: bytes) -> list[str]:
    """Returns the parts of a delivered file beside the picture and its padding: chunks, segments, trailing bytes."""
    if data[:4] == b"RIFF":
        return _foreign_webp(data)
    if data[:2] == b"\xff\xd8":
        return _foreign_jpeg(data)
    return [f"not a WebP or JPEG file (it begins with {data[:8]!r})"]


def sign(name: str, size: PictureSize) -> Pixels:
    """A large tick or cross in dark grey on light grey, for instructed checks."""
    scale = 4
    width, height = size.width * scale, size.height * scale
    image = Image.new("RGB", (width, height), (232, 232, 232))
    strokes = {TICK: [(0.22, 0.54), (0.42, 0.74), (0.78, 0.28)], CROSS: [(0.26, 0.26), (0.74, 0.74)]}[name]
    lines = [strokes] if name == TICK else [strokes, [(0.74, 0.26), (0.26, 0.74)]]
    pen = max(scale, round(0.09 * min(width, height)))
    draw = ImageDraw.Draw(image)
    for line in lines:
        points = [(x * width, y * height) for x, y in line]
        draw.line(points, fill=(56, 56, 56), width=pen, joint="curve")
        for x, y in points:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=(56, 56, 56))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def scrambled(pixels: Pixels, shuffled: Callable[[range], list[int]], *, cells: int = 8) -> Pixels:
    """The picture cut into cells × cells tiles in another order: the same colours, and beyond doubt not a picture."""
    height, width = pixels.shape[0] // cells * cells, pixels.shape[1] // cells * cells
    if min(height, width) == 0:
        return pixels[::-1, ::-1].copy()
    tiles = pixels[:height, :width].reshape(cells, height // cells, cells, width // cells, 3).swapaxes(1, 2)
    mixed = tiles.reshape(cells * cells, *tiles.shape[2:])[shuffled(range(cells * cells))].reshape(tiles.shape)
    result = pixels.copy()
    result[:height, :width] = mixed.swapaxes(1, 2).reshape(height, width, 3)
    return result


def _bytes(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except InputError as error:
        raise UnreadableImage(str(path), str(error).removeprefix(f"{path}: ")) from error


def _middle(size: PictureSize, wanted: PictureSize) -> tuple[float, float, float, float]:
    """The largest box of the wanted aspect in the middle."""
    scale = min(size.width / wanted.width, size.height / wanted.height)
    width, height = wanted.width * scale, wanted.height * scale
    left, top = (size.width - width) / 2, (size.height - height) / 2
    return left, top, left + width, top + height


def _foreign_webp(data: bytes) -> list[str]:
    found = []
    if data[8:12] != b"WEBP" or int.from_bytes(data[4:8], "little") != len(data) - 8:
        found.append("bytes outside the RIFF container")
    position = 12
    while position + 8 <= len(data):
        name, length = data[position : position + 4], int.from_bytes(data[position + 4 : position + 8], "little")
        if name != b"VP8L":
            found.append(f"chunk {name.decode('latin-1')}: {data[position + 8 : position + 8 + length][:60]!r}")
        position += 8 + length + length % 2
    return found


#: Segments that a bare JPEG needs: tables, frame, scan, and the JFIF header that Pillow writes the same for all.
_JPEG_NEEDED = {0xC0, 0xC4, 0xDA, 0xDB, 0xE0}


def _foreign_jpeg(data: bytes) -> list[str]:
    found = []
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        body = data[position + 4 : position + 2 + length]
        if marker not in _JPEG_NEEDED or (marker == 0xE0 and not body.startswith(b"JFIF\0")):
            found.append(f"segment {marker:#04x}: {body[:60]!r}")
        position += 2 + length
        if marker == 0xDA:
            break
    if data.find(b"\xff\xd9", position) != len(data) - 2:
        found.append("bytes after the end of the image")
    return found
