"""Draws a small unpaired data set: plain animals on a meadow (A) and striped ones (B).

Both domains come from one population of scenes, and each scene is drawn in one domain only, so that the pair is
unpaired like the paper's horses and zebras. Translating is a matter of coat alone: a network that learns it leaves the
meadow and the outline as they are. Nothing is lost on the way: the stripes lie across the body, always alike, and the
dark ones have the plain coat's hue; so a cycle can be closed without hiding anything in noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_eval.errors import InputError
from gan_eval.files import atomic_folder
from nicegan.config import DataConfig
from nicegan.pictures import Size, load_plain

#: Images per folder of the demo.
COUNTS = {"trainA": 200, "trainB": 200, "testA": 50, "testB": 50}


@dataclass(frozen=True, slots=True)
class Scene:
    """The parts of a scene that both domains share: (S, S) maps, the meadow (S, S, 3) and a plain coat's colour (3,).

    cover: 1 on the animal, 0 beside it. light: brightness of its coat. stripes: 0 black, 1 white. grain: of the camera.
    """

    meadow: NDArray[np.float64]
    cover: NDArray[np.float64]
    light: NDArray[np.float64]
    stripes: NDArray[np.float64]
    grain: NDArray[np.float64]
    coat: NDArray[np.float64]


def make_demo(
    destination: Path,
    *,
    size: int = 128,
    counts: dict[str, int] | None = None,
    seed: int = 0,
    paired: bool = False,
) -> None:
    """Write trainA, trainB, testA and testB of PNG files, `size`×`size`; the same seed gives the same bytes.

    paired: aligned pairs instead, B striped animals and A the edges of each; the counts of A hold for both.
    """
    if paired:
        _make_paired_demo(destination, size, counts or COUNTS, seed)
        return
    with atomic_folder(destination) as folder:
        for place, (name, count) in enumerate((counts or COUNTS).items()):
            (folder / name).mkdir()
            for number in range(count):
                scene = draw_scene(np.random.default_rng([seed, place, number]), size)
                Image.fromarray(render(scene, striped=name.endswith("B"))).save(folder / name / f"{number:04d}.png")


def _make_paired_demo(destination: Path, size: int, counts: dict[str, int], seed: int) -> None:
    with atomic_folder(destination) as folder:
        for place, part in enumerate(("train", "test")):
            for number in range(counts[f"{part}A"]):
                scene = draw_scene(np.random.default_rng([seed, place, number]), size)
                _write_pair(folder, part, f"{number:04d}.png", render(scene, striped=True))


def make_pairs(
    photographs: Sequence[Path], destination: Path, *, size: int = 64, test: int = 20, seed: int = 0
) -> dict[str, int]:
    """Write aligned pairs of photographs (B) and their edges (A), for training on pairs; returns how many of each part.

    Parameters
    ----------
    photographs: image files; each is cut to a square in the middle and resized.
    size: side of the images in pixels.
    test: how many of them, drawn at random, become the test set.

    Raises InputError where no photograph would be left to train on, and UnreadableImage.
    """
    if test >= len(photographs):
        raise InputError(f"test: {test} of {len(photographs)} photographs leave none to train on")
    tested = set(np.random.default_rng(seed).permutation(len(photographs))[:test].tolist())
    with atomic_folder(destination) as folder:
        for number, path in enumerate(photographs):
            pixels = load_plain(path, Size(size, size), config=DataConfig(fit="crop"))
            part = "test" if number in tested else "train"
            _write_pair(folder, part, f"{number:05d}.png", pixels.permute(1, 2, 0).numpy())
    return {"train": len(photographs) - test, "test": test}


def _write_pair(folder: Path, part: str, name: str, picture: NDArray[np.uint8]) -> None:
    for domain, pixels in (("A", edges(picture)), ("B", picture)):
        (folder / f"{part}{domain}").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{part}{domain}" / name)


def edges(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Dark lines on white where the brightness of a picture (H, W, 3) changes, (H, W, 3) uint8."""
    down, right = np.gradient(picture.astype(np.float64).mean(2))
    strength = np.clip(6 * np.hypot(down, right), 0, 255)
    return np.repeat((255 - np.rint(strength)).astype(np.uint8)[..., None], 3, 2)


def draw_scene(rng: np.random.Generator, size: int) -> Scene:
    """One scene: a meadow with smooth patches, and an animal of two ellipses, a body and a head."""
    y, x = np.mgrid[0:size, 0:size] / size
    patches = sum(smooth_noise(rng, size, cells) / cells for cells in (3, 6))
    green = np.array([0.30, 0.52, 0.22]) + rng.uniform(-0.06, 0.06, 3)
    meadow = green + 0.5 * np.asarray(patches)[..., None] * np.array([1.0, 0.9, 0.5])
    centre, angle = rng.uniform(0.36, 0.64, 2), rng.uniform(-0.6, 0.6)
    long, wide = rng.uniform(0.24, 0.32), rng.uniform(0.14, 0.19)
    side = rng.choice([-1.0, 1.0])
    head = centre + side * long * np.array([np.cos(angle), np.sin(angle)]) + np.array([0.0, -0.12])
    body_depth = _ellipse(x, y, centre, angle, long, wide)
    head_depth = _ellipse(x, y, head, angle + side * 0.7, 0.12, 0.075)
    depth = np.maximum(body_depth, head_depth)
    along = (x - centre[0]) * np.cos(angle) + (y - centre[1]) * np.sin(angle)
    return Scene(
        meadow=meadow,
        cover=np.clip(depth * size * 0.12 + 0.5, 0, 1),
        light=0.62 + 0.38 * np.sqrt(np.clip(depth, 0, 1)) - 0.25 * (y - centre[1]),
        stripes=np.clip(0.5 + 2.5 * np.cos(64 * along), 0, 1),
        grain=rng.normal(0, 0.006, (size, size)),
        coat=np.array([0.72, 0.46, 0.25]) + rng.uniform(-0.08, 0.08, 3),
    )


def render(scene: Scene, *, striped: bool) -> NDArray[np.uint8]:
    """The scene in domain A (a coat of one colour) or B (dark and white stripes), (S, S, 3) uint8."""
    dark, white = 0.25 * scene.coat, np.array([0.95, 0.94, 0.90])
    stripes = scene.stripes[..., None]
    coat = dark + (white - dark) * stripes if striped else scene.coat
    cover = scene.cover[..., None]
    picture = scene.meadow * (1 - cover) + coat * scene.light[..., None] * cover
    pixels: NDArray[np.uint8] = np.rint(np.clip(picture + scene.grain[..., None], 0, 1) * 255).astype(np.uint8)
    return pixels


def smooth_noise(rng: np.random.Generator, size: int, cells: int) -> NDArray[np.float64]:
    """Random values in [-0.5, 0.5] on a grid of `cells` per side, smoothly interpolated to (size, size)."""
    grid = rng.uniform(-0.5, 0.5, (cells + 1, cells + 1))
    position = np.arange(size) / size * cells
    low = position.astype(np.int64)
    t = position - low
    ease = t * t * (3 - 2 * t)
    rows: NDArray[np.float64] = grid[low] * (1 - ease)[:, None] + grid[low + 1] * ease[:, None]
    noise: NDArray[np.float64] = rows[:, low] * (1 - ease) + rows[:, low + 1] * ease
    return noise


def _ellipse(
    x: NDArray[np.float64], y: NDArray[np.float64], centre: NDArray[np.float64], angle: float, long: float, wide: float
) -> NDArray[np.float64]:
    """1 in the centre, 0 on the rim, negative outside."""
    along = (x - centre[0]) * np.cos(angle) + (y - centre[1]) * np.sin(angle)
    across = (y - centre[1]) * np.cos(angle) - (x - centre[0]) * np.sin(angle)
    depth: NDArray[np.float64] = 1 - (along / long) ** 2 - (across / wide) ** 2
    return depth
