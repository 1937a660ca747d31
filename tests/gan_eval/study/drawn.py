"""Small real studies, made by the exporter from noise, and made-up people who answer them."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gan_eval.study.analysing.analysis import Analysis, analyse
from gan_eval.study.analysing.findings import AnalysisSettings
from gan_eval.study.collecting.simulate import People, made_up_events
from gan_eval.study.making.compose import compose
from gan_eval.study.making.request import Amounts, Screen, StudyRequest
from gan_eval.study.making.sources import Folders
from gan_eval.study.schema.events import Event
from gan_eval.study.schema.manifest import Key, Manifest
from gan_eval.study.schema.trials import Kind

NAMES = ("NICE-GAN", "U-GAT-IT", "CycleGAN")
PREFERENCE = {"NICE-GAN": 0.9, "CycleGAN": -0.6}
FOOLING = {"NICE-GAN": 0.45, "U-GAT-IT": 0.35, "CycleGAN": 0.15}
RATED = {"NICE-GAN": 4.0, "U-GAT-IT": 3.3, "CycleGAN": 2.5}
PLAIN = Screen()
#: Fewer resamples than a real analysis, for speed.
QUICK = AnalysisSettings(resamples=400, arrangements=999)


@functools.cache
def study(kind: Kind, methods: tuple[str, ...] = NAMES, screen: Screen = PLAIN) -> tuple[Manifest, Key]:
    """Manifest and key of a study over 18 items of noise, 4 pixels wide."""
    rng = np.random.default_rng(0)
    prefers = kind in ("best-of-k", "pairwise", "rating", "rank-k")
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, str(number)) for number in range(len(methods) + 1)]
        for folder in folders:
            folder.mkdir()
            for item in range(24):
                noise = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
                Image.fromarray(noise).save(folder / f"item{item:02d}.png")
        sources = Folders(
            dict(zip(methods, folders[1:], strict=True)),
            inputs=folders[0] if kind == "best-of-k" else None,
            real=None if prefers else folders[0],
        )
        plan = StudyRequest(kind, sources, "7", bytes(range(32)), Amounts(items=18, practice=3, gold=1), screen)
        composed = compose(plan, progress=lambda what, done, total: None)
    return composed.manifest, composed.key


@functools.cache
def events(kind: Kind, people: int = 22, seed: int = 0, careless: float = 0.0, **which: Any) -> tuple[Event, ...]:
    """Answers of so many made-up people with planted strengths."""
    manifest, key = study(kind, **which)
    every = PREFERENCE if kind in ("best-of-k", "pairwise", "rank-k") else RATED if kind == "rating" else FOOLING
    planted = {method.name: every[method.name] for method in key.methods.values() if method.name in every}
    wanted = People(people, planted, careless=careless)
    return tuple(made_up_events(manifest, key, wanted, rng=np.random.default_rng(seed)))


@functools.cache
def analysis(kind: Kind, people: int = 22, seed: int = 0, careless: float = 0.0, **which: Any) -> Analysis:
    """Their analysis, with few resamples."""
    manifest, key = study(kind, **which)
    return analyse(events(kind, people, seed, careless, **which), manifest, key, settings=QUICK)
