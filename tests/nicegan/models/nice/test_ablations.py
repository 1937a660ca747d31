"""Every row of the paper's ablation table, and every other switch, trains, saves, resumes and translates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nicegan import checkpoint
from nicegan.config import OptimConfig, RunConfig
from nicegan.data import open_folders
from nicegan.models.nice.settings import NiceLoss, NiceNetwork
from nicegan.training import train
from nicegan.translate import find_inputs, translate

DEEP = NiceNetwork(height=96, width=96, channels=1, n_res=1)
SMALL = NiceNetwork(height=24, width=32, channels=2, n_res=1, scales=(0, 1))
OPTIM = OptimConfig(iterations=10)
LOSS = NiceLoss()

ROWS = {
    "NICE × RA ×": (replace(DEEP, nice=False, attention="plain"), LOSS),
    "NICE × RA ✓": (replace(DEEP, nice=False), LOSS),
    "NICE ✓ RA ×": (replace(DEEP, attention="plain"), LOSS),
    "one shared layer fewer": (replace(DEEP, shared=1), LOSS),
    "NICE-GAN": (DEEP, LOSS),
    "one shared layer more": (replace(DEEP, shared=3), LOSS),
    "without C2": (SMALL, LOSS),
    "without C1 and C2": (replace(SMALL, scales=(0,)), LOSS),
    "without C0": (replace(DEEP, scales=(1, 2)), LOSS),
    "no attention": (replace(SMALL, attention="none"), LOSS),
    "full": (replace(SMALL, light=False), LOSS),
    "nearest upsampling": (replace(SMALL, upsample="nearest"), LOSS),
    "NICE-GAN-1: joint": (SMALL, replace(LOSS, decouple="joint")),
    "NICE-GAN-2: no adversarial gradient": (SMALL, replace(LOSS, decouple="no-adversarial")),
}


@pytest.mark.parametrize("row", ROWS)
def test_row_trains_saves_resumes_and_translates(row: str, tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    network, loss = ROWS[row]
    config = replace(tiny, network=network, loss=loss, optim=replace(OPTIM, ema=0.9), checkpoint_every=0)
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
