"""Two processes with half the batch each do what one process does with all of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import torch

from nicegan import checkpoint
from nicegan.config import RunConfig
from nicegan.data import open_folders
from nicegan.training import train

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, pathlib, sys
from torch import distributed
from nicegan.config import RunConfig
from nicegan.data import open_folders
from nicegan.training import train
config, data, run, store = sys.argv[1:5]
distributed.init_process_group("gloo", init_method=f"file://{store}", rank=int(sys.argv[5]), world_size=2)
train(RunConfig.from_dict(json.loads(config)), open_folders(pathlib.Path(data)), pathlib.Path(run), tensorboard=False)
distributed.destroy_process_group()
"""


def test_two_processes_train_as_one(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    # Without weight decay and with a large epsilon, Adam does not blow rounding errors up to whole steps.
    optim = replace(tiny.optim, iterations=2, decay=False, batch_size=4, weight_decay=0.0, eps=1e-2)
    train(replace(tiny, optim=optim), open_folders(demo), tmp_path / "one", tensorboard=False)
    half = json.dumps(replace(tiny, optim=replace(optim, batch_size=2)).to_dict())
    arguments = [sys.executable, "-c", PROGRAM, half, str(demo), str(tmp_path / "two"), str(tmp_path / "store")]
    processes = [subprocess.Popen([*arguments, str(rank)], cwd=ROOT, env=os.environ) for rank in (0, 1)]
    assert [process.wait(120) for process in processes] == [0, 0]
    one, two = (checkpoint.newest(tmp_path / name) for name in ("one", "two"))
    assert one is not None
    assert two is not None
    for network in one.networks:
        torch.testing.assert_close(
            checkpoint.load_weights(two, network), checkpoint.load_weights(one, network), rtol=1e-5, atol=1e-6
        )
