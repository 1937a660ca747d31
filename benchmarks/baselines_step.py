"""A whole training step of CycleGAN, CUT and U-GAT-IT-light against public code, on this machine, in one run.

    git clone https://github.com/taesungp/contrastive-unpaired-translation
    git clone https://github.com/znxlwm/UGATIT-pytorch
    python -m benchmarks.baselines_step --cut contrastive-unpaired-translation --ugatit UGATIT-pytorch

In fp32, with both players' optimisers. The public step is run as it is written and also with channels-last memory,
which it does not use; the quicker of both counts. Contestants take turns, so that a busy machine slows all alike;
medians are compared, after a round that does not count.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks import baselines_official as theirs
from benchmarks.baselines_parity import configured, optimisers
from nicegan.config import RunConfig
from nicegan.models.protocol import StepPass, build_model

Step = Callable[[Tensor, Tensor], None]


def public_step(public: theirs.PublicModel, *, channels_last: bool) -> Step:
    """The public step."""
    if channels_last:
        for network in public.networks.values():
            network.to(memory_format=torch.channels_last)
    return lambda a, b: public.step(a, b, np.random.default_rng(0))


def our_step(config: RunConfig) -> Step:
    """Our step as `nicegan train` runs it."""
    model = build_model(config).to(memory_format=torch.channels_last)
    adams = optimisers(model, config)

    def step(a: Tensor, b: Tensor) -> None:
        batch = StepPass(a, b, random=np.random.default_rng(0))
        for player in model.players:
            adams[player].zero_grad()
            model.add_gradients(player, batch)
            adams[player].step()
            model.after_step(player)

    return step


def medians(steps: dict[str, Step], a: Tensor, b: Tensor, rounds: int) -> dict[str, float]:
    """Median seconds of each step, taken in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(rounds + 1):
        for name, step in steps.items():
            start = time.perf_counter()
            step(a, b)
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def main() -> None:
    """Measure and print a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cut", type=Path, required=True, help="checkout of taesungp/contrastive-unpaired-translation")
    parser.add_argument("--ugatit", type=Path, required=True, help="checkout of znxlwm/UGATIT-pytorch")
    parser.add_argument("--channels", type=int, default=64, help="width of the first convolution (default: 64)")
    parser.add_argument("--size", type=int, default=256, help="side in pixels (default: 256)")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="timed steps of each")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--only", choices=["cyclegan", "cut", "fastcut", "ugatit"])
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    channels, size, batch = given.channels, given.size, given.batch
    a, b = (torch.rand(batch, 3, size, size) * 2 - 1 for _ in range(2))
    public: dict[str, Callable[[], theirs.PublicModel]] = {
        "cyclegan": lambda: theirs.cyclegan(given.cut, channels=channels, batch=batch, pool=50),
        "cut": lambda: theirs.cut(given.cut, channels=channels, batch=batch, fast=False, images=(a, b)),
        "fastcut": lambda: theirs.cut(given.cut, channels=channels, batch=batch, fast=True, images=(a, b)),
        "ugatit": lambda: theirs.ugatit(given.ugatit, channels=channels, size=size),
    }
    print(f"{size} pixels, width {channels}, batch {batch}, {given.threads} threads, torch {torch.__version__}")
    for name, make in public.items():
        if given.only not in (None, name):
            continue
        model, preset = ("cut", "fastcut") if name == "fastcut" else (name, "paper")
        steps = {
            "public": public_step(make(), channels_last=False),
            "public, channels-last": public_step(make(), channels_last=True),
            "ours": our_step(configured(model, preset, channels, size)),
        }
        found = medians(steps, a, b, given.rounds)
        best = min(found["public"], found["public, channels-last"])
        listed = "  ".join(f"{who} {seconds:.2f} s" for who, seconds in found.items())
        print(f"{name:<9} {listed}  {best / found['ours']:.2f} × public", flush=True)


if __name__ == "__main__":
    main()
