"""Seconds and memory of FID, whole process, against the peers: same images, weights and machine, one after another.

    pip install 'gan-eval[fast,test]'                      # the peers come with the test extra, OpenVINO with `fast`
    python benchmarks/image_set.py --out SET               # 500 + 500 PNGs of 256 × 256
    python benchmarks/speed.py --images SET

Every tool runs in a process of its own, from start to exit, with no results kept between runs; repeats go round all
the tools, so that a slow minute of the machine hits each. Peers run with their own network and with the batch size and
number of workers of `--peer-batch-size` and `--peer-workers`; clean-fid's TorchScript network, which is published for
the true weights alone, is replaced by pytorch-fid's, traced. Weights are random unless given: time does not depend on
their values. The network is converted for OpenVINO beforehand, as any first run does once; `--first` times that too.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


@dataclass(frozen=True)
class Task:
    """What every tool is given."""

    images: Path
    weights: Path
    batch_size: int
    workers: int

    @property
    def real(self) -> Path:
        return self.images / "real"

    @property
    def fake(self) -> Path:
        return self.images / "fake"


class Run(NamedTuple):
    """One process: wall-clock seconds, peak resident memory in GB, the FID that it printed."""

    seconds: float
    gigabytes: float
    fid: float


def pytorch_fid(task: Task) -> float:
    """pytorch-fid 0.3.0."""
    import torch
    from pytorch_fid import fid_score, inception

    with mock.patch.object(inception, "load_state_dict_from_url", return_value=torch.load(task.weights)):
        paths = [str(task.real), str(task.fake)]
        return float(fid_score.calculate_fid_given_paths(paths, task.batch_size, "cpu", 2048, task.workers))


def clean_fid(task: Task) -> float:
    """clean-fid 0.1.35, mode "clean"."""
    import torch
    from cleanfid import fid
    from pytorch_fid import inception

    with mock.patch.object(inception, "load_state_dict_from_url", return_value=torch.load(task.weights)):
        network = inception.InceptionV3([3], resize_input=False, normalize_input=False).eval()

    class InTheirRange(torch.nn.Module):
        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            pooled: torch.Tensor = network((batch - 128) / 128)[0][:, :, 0, 0]
            return pooled

    traced = torch.jit.trace(InTheirRange(), torch.zeros(2, 3, 299, 299), check_trace=False)
    value = fid.compute_fid(
        str(task.real),
        str(task.fake),
        mode="clean",
        num_workers=task.workers,
        batch_size=task.batch_size,
        device=torch.device("cpu"),
        custom_feat_extractor=traced,
        verbose=False,
    )
    return float(value)


def torch_fidelity(task: Task) -> float:
    """torch-fidelity 0.4.0; it chooses its number of workers itself."""
    from torch_fidelity import calculate_metrics

    found = calculate_metrics(
        input1=str(task.fake),
        input2=str(task.real),
        fid=True,
        cuda=False,
        batch_size=task.batch_size,
        feature_extractor_weights_path=str(task.weights),
        cache=False,
        verbose=False,
    )
    return float(found["frechet_inception_distance"])


def plain(task: Task) -> float:
    """This package without OpenVINO."""
    from gan_eval.evaluate import Settings, evaluate

    settings = Settings(features="inception", weights=task.weights, cache=False, runtime="torch", device="cpu")
    return float(evaluate(task.real, task.fake, ["fid"], settings=settings).scores[0])


IN_PROCESS: dict[str, Callable[[Task], float]] = {
    "pytorch-fid": pytorch_fid,
    "clean-fid": clean_fid,
    "torch-fidelity": torch_fidelity,
    "gan-eval, plain torch": plain,
}
PEERS = ("pytorch-fid", "clean-fid", "torch-fidelity")


def command(task: Task, *options: str) -> list[str]:
    """`gan-eval fid` as a user types it, results not kept."""
    start = [
        sys.executable,
        "-c",
        "from gan_eval_cli.app import gan_eval; gan_eval()",
        "fid",
        str(task.real),
        str(task.fake),
    ]
    return [*start, "--features", "inception", "--weights", str(task.weights), "--no-cache", "--json", *options]


def child(name: str, task: Task) -> list[str]:
    """This script, for one tool."""
    arguments = [task.images, task.weights, task.batch_size, task.workers]
    return [sys.executable, str(Path(__file__)), "--child", name, *map(str, arguments)]


def run(arguments: Sequence[str], cache: Path) -> Run:
    """Start a process, wait for its end."""
    environment = {
        **os.environ,
        "GAN_EVAL_CACHE": str(cache),
        "GAN_EVAL_OFFLINE": "1",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}",
    }
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(arguments, stdout=out, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        out.seek(0)
        errors.seek(0)
        if status:
            raise SystemExit(f"{' '.join(arguments)} failed:\n{errors.read()}")
        text = out.read()
    fid = json.loads(text)["scores"][0]["value"] if text.startswith("{") else float(text.splitlines()[-1])
    return Run(seconds, usage.ru_maxrss / 1e6, fid)


def measure(
    task: Task, cache: Path, *, repeats: int, only: Sequence[str], first: bool, bf16: bool
) -> dict[str, list[Run]]:
    """All tools, `repeats` times round."""
    tools = {name: child(name, task) for name in IN_PROCESS}
    tools["gan-eval"] = command(task)
    if bf16:
        tools["gan-eval --precision bf16"] = command(task, "--precision", "bf16")
    runs: dict[str, list[Run]] = defaultdict(list)
    if first:
        show("gan-eval, first run ever", run(command(task), cache), runs)
    else:
        convert(task, cache)
    for _ in range(repeats):
        for name, arguments in tools.items():
            if not only or name in only:
                show(name, run(arguments, cache), runs)
    return runs


def convert(task: Task, cache: Path) -> None:
    """Have the network converted for OpenVINO, as a first run does."""
    code = "import sys, pathlib; from gan_eval.extractors import load, resolve; "
    code += "load(resolve('inception', weights=pathlib.Path(sys.argv[1])))"
    environment = {**os.environ, "GAN_EVAL_CACHE": str(cache), "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}"}
    subprocess.run([sys.executable, "-c", code, str(task.weights)], env=environment, check=True)


def show(name: str, done: Run, runs: dict[str, list[Run]]) -> None:
    """Keep a run and tell of it."""
    runs[name].append(done)
    print(f"{name}: {done.seconds:.1f} s, {done.gigabytes:.2f} GB, {done.fid:.6f}", file=sys.stderr, flush=True)


def table(runs: dict[str, list[Run]], images: int) -> None:
    """Medians, and how many times faster than the fastest peer."""
    seconds = {name: statistics.median(one.seconds for one in each) for name, each in runs.items()}
    best = min((seconds[name] for name in PEERS if name in seconds), default=None)
    print(f"{'':<28}{'s (median)':>11}{'range':>15}{'images/s':>10}{'GB':>6}{'FID':>12}{'× fastest peer':>16}")
    for name, each in runs.items():
        low, high = min(one.seconds for one in each), max(one.seconds for one in each)
        ratio = f"{best / seconds[name]:.2f}" if best else ""
        memory = max(one.gigabytes for one in each)
        span = f"{low:.1f}–{high:.1f}"
        rate = images / seconds[name]
        print(f"{name:<28}{seconds[name]:>11.1f}{span:>15}{rate:>10.1f}{memory:>6.2f}{each[0].fid:>12.5f}{ratio:>16}")


def bf16_effect(task: Task, cache: Path) -> None:
    """FID and KID of the same images in both precisions."""
    values = {}
    for precision in ("fp32", "bf16"):
        arguments = command(task, "--precision", precision, "--metrics", "fid,kid", "--no-interval")
        arguments[arguments.index("fid")] = "score"
        environment = {**os.environ, "GAN_EVAL_CACHE": str(cache), "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}"}
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
        values[precision] = [score["value"] for score in json.loads(done.stdout)["scores"]]
    for name, exact, rounded in zip(("FID", "KID"), values["fp32"], values["bf16"], strict=True):
        print(f"{name}: fp32 {exact:.6g}, bf16 {rounded:.6g} ({100 * (rounded / exact - 1):+.2f} %)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, help="folder with real/ and fake/, see image_set.py")
    parser.add_argument("--weights", type=Path, help="published weights; random ones otherwise")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", action="append", default=[], metavar="TOOL", help="this tool alone; may be repeated")
    parser.add_argument("--peer-batch-size", type=int, default=32)
    parser.add_argument("--peer-workers", type=int, default=0)
    parser.add_argument("--first", action="store_true", help="also time a run that has to convert the network first")
    parser.add_argument("--bf16", action="store_true", help="also time bf16, and tell what it changes")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = given.weights or random_weights(given.images / "real", Path(folder) / "random.pth")
        task = Task(given.images, weights, given.peer_batch_size, given.peer_workers)
        runs = measure(
            task, Path(folder) / "cache", repeats=given.repeats, only=given.only, first=given.first, bf16=given.bf16
        )
        table(runs, sum(1 for _ in given.images.glob("*/*.png")))
        if given.bf16:
            bf16_effect(task, Path(folder) / "cache")


def random_weights(images: Path, destination: Path) -> Path:
    """In a process of its own, so that this one stays small."""
    script = Path(__file__).with_name("random_inception.py")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}"}
    subprocess.run(
        [sys.executable, script, "--images", images, "--out", destination, "--count", "32"], env=environment, check=True
    )
    return destination


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        warnings.simplefilter("ignore")  # the peers', of their libraries
        name, images, weights, batch_size, workers = sys.argv[2:]
        print(IN_PROCESS[name](Task(Path(images), Path(weights), int(batch_size), int(workers))))
    else:
        main()
