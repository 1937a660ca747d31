"""Small folders of pictures and small studies made from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gan_eval.study.making.export import StudyFiles, export
from gan_eval.study.making.request import Amounts, Hosting, Screen, StudyRequest
from gan_eval.study.making.sources import Folders
from gan_eval.study.schema.trials import Kind

SECRET = bytes(range(32))
ITEMS = tuple(f"scene-{n:02d}" for n in range(12))


def silent(what: str, done: int, total: int | None) -> None:
    """Progress that nobody sees."""


def paint(folder: Path, *, seed: int, items: tuple[str, ...] = ITEMS, size: tuple[int, int] = (32, 32)) -> Path:
    """Fill a folder with smooth coloured noise, one PNG per item; each seed has colours of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, item in enumerate(items):
        rng = np.random.default_rng((seed, number))
        small = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        Image.fromarray(small).resize(size, Image.Resampling.BICUBIC).save(folder / f"{item}.png")
    return folder


def folders(root: Path, *, methods: int = 2, inputs: bool = False, real: bool = False) -> Folders:
    """Methods "alpha", "beta", … of the same items, and inputs and real pictures where wanted."""
    names = ("alpha-net", "beta-net", "gamma-net", "delta-net")[:methods]
    return Folders(
        {name: paint(root / f"out-{name}", seed=n) for n, name in enumerate(names)},
        paint(root / "inputs", seed=100) if inputs else None,
        paint(root / "photographs", seed=101, items=tuple(f"photo-{n:02d}" for n in range(20))) if real else None,
    )


def plan(root: Path, kind: Kind, **changes: Any) -> StudyRequest:
    """A small plan of a kind, with pictures made below `root`."""
    realism = kind in ("real-fake", "two-alternative")
    settings: dict[str, Any] = {
        "kind": kind,
        "folders": folders(root, methods=3 if kind == "best-of-k" else 2, inputs=kind == "best-of-k", real=realism),
        "seed": "7",
        "secret": SECRET,
        "amounts": Amounts(items=4, trials=4, practice=1, checks=1, repeats=0, forms=2),
        "screen": Screen(min_ms=0, exposure_ms=100 if kind == "two-alternative" else None),
        "hosting": Hosting(),
    }
    return StudyRequest(**settings | changes)


def make(root: Path, kind: Kind, *, site: bool = False, **changes: Any) -> StudyFiles:
    """Export a small study to `root / "study"`."""
    return export(plan(root / "pictures", kind, **changes), root / "study", site=site, progress=silent)
