"""Makes a real set and graded fake sets from scikit-learn's two photographs.

What each fake set has wrong is known, so that the scores can be judged: nothing (`other-crops`), the codec, sharpness,
noise, colour, and variety.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from gan_eval.files import atomic_folder

SIZE = 96

_Change = Callable[[Image.Image, np.random.Generator], Image.Image]


def make_sets(folder: Path, *, count: int = 150, seed: int = 0) -> dict[str, Path]:
    """Write the sets below `folder`, `count` PNGs of 96 × 96 each: `real` first, then the fakes by name.

    The same seed gives the same pixels. Each set appears whole or not at all; one that is there is kept.
    """
    photographs = _photographs()
    made = {}
    for number, (name, change) in enumerate(CHANGES.items()):
        rng = np.random.default_rng([seed, number])
        made[name] = folder / name
        if made[name].is_dir():
            continue
        crops = [_crop(photographs, rng) for _ in range(count if name != "collapse" else 4)]
        with atomic_folder(made[name]) as temporary:
            for index in range(count):
                change(crops[index % len(crops)], rng).save(temporary / f"{index:04}.png")
    return made


def _photographs() -> list[Image.Image]:
    from sklearn.datasets import load_sample_images

    return [Image.fromarray(image) for image in load_sample_images().images]


def _crop(photographs: list[Image.Image], rng: np.random.Generator) -> Image.Image:
    """A random square of one of the photographs, mirrored by chance."""
    photograph = photographs[rng.integers(len(photographs))]
    side = int(rng.integers(SIZE, 2 * SIZE))
    left = int(rng.integers(photograph.width - side))
    top = int(rng.integers(photograph.height - side))
    crop = photograph.resize((SIZE, SIZE), Image.Resampling.BICUBIC, (left, top, left + side, top + side))
    return crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else crop


def _unchanged(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return image


def _jpeg(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=20)
    return Image.open(stream)


def _blur(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(1.5))


def _noise(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    noisy = np.asarray(image, np.float64) + rng.normal(0, 25, (*image.size[::-1], 3))
    return Image.fromarray(noisy.round().clip(0, 255).astype(np.uint8))


def _colour(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    shifted = np.asarray(image, np.float64) * (1.15, 1.0, 0.8) + (10, 0, -10)
    return Image.fromarray(shifted.round().clip(0, 255).astype(np.uint8))


#: Name of each set → what is done to its crops. `collapse` shows four crops again and again.
CHANGES: Mapping[str, _Change] = {
    "real": _unchanged,
    "other-crops": _unchanged,
    "jpeg": _jpeg,
    "colour": _colour,
    "blur": _blur,
    "noise": _noise,
    "collapse": _unchanged,
}
