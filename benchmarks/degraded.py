"""Copies of a folder of images, made worse by known steps: sets whose right order nobody disputes.

    python -m benchmarks.degraded data/testB --out SETS          # SETS/real, SETS/blur-1, SETS/blur-2, …

Every copy keeps its file's stem and is a PNG, as the untouched images in `real` are, so that no codec tells the sets
apart. Same arguments, same files.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from gan_eval.images import open_source

#: kind → grades, the mildest first: σ in pixels, σ in grey levels, JPEG quality.
GRADES = {"blur": (1, 2, 3, 4), "noise": (10, 20, 40), "jpeg": (40, 20, 10, 5)}


def degrade(image: np.ndarray, kind: str, grade: float, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 3) uint8 → the same, made worse."""
    match kind:
        case "blur":
            return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(grade)))
        case "noise":
            return np.clip(image + rng.normal(0, grade, image.shape), 0, 255).round().astype(np.uint8)
        case "jpeg":
            stream = io.BytesIO()
            Image.fromarray(image).save(stream, "JPEG", quality=int(grade))
            return np.asarray(Image.open(stream).convert("RGB"))
    raise ValueError(kind)


def write(source: str | Path, out: Path, kind: str | None = None, grade: float = 0, *, seed: int = 0) -> Path:
    """One set, degraded or (without `kind`) as it is; what lies there from an earlier call stays."""
    folder = out / (f"{kind}-{grade}" if kind else "real")
    items = list(open_source(source).items())
    if len(list(folder.glob("*.png"))) == len(items):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for item in items:
        pixels = item.pixels()
        Image.fromarray(degrade(pixels, kind, grade, rng) if kind else pixels).save(
            folder / f"{Path(item.name).stem}.png"
        )
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    print(write(given.images, given.out))
    for kind, grades in GRADES.items():
        for grade in grades:
            print(write(given.images, given.out, kind, grade))


if __name__ == "__main__":
    main()
