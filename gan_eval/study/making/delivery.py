"""Prepares the pictures for participants: draws signs and spoilt pictures, encodes all alike, pads to one length."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from gan_eval.picture_size import PictureSize
from gan_eval.result import Progress
from gan_eval.study.making.draw import Drbg
from gan_eval.study.making.pictures import Pixels, encode, padded, scrambled, sign, size_of
from gan_eval.study.making.sources import PictureReader
from gan_eval.study.schema.trials import BROKEN, CHECK, Design, PictureSource


def draw_pictures(design: Design, reader: PictureReader, seed: str) -> dict[str, Pixels]:
    """Pixels of every picture that a trial shows; signs and spoilt pictures are made here."""
    size = size_of(next(iter(reader.pixels.values())))

    def make(picture: PictureSource) -> Pixels:
        if picture.source == CHECK:
            return sign(picture.item, size)
        if picture.source == BROKEN:
            draw = Drbg(seed, f"broken-{picture.item}-{picture.copy}")
            return scrambled(reader.pixels[PictureSource("m0", picture.item)], draw.shuffled)
        return reader.pixels[picture]

    return {name: make(picture) for name, picture in design.pictures.items()}


def deliver(pixels: Mapping[str, Pixels], jpeg_quality: int | None, progress: Progress) -> dict[str, bytes]:
    """Every picture through one encoder, and padded to the length of the longest."""
    encoded: dict[str, bytes] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, data in zip(
            pixels, pool.map(partial(encode, jpeg_quality=jpeg_quality), pixels.values()), strict=True
        ):
            encoded[name] = data
            progress("encoding", len(encoded), len(pixels))
    length = max(map(len, encoded.values()))
    return {name: padded(data, length + length % 2) for name, data in encoded.items()}


def shown_size(size: PictureSize, longest: int | None) -> PictureSize:
    """Size on the screen in CSS pixels: small pictures by a whole factor up to 256, large ones down to 640."""
    side = max(size)
    if longest is None:
        longest = side * max(1, 256 // side) if side < 192 else min(side, 640)
    return PictureSize(max(1, round(size.width * longest / side)), max(1, round(size.height * longest / side)))
