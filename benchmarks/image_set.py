"""Two folders of PNGs of one size, for measurements: OUT/real and OUT/fake.

    python benchmarks/image_set.py --out SET                                          # scikit-learn's photographs
    python benchmarks/image_set.py --out SET --real data/testB --fake outputs/fakeB   # your own

Each image is a random crop of a random source, at times flipped, its brightness changed a little, so that no two are
equal. Without --fake the fake images are the real ones' sources, blurred. Same arguments, same files.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps


def sources(folder: Path | None, blur: float) -> list[Image.Image]:
    """Images to cut from: a folder's, or scikit-learn's two photographs."""
    if folder is not None:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
        images = [Image.open(path).convert("RGB") for path in paths]
    else:
        from sklearn.datasets import load_sample_images

        images = [Image.fromarray(pixels) for pixels in load_sample_images().images]
    return [image.filter(ImageFilter.GaussianBlur(blur)) if blur else image for image in images]


def cut(image: Image.Image, size: int, rng: np.random.Generator) -> Image.Image:
    """A square of 60 to 100 % of the shorter side, resized to `size`, perhaps mirrored, a little brighter or darker."""
    side = int(min(image.size) * rng.uniform(0.6, 1))
    left, top = (int(rng.integers(0, length - side + 1)) for length in image.size)
    square = image.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.BICUBIC)
    if rng.random() < 0.5:
        square = ImageOps.mirror(square)
    return ImageEnhance.Brightness(square).enhance(rng.uniform(0.8, 1.2))


def make(images: list[Image.Image], out: Path, *, count: int, size: int, seed: int) -> None:
    """Write `count` PNGs into `out`."""
    rng = np.random.default_rng(seed)
    out.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        cut(images[rng.integers(len(images))], size, rng).save(out / f"{index:05}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--real", type=Path, help="folder of images")
    parser.add_argument("--fake", type=Path, help="folder of images")
    parser.add_argument("--count", type=int, default=500, help="images in each folder")
    parser.add_argument("--size", type=int, default=256)
    given = parser.parse_args()
    make(sources(given.real, 0), given.out / "real", count=given.count, size=given.size, seed=0)
    fake = given.fake or given.real
    make(sources(fake, 0 if given.fake else 1.5), given.out / "fake", count=given.count, size=given.size, seed=1)


if __name__ == "__main__":
    main()
