"""Does it learn? Train a small NICE-GAN and print, over steps, how near its translations come to real images.

    python benchmarks/nicegan_learning.py data/cat2dog --out runs/learning        # about an hour of one core

The score is the kernel distance of the embedded EfficientNet-Lite0's features to the real test images of the target
domain (lower is nearer): of the test images as they are (step 0), and translated. Images are 96 pixels (the least that
C2 needs), networks a quarter of the paper's width with four residual blocks; everything else is the paper's, but for
batch 4, twice the learning rate, a schedule of `--steps` and averaged generators. Run again after a kill, it goes on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gan_eval
from nicegan.config import DataConfig, OptimConfig, RunConfig
from nicegan.data import open_folders
from nicegan.journal import METRICS, records
from nicegan.models.nice.settings import NiceNetwork
from nicegan.models.protocol import BOTH
from nicegan.training import Status, train
from nicegan.validation import Scorer, Validation


def configuration(steps: int) -> RunConfig:
    """96 pixels, a quarter of the width, four residual blocks."""
    return RunConfig(
        network=NiceNetwork(height=96, width=96, channels=16, n_res=4),
        optim=OptimConfig(learning_rate=2e-4, iterations=steps, batch_size=4, ema=0.995),
        data=DataConfig(margin=12),
        workers=0,
        sample_every=max(1, steps // 12),
        checkpoint_every=100,
        validate_every=max(1, steps // 12),
        keep_last=2,
    )


def scorer(real: Path) -> Scorer:
    """Kernel distance of images (N, H, W, 3) uint8 to those in a folder."""
    return gan_eval.Reference(real, features="efficientnet-lite0", interval=False).kid


def main() -> None:
    """Train, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with trainA, trainB, testA, testB")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--steps", type=int, default=3000)
    arguments = parser.parse_args()
    folders = open_folders(arguments.data, on_bad_image="skip")
    for reason in folders.skipped:
        print(f"left out: {reason}")
    scorers = {direction: scorer(arguments.data / f"test{direction[-1]}") for direction in BOTH}

    def report(what: Status | Validation) -> None:
        if isinstance(what, Validation):
            print(json.dumps({"step": what.step, **what.to_dict()}), flush=True)

    train(
        configuration(arguments.steps),
        folders,
        arguments.out,
        resume=True,
        scorers=scorers,
        report=report,
    )
    print(f"{'step':>6}  {'A→B':>8}  {'B→A':>8}   kernel distance (efficientnet-lite0), lower is nearer")
    for record in records(arguments.out / METRICS):
        print(f"{record['step']:>6}  {record['AtoB']:>8.4f}  {record['BtoA']:>8.4f}   {record['images']}")


if __name__ == "__main__":
    main()
