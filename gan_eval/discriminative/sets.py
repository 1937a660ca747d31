"""Image sets as inputs of a discriminator, with the source that each image shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gan_eval.errors import InputError
from gan_eval.features import FeatureReader, Needs, Opened
from gan_eval.files import sha256_bytes
from gan_eval.images import Item, Source, UnreadableImage
from gan_eval.images.scanning import ContentCheck, content_digest, in_order
from gan_eval.pairing import image_names, source_ids
from gan_eval.result import Progress
from gan_eval.settings import Deep
from gan_eval.statistics_file import StatisticsFile


@dataclass(frozen=True, slots=True, eq=False)
class ImageSet:
    """One set, real or a model's.

    name: `real`, or the model's. label: what the user gave. sha256: of the contents. sources: (N,) what each image
    shows. inputs: what the discriminator sees, (N, D) float32 features or (N, S, S, 3) uint8 pixels. features: (N, D)
    float32, for the nearest real image; None where no network took part. formats: file format → count. bad: "name:
    reason" of images left out. pixels_key: `Contents.pixels_key`; empty where there was no scan. notes: sentences about
    the images.
    """

    name: str
    label: str
    sha256: str
    sources: tuple[str, ...]
    inputs: Tensor
    features: NDArray[np.float32] | None
    formats: Mapping[str, int]
    bad: tuple[str, ...] = ()
    pixels_key: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sources)

    def feature_rows(self) -> NDArray[np.float32]:
        """`features`, which must be there."""
        if self.features is None:
            raise ValueError(f"{self.name} was read without a feature network")
        return self.features

    def key(self) -> str:
        """Everything about this set that changes a discriminator's training (cache key)."""
        return sha256_bytes("\0".join([self.pixels_key or self.sha256, *self.sources]).encode())

    def describe(self) -> dict[str, Any]:
        """The entry of `inputs` in the JSON contract."""
        return {"source": self.label, "count": len(self), "sha256": self.sha256, "formats": dict(self.formats)}


def read_features(reader: FeatureReader, name: str, opened: Opened) -> ImageSet:
    """A set whose inputs are the features of `reader`'s network. Raises GanEvalError as `FeatureReader.read` does."""
    made = reader.read(opened, Needs(vectors=True))
    if made.vectors is None:
        raise InputError(f"{made.label}: its features were not kept (give the images)")
    features = np.array(made.vectors[:])
    sources = _sources(opened, made.bad, len(features))
    formats, key = (made.contents.formats, made.contents.pixels_key) if made.contents else ({}, "")
    return ImageSet(
        name,
        made.label,
        made.sha256,
        sources,
        torch.from_numpy(features),
        features,
        formats,
        tuple(made.bad),
        key,
        made.notes,
    )


def read_pixels(
    name: str,
    opened: Opened,
    size: int,
    *,
    workers: int | None = None,
    deep: Deep = "fail",
    progress: Progress | None = None,
) -> ImageSet:
    """A set whose inputs are pixels: bilinear with antialiasing to size × size, 8 bits, as the published code resizes.

    Raises InputError for what is not images, or can be read once only.
    """
    source, contents = opened
    if isinstance(source, StatisticsFile) or contents is None:
        label = source.label
        raise InputError(f"{label}: this discriminator needs pixels that can be read again (give a folder or an array)")
    bad = _bad_names(contents.bad, source)

    def small(item: Item) -> tuple[bytes, NDArray[np.uint8]] | None:
        if item.name in bad:
            return None
        try:
            data = item.read()
            return content_digest(data), shrink(item.decoded(data, deep), size)
        except UnreadableImage as error:
            raise InputError(f"{source.label}: {error} (its header was sound; repair it, or remove it)") from error

    made = []
    check = ContentCheck(source.label, contents)
    for result in in_order(small, source.items(), workers=workers):
        if result is not None:
            digest, pixels = result
            check.update(digest)
            made.append(pixels)
            if progress:
                progress(f"reading {source.label} at {size} × {size}", len(made), contents.count)
    check.finish()
    sources = _sources(opened, contents.bad, len(made))
    inputs = torch.from_numpy(np.stack(made))
    return ImageSet(
        name,
        source.label,
        contents.sha256,
        sources,
        inputs,
        None,
        contents.formats,
        tuple(contents.bad),
        contents.pixels_key,
        contents.notes,
    )


def shrink(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 → (size, size, 3) uint8."""
    return np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR))


def _sources(opened: Opened, bad: Sequence[str], count: int) -> tuple[str, ...]:
    """What each of the `count` readable images shows: by name, or by place where images have no names."""
    names = image_names(opened.source, bad, count)
    return tuple(map(str, range(count))) if names is None else source_ids(names)


def _bad_names(bad: Sequence[str], source: Source) -> set[str]:
    """Names of the unreadable images, from their lines "name: reason"."""
    if not bad:
        return set()
    return {item.name for item in source.items() if any(line.startswith(f"{item.name}: ") for line in bad)}
