"""Runs every command with a full disk, a nearly full one and a read-only one, as its cache and as its output.

    sudo PYTHONPATH=.:cli python -m benchmarks.full_disk    # mounts three small file systems, hence the rights

Words after it choose the commands that hold one of them.

Each case is a process of its own. A command that computes a number must print it, whatever becomes of its files: with
exit code 0 where only the cache failed, and 3 with one line of error where an output that was asked for did. No command
may show a traceback. The network is a projection of thumbnails; everything else is what the commands run.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
from gan_eval_cli.app import gan_eval_group, run
from gan_eval_cli.nicegan import nicegan_group
from PIL import Image

from benchmarks.changing_files import Thumbnails
from gan_eval.extractors import Activations

#: Bytes that are left on a nearly full disk: files begin and do not end.
LEFT = 12_288
TINY = "--size 128 --channels 2 --n-res 1 --scales 0,1,2 --margin 4 --workers 0 --preset demo --validate-every 0 "
TINY += "--batch-size 1 --device cpu --iterations 1"


class Case(NamedTuple):
    """A command. prints: whether it must print a number. output: the option or argument that names its output."""

    words: str
    prints: bool = False
    output: str = ""


#: With DISK in place of each output; `{…}` are files of the sound run.
CASES = (
    *(Case(f"{name} {{real}} {{fake}}", True) for name in ("fid", "kid", "prdc")),
    *(Case(f"{name} {{fake}}", True) for name in ("is", "vendi")),
    *(Case("score {real} {fake}", True, f"--{kind}") for kind in ("csv", "latex", "markdown", "html")),
    *(Case("compare {real} a={fake} b={other}", True, f"--{kind}") for kind in ("csv", "latex", "markdown", "html")),
    *(
        Case("nrds --real {real} a={fake} b={other} --seeds 2 --epochs 2", True, kind)
        for kind in ("--csv", "--latex", "--markdown", "--html", "--plot")
    ),
    Case("stats {fake}", False, "-o"),
    Case("stats merge {made} {made}", False, "-o"),
    Case("cache info"),
    Case("cache clear"),
    Case("weights list"),
    Case("demo --quiet", False, "--out"),
    Case("study new --kind pairwise --method a={fake} --method b={other} --items 4", False, "--out"),
    Case("study simulate {study} --people 2", False, "--out"),
    Case("study collect {answers}", False, "--out"),
    Case("study analyse {answers} --key {study}", True, "--html"),
    Case("study analyse {answers} --key {study}", True, "--csv"),
    Case("study check {study} --no-browser"),
    Case("nicegan data make-demo --size 32 --train 2 --test 1", False, "@"),
    Case(f"nicegan train {{data}} {TINY}", False, "--out"),
    Case("nicegan translate {run} {data} --direction AtoB", False, "--out"),
    Case("nicegan info {run}", True),
    Case("nicegan export {run}", False, "--out"),
    Case("nicegan import {official}", False, "--out"),
)


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str


class Extractor(Thumbnails):
    """The thumbnails with class scores."""

    def __call__(self, batch: Any) -> Activations:
        """Features, and ten class scores of them."""
        features = super().__call__(batch).features
        return Activations(features, features[:, :10])


def command(words: Sequence[str], cache: Path, scratch: Path) -> Ended:
    """Run a command in a copy of this process."""
    files = [scratch / "stdout", scratch / "stderr"]
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for number, path in enumerate(files, 1):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - as long as the process lives
            sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
            os.environ["GAN_EVAL_CACHE"] = str(cache)
            group, name = (nicegan_group, "nicegan") if words[0] == "nicegan" else (gan_eval_group, "gan-eval")
            code = run(group, name, list(words[words[0] == "nicegan" :]))
        except BaseException:  # noqa: BLE001 - this is what is looked for
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return Ended(os.waitstatus_to_exitcode(status), *(path.read_text(errors="replace") for path in files))


def worded(case: Case, names: dict[str, str], out: Path | None) -> list[str]:
    """The words of a case; out: where its output goes."""
    words = case.words.format_map(names).split()
    if case.output and out is not None:
        words += [str(out)] if case.output == "@" else [case.output, str(out)]
    return words


def ending(case: Case) -> str:
    """Name of a case's output."""
    endings = {"-o": ".npz", "--plot": ".png", "--latex": ".tex", "--markdown": ".md"}
    return "out" + endings.get(case.output, f".{case.output.strip('-')}" if case.output in ("--csv", "--html") else "")


def faults(case: Case, ended: Ended, *, output: bool) -> list[str]:
    """What is wrong with how a command ended. output: whether its output could not be written."""
    found = []
    if "Traceback" in ended.stderr + ended.stdout:
        found.append("traceback")
    if case.prints and not re.search(r"\d\.?\d", ended.stdout):
        found.append("no number")
    errors = [line for line in ended.stderr.splitlines() if "error:" in line.lower()]
    if output and (ended.code != 3 or len(errors) != 1):
        found.append(f"exit code {ended.code}, {len(errors)} lines of error")
    if not output and ended.code != 0:
        found.append(f"exit code {ended.code}: {ended.stderr.strip()[-200:]}")
    return found


def prepared(root: Path) -> dict[str, str]:
    """Files that the commands read, made by the commands themselves."""
    cache, names = root / "cache", {}
    rng = np.random.default_rng(0)
    for name in ("real", "fake", "other"):
        (root / name).mkdir()
        for index in range(12):
            pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{index:02}.png")
        names[name] = str(root / name)
    steps = {
        "made": "stats {fake} -o {made}",
        "study": "study new --kind pairwise --method a={fake} --method b={other} --items 4 --out {study}",
        "answers": "study simulate {study} --people 4 --out {answers}",
        "data": "nicegan data make-demo {data} --size 132 --train 2 --test 1",
        "run": f"nicegan train {{data}} --out {{run}} {TINY}",
        "official": "nicegan export {run} --out {official}",
    }
    for name, words in steps.items():
        names[name] = str(root / f"{name}{'.npz' if name == 'made' else '.pt' if name == 'official' else ''}")
        ended = command(words.format_map(names).split(), cache, root)
        if ended.code != 0:
            raise SystemExit(f"{words}: {ended.stderr}")
    return names


@contextlib.contextmanager
def mounted(place: Path, *, left: int | None) -> Iterator[Path]:
    """A file system of 1 MiB with `left` bytes free, or a read-only one."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=True)
    try:
        if left is None:
            subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def fill(place: Path, left: int) -> None:
    """Leave so many bytes on a disk; what is on it goes."""
    for path in place.iterdir():
        subprocess.run(["rm", "-rf", str(path)], check=True)
    status = os.statvfs(place)
    (place / "filling").write_bytes(bytes(max(status.f_bavail * status.f_frsize - left, 0)))


def main() -> None:
    """Run every case on every disk, and print what is wrong."""
    extractor = Extractor()
    extractor.network = replace(extractor.network, name="inception", has_logits=True)
    wrong = total = 0
    chosen = [case for case in CASES if not sys.argv[1:] or any(word in case.words for word in sys.argv[1:])]
    with (
        tempfile.TemporaryDirectory() as name,
        mock.patch("gan_eval.features.resolve", return_value=extractor.network),
        mock.patch("gan_eval.features.load", return_value=extractor),
    ):
        root = Path(name)
        names = prepared(root)
        for kind, left in (("full", 0), ("nearly full", LEFT), ("read-only", None)):
            with mounted(root / kind.replace(" ", "-"), left=left) as disk:
                for case in chosen:
                    for what in ("cache", "output") if case.output else ("cache",):
                        if left is not None:
                            fill(disk, left)
                        cache = disk / "cache" if what == "cache" else root / "cache"
                        where = disk / ending(case) if what == "output" else root / f"{total}-{ending(case)}"
                        ended = command(worded(case, names, where), cache, root)
                        # On a nearly full disk some outputs fit.
                        failed = what == "output" and not (left == LEFT and ended.code == 0)
                        found = faults(case, ended, output=failed)
                        total, wrong = total + 1, wrong + bool(found)
                        if found:
                            print(f"{kind} {what}: {case.words} {case.output}: {'; '.join(found)}")
                            print("    " + "\n    ".join((ended.stderr or ended.stdout).strip().splitlines()[-3:]))
    print(f"{total} runs of {len(chosen)} commands on three disks, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
