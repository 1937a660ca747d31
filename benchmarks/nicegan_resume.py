"""Is a run that was killed with SIGKILL at random moments the same, bit for bit, as one that was not?

    python benchmarks/nicegan_resume.py [--seed N]        # some minutes on two cores

Trains the demo preset through the command line twice, once undisturbed and once killed three times at random moments
and resumed, and compares weights, averages, optimisers, log and validations. Exits with 1 if anything differs.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from nicegan import checkpoint
from nicegan.demo import make_demo
from nicegan.journal import LOG, METRICS, records

STEPS = 40
OPTIONS = f"--iterations {STEPS} --checkpoint-every 3 --sample-every 7 --validate-every 10 --ema 0.99 --log-every 1"


def start(data: Path, run: Path) -> subprocess.Popen[bytes]:
    """The command, resuming whatever is there."""
    program = [sys.executable, "-W", "ignore", "-c", "from gan_eval_cli.app import nicegan; nicegan()"]
    words = ["train", str(data), "--out", str(run), "--preset", "demo", "--resume", "--quiet", *OPTIONS.split()]
    return subprocess.Popen([*program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def content(run: Path) -> dict[str, object]:
    """What must not differ."""
    found = checkpoint.read(checkpoint.folder_of(run, STEPS))
    log = [{key: value for key, value in record.items() if "seconds" not in key} for record in records(run / LOG)]
    return {
        "weights": (found.folder / checkpoint.WEIGHTS).read_bytes(),
        "optimisers": flat(torch.load(found.folder / checkpoint.STATE, weights_only=True)),
        "log": log,
        "validations": list(records(run / METRICS)),
    }


def flat(value: object) -> object:
    """Tensors as bytes, so that == compares them."""
    if isinstance(value, torch.Tensor):
        return value.contiguous().numpy().tobytes()
    if isinstance(value, dict):
        return {key: flat(each) for key, each in value.items()}
    return [flat(each) for each in value] if isinstance(value, list | tuple) else value


def main() -> None:
    """Train twice and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=None, help="of the moments; default: the clock")
    draw = random.Random(parser.parse_args().seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_demo(folder / "data", counts={"trainA": 30, "trainB": 25, "testA": 8, "testB": 8})
        began = time.monotonic()
        assert start(folder / "data", folder / "whole").wait() == 0
        seconds = time.monotonic() - began
        for _ in range(3):
            process = start(folder / "data", folder / "killed")
            moment = draw.uniform(0.15, 0.6) * seconds
            time.sleep(moment)
            process.kill()
            process.wait()
            newest = checkpoint.newest(folder / "killed")
            print(f"killed after {moment:.1f} s; newest checkpoint: {newest.step if newest else 'none'}", flush=True)
        assert start(folder / "data", folder / "killed").wait() == 0
        one, two = content(folder / "whole"), content(folder / "killed")
        for key in one:
            print(f"{key}: {'the same' if one[key] == two[key] else 'DIFFERENT'}")
        sys.exit(one != two)


if __name__ == "__main__":
    main()
