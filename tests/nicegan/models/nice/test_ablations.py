"""Every row of the paper's ablation table, and every other switch, trains, saves, resumes and translates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nicegan import checkpoint
from nicegan.config import NetworkConfig, OptimConfig, RunConfig
from nicegan.data import open_folders
from nicegan.training import train
from nicegan.translate import find_inputs, translate

DEEP = NetworkConfig(height=96, width=96, channels=1, n_res=1)
SMALL = NetworkConfig(height=24, width=32, channels=2, n_res=1, scales=(0, 1))
OPTIM = OptimConfig(iterations=10)

ROWS = {
    "NICE × RA ×": (replace(DEEP, nice=False, attention="plain"), OPTIM),
    "NICE × RA ✓": (replace(DEEP, nice=False), OPTIM),
    "NICE ✓ RA ×": (replace(DEEP, attention="plain"), OPTIM),
    "one shared layer fewer": (replace(DEEP, shared=1), OPTIM),
    "NICE-GAN": (DEEP, OPTIM),
    "one shared layer more": (replace(DEEP, shared=3), OPTIM),
    "without C2": (SMALL, OPTIM),
    "without C1 and C2": (replace(SMALL, scales=(0,)), OPTIM),
    "without C0": (replace(DEEP, scales=(1, 2)), OPTIM),
    "no attention": (replace(SMALL, attention="none"), OPTIM),
    "full": (replace(SMALL, light=False), OPTIM),
    "nearest upsampling": (replace(SMALL, upsample="nearest"), OPTIM),
    "NICE-GAN-1: joint": (SMALL, replace(OPTIM, decouple="joint")),
    "NICE-GAN-2: no adversarial gradient": (SMALL, replace(OPTIM, decouple="no-adversarial")),
}


@pytest.mark.parametrize("row", ROWS)
def test_row_trains_saves_resumes_and_translates(row: str, tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    network, optim = ROWS[row]
    config = replace(tiny, network=network, optim=replace(optim, ema=0.9), checkpoint_every=0)
    folders, run = open_folders(demo), tmp_path / "run"
    for stop_at, resume in ((7, False), (10, True)):
        part = replace(config, optim=replace(config.optim, stop_at=stop_at))
        assert train(part, folders, run, resume=resume, tensorboard=False).step == stop_at
    source = checkpoint.choose(run)
    for direction in ("AtoB", "BtoA"):
        translate(source, find_inputs([demo], direction), tmp_path / direction, direction=direction)
        with Image.open(tmp_path / direction / "0001.png") as picture:
            assert picture.size == (network.width, network.height)
            assert np.asarray(picture).std() > 0
