"""How often nearly identical images and orders are found, planted against clean.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.guards DATA [--sets 200]

DATA is a folder of at least 160 images. Each set holds 80 of them at 128 pixels, by features of the default network.
Planted are three altered copies of its images (each kind by itself), and an order by the first feature component.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_eval.features import reader
from gan_eval.guards.likeness import between, is_ordered, within
from gan_eval.metrics.sides import Needs, rows_of
from gan_eval.settings import Settings

Pixels = NDArray[np.uint8]
SIZE, COUNT, PLANTED = 128, 80, 3


def jpeg(quality: int) -> Callable[[Image.Image], Image.Image]:
    """The image after a JPEG of that quality."""

    def altered(image: Image.Image) -> Image.Image:
        room = io.BytesIO()
        image.save(room, "JPEG", quality=quality)
        return Image.open(room).convert("RGB")

    return altered


ALTERED: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG 95": jpeg(95),
    "JPEG 75": jpeg(75),
    "shifted by a pixel": lambda image: Image.fromarray(np.roll(np.asarray(image), 1, axis=1)),
    "5 % brighter": lambda image: image.point([min(round(1.05 * value), 255) for value in range(256)] * 3),
    "resized to 96 and back": lambda image: image.resize((96, 96), 3).resize((SIZE, SIZE), 3),
}


def features_of(images: list[Image.Image]) -> NDArray[np.float32]:
    """(n, D) of the default network."""
    with reader(Settings(cache=False), None) as reading:
        opened = reading.open(np.stack([np.asarray(image) for image in images]))
        return np.asarray(rows_of(reading.read(opened, Needs(vectors=True)))[:])


def main() -> None:
    """Print the share of sets in which each guard speaks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", type=int, default=200)
    chosen = parser.parse_args()
    paths = [path for path in sorted(chosen.data.iterdir()) if path.suffix.lower() in (".jpg", ".jpeg", ".png")][:240]
    images = [Image.open(path).convert("RGB").resize((SIZE, SIZE), 3) for path in paths]
    clean = features_of(images)
    copies = {name: features_of([alter(image) for image in images[:60]]) for name, alter in ALTERED.items()}
    rng, spoken = np.random.default_rng(0), dict.fromkeys(("within, clean", "between, clean", "order, clean"), 0)
    for _ in range(chosen.sets):
        order = np.r_[rng.permutation(60), 60 + rng.permutation(len(clean) - 60)]
        real, fake = clean[rng.permutation(order[:COUNT])], clean[order[COUNT : 2 * COUNT]]
        mixed = clean[rng.permutation(len(clean))[:COUNT]]
        results = {
            "within, clean": within(real),
            "between, clean": between(real, fake),
            "order, clean": is_ordered(mixed),
            "order, planted": is_ordered(mixed[np.argsort((mixed - mixed.mean(axis=0)) @ (mixed[0] - mixed[1]))]),
        }
        for name, altered in copies.items():
            some = altered[order[:PLANTED]]
            results[f"within, {name}"] = within(np.concatenate([real, some]))
            results[f"between, {name}"] = between(real, np.concatenate([fake, some]))
        for name, result in results.items():
            spoken[name] = spoken.get(name, 0) + bool(result)
    for name, count in spoken.items():
        print(f"{name}: {count / chosen.sets:.3f}")


if __name__ == "__main__":
    main()
