"""A whole training step (D and G, both optimisers) against the authors' code, on this machine, in one run.

    git clone https://github.com/alpc91/NICE-GAN-pytorch
    python -m benchmarks.nicegan_step --official NICE-GAN-pytorch                          # 256 pixels, batch 1
    python -m benchmarks.nicegan_step --official NICE-GAN-pytorch --size 128 --batch 4
    python -m benchmarks.nicegan_step --official NICE-GAN-pytorch --bf16                   # under bf16 autocast too

Light, six residual blocks, full width. The authors' step is run as they wrote it and also with channels-last memory
and a fused Adam, which they do not use; the quicker of both counts. Contestants take turns, so that a busy machine
slows all alike; medians are compared. With --profile the operations that took most of the time are listed. Also
printed: the bytes that each G step keeps for the backward pass (weights apart; most at one time).
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks import nicegan_official as theirs
from nicegan.config import OptimConfig, Precision, RunConfig
from nicegan.models.nice.networks import build
from nicegan.models.nice.settings import NiceNetwork
from nicegan.models.nice.steps import StepOptions, discriminator_step, generator_step
from nicegan.profile import SavedBytes, profile

Step = Callable[[Tensor, Tensor], None]


def official_step(checkout: Path, size: int, channels: int, *, tuned: bool, bf16: bool = False) -> Step:
    """The authors' step; tuned: with what PyTorch offers today and they do not use."""
    made = theirs.trainer(checkout, size=size, light=True, n_res=6, channels=channels, fused=tuned)
    if tuned:
        theirs.each(made, lambda network: network.to(memory_format=torch.channels_last))
    halves = theirs.step_halves(checkout)

    def step(a: Tensor, b: Tensor) -> None:
        with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
            for half in halves:
                made.half(half, a, b)

    return step


def our_step(size: int, channels: int, precision: Precision = "fp32") -> Step:
    """Our step as `nicegan train` runs it."""
    networks = build(NiceNetwork(height=size, width=size, channels=channels))
    networks.to(memory_format=torch.channels_last)
    settings = {"lr": 1e-4, "betas": (0.5, 0.999), "weight_decay": 1e-4, "fused": True}
    d = torch.optim.Adam(networks.discriminator_parameters(), **settings)
    g = torch.optim.Adam(networks.generator_parameters(), **settings)
    options = StepOptions(precision=precision)

    def step(a: Tensor, b: Tensor) -> None:
        d.zero_grad()
        discriminator_step(networks, a, b, options)
        d.step()
        g.zero_grad()
        generator_step(networks, a, b, options)
        g.step()

    return step


def official_saved_bytes(checkout: Path, size: int, channels: int, batch: int) -> int:
    """What the authors' G half keeps for the backward pass, on tensors without memory."""
    with torch.device("meta"):
        made = theirs.trainer(checkout, size=size, light=True, n_res=6, channels=channels)
        made.device = "meta"
        # Their rho is made by torch.Tensor(…), which heeds no device.
        theirs.each(made, lambda network: network.to("meta"))
        a, b = (torch.empty(batch, 3, size, size) for _ in range(2))
    saved = SavedBytes(nn.ModuleList(getattr(made, name) for name in theirs.NAMES))
    text = theirs.step_halves(checkout)[1].replace("self.G_optim.step()", "pass")
    with torch.autograd.graph.saved_tensors_hooks(saved.pack, saved.unpack):
        made.half(text, a, b)
    return saved.peak


def take_turns(steps: dict[str, Step], a: Tensor, b: Tensor, rounds: int) -> dict[str, list[float]]:
    """Seconds of each step in each round, after a round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(rounds + 1):
        for name, step in steps.items():
            start = time.perf_counter()
            step(a, b)
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def main() -> None:
    """Measure and print a line for each contestant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--official", type=Path, required=True, help="checkout of alpc91/NICE-GAN-pytorch")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--channels", type=int, default=64, help="width of the first convolution (default: 64)")
    parser.add_argument("--rounds", type=int, default=3, help="timed steps of each")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--bf16", action="store_true", help="also under bf16 autocast")
    parser.add_argument("--profile", action="store_true", help="list where the time goes")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)

    steps = {
        "official": official_step(given.official, given.size, given.channels, tuned=False),
        "official, channels-last, fused Adam": official_step(given.official, given.size, given.channels, tuned=True),
        "ours": our_step(given.size, given.channels),
    }
    if given.bf16:
        steps["official, bf16"] = official_step(given.official, given.size, given.channels, tuned=True, bf16=True)
        steps["ours, bf16"] = our_step(given.size, given.channels, "bf16")
    a, b = (torch.rand(given.batch, 3, given.size, given.size) * 2 - 1 for _ in range(2))
    seconds = take_turns(steps, a, b, given.rounds)
    best = min(statistics.median(times) for name, times in seconds.items() if name.startswith("official"))
    print(f"{given.size} pixels, batch {given.batch}, {given.threads} threads, torch {torch.__version__}")
    for name, times in seconds.items():
        median = statistics.median(times)
        print(
            f"{name:<38}{median:8.2f} s  (from {min(times):.2f} to {max(times):.2f})  {best / median:5.2f} × official"
        )

    official = official_saved_bytes(given.official, given.size, given.channels, given.batch)
    config = RunConfig(
        network=NiceNetwork(height=given.size, width=given.size, channels=given.channels),
        optim=OptimConfig(batch_size=given.batch),
    )
    ours = profile(config).generator_step.saved_bytes
    print(
        f"kept for the backward pass of G: {official / 2**20:,.0f} MiB official, {ours / 2**20:,.0f} MiB ours", end=""
    )
    print(f" ({100 * ours / official:.0f} %)")
    for name in ("official", "ours") if given.profile else ():
        with torch.profiler.profile() as profiler:
            steps[name](a, b)
        print(f"\n{name}")
        print(profiler.key_averages().table(sort_by="self_cpu_time_total", row_limit=14, max_name_column_width=40))


if __name__ == "__main__":
    main()
