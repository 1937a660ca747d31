"""Reads damaged inputs with every reader and counts what comes of it.

    python -m benchmarks.fuzz --inputs 100000 --seed 1 --log fuzz.log      # a part of it: --only zip --only npz
    python -m benchmarks.fuzz --seed 1 --input 4711                        # one input once more, with its traceback

Input number I of seed S is always the same. Each is read in a process that goes on to the next one; a process that dies
or does not answer is started anew after the input that it died of. What may happen:

| | |
|---|---|
| accepted | the reader gave something; for files of this program's own, what it gives of the sound file |
| refused | an error of this package, or for the cache nothing at all |
| foreign | any other exception: a traceback for the user |
| believed | a damaged file of this program's own gave something else than the sound one |
| spoke | a library wrote to stderr or warned, which would reach the user as it is |
| hang | no answer within 5 seconds |
| crash | the process died |
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TextIO

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

OUTCOMES = ("accepted", "refused", "foreign", "believed", "spoke", "hang", "crash")
HANG_SECONDS = 5.0
#: Places in the shared numbers after the counts: the input in hand, peak memory in KiB, slowest input in µs.
_NOW, _PEAK, _SLOWEST = -3, -2, -1
#: Exit code of a worker that failed by no input's fault.
_FAILED = 70


class _TooLongError(BaseException):
    """Not an Exception, which a reader might take for damage."""


def _ring(number: int, frame: FrameType | None) -> None:
    raise _TooLongError


class Worker:
    """Reads inputs one after the other in this process."""

    def __init__(self, room: Path, seed: int, only: Sequence[str], numbers: np.ndarray, said: TextIO) -> None:
        from benchmarks.fuzz_readers import targets

        signal.signal(signal.SIGALRM, _ring)
        (room / "made").mkdir()
        self.targets = [one for one in targets(room / "made") if not only or one.name in only]
        self.folders = [room / f"{place:02}" for place in range(len(self.targets))]
        self.numbers, self.said, self.seed = numbers, said, seed
        self._weights = list(itertools.accumulate(one.weight for one in self.targets))
        self._sound: dict[tuple[int, str], object] = {}
        self._seen = Counter[str]()
        warnings.simplefilter("error")

    def run(self, index: int) -> str:
        """Read one input; returns what came of it."""
        rng = random.Random(f"{self.seed}:{index}")
        place = bisect.bisect_right(self._weights, rng.randrange(self._weights[-1]))
        target, folder = self.targets[place], self.folders[place]
        name = rng.choice(target.names)
        if target.own and (place, name) not in self._sound:
            self._restore(place)
            self._sound[place, name] = target.read(folder / name)
        self._restore(place)
        data = target.mutate(target.files[name], rng)
        (folder / name).write_bytes(data)
        self.numbers[_NOW] = index
        begun, wrote = time.perf_counter(), os.fstat(2).st_size
        outcome, detail = self._read(place, name)
        seconds = time.perf_counter() - begun
        _put(folder / name, target.files[name])
        if outcome in ("accepted", "refused") and os.fstat(2).st_size > wrote:
            outcome, detail = "spoke", "stderr"
        if outcome == "believed" and data == target.files[name]:
            outcome = "accepted"
        if seconds > HANG_SECONDS:
            outcome, detail = "hang", detail or "slow"
        self._note(place, index, outcome, detail, seconds, name)
        return outcome

    def _read(self, place: int, name: str) -> tuple[str, str]:
        from gan_eval.errors import GanEvalError

        target, path = self.targets[place], self.folders[place] / name
        signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
        try:
            read = target.read(path)
        except GanEvalError:
            return "refused", ""
        except _TooLongError:
            return "hang", _where(traceback.extract_tb(sys.exc_info()[2]))
        except Warning as error:
            return "spoke", f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            return "foreign", f"{type(error).__name__} {_where(traceback.extract_tb(error.__traceback__))}: {error}"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if read is None:
            return "refused", ""
        if target.own and read != self._sound[place, name]:
            return "believed", name
        return "accepted", ""

    def _restore(self, place: int) -> None:
        """Put back what the reader has removed: a damaged cache entry is."""
        for name, content in self.targets[place].files.items():
            path = self.folders[place] / name
            if not path.exists():
                _put(path, content)

    def _note(self, place: int, index: int, outcome: str, detail: str, seconds: float, name: str) -> None:
        self.numbers[place * len(OUTCOMES) + OUTCOMES.index(outcome)] += 1
        self.numbers[_SLOWEST] = max(self.numbers[_SLOWEST], int(1e6 * seconds))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if peak > self.numbers[_PEAK]:
            if peak > self.numbers[_PEAK] + 50_000 and self._sound:
                self._say(f"memory {peak // 1024} MiB at input {index}, {self.targets[place].name} ({name})")
            self.numbers[_PEAK] = peak
        if outcome not in ("accepted", "refused"):
            kind = f"{self.targets[place].name}: {outcome} {detail[:90]}"
            self._seen[kind] += 1
            if self._seen[kind] <= 3:
                where = f"input {index}, {self.targets[place].name} ({Path(name).name})"
                self._say(f"{where}: {outcome}, {seconds:.2f} s, {detail[:300]!r}")

    def _say(self, line: str) -> None:
        self.said.write(line + "\n")
        self.said.flush()


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _where(frames: traceback.StackSummary) -> str:
    own = [one for one in frames if "benchmarks" not in one.filename]
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "benchmarks"


def work(arguments: argparse.Namespace) -> None:
    """In a process of its own: inputs `--first` to the last one."""
    numbers = np.memmap(arguments.numbers, np.int64, "r+")
    with tempfile.TemporaryDirectory(dir=_fast_disk()) as name, open(arguments.log, "a", encoding="utf-8") as said:
        worker = Worker(Path(name), arguments.seed, arguments.only, numbers, said)
        with open(Path(name) / "stderr", "wb") as spoken:
            os.dup2(spoken.fileno(), 2)
            try:
                for index in range(arguments.first, arguments.inputs):
                    worker.run(index)
            except Exception:  # noqa: BLE001 - told, and the end
                said.write(f"this script failed after input {numbers[_NOW]}:\n{traceback.format_exc()}")
                sys.exit(_FAILED)
        numbers[_NOW] = arguments.inputs


def _fast_disk() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def drive(arguments: argparse.Namespace) -> bool:
    """Start workers until all inputs are done, then print the table; whether nothing was found."""
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        (room / "made").mkdir()
        from benchmarks.fuzz_readers import targets

        names = [one.name for one in targets(room / "made") if not arguments.only or one.name in arguments.only]
        shape = (len(names) * len(OUTCOMES) + 3,)
        numbers = np.memmap(room / "numbers", np.int64, "w+", shape=shape)
        begun = time.monotonic()
        numbers[_NOW] = arguments.first - 1
        while numbers[_NOW] < arguments.inputs:
            _watch(arguments, room / "numbers", numbers)
        return _print(names, numbers, time.monotonic() - begun, arguments)


def _watch(arguments: argparse.Namespace, path: Path, numbers: np.ndarray) -> None:
    """Run one worker to its end; where it dies or does not answer, count that and let the next one go on behind it."""
    first = int(numbers[_NOW]) + 1
    options = ["--seed", arguments.seed, "--inputs", arguments.inputs, "--log", arguments.log, "--first", first]
    only = [word for one in arguments.only for word in ("--only", one)]
    command = [sys.executable, "-m", "benchmarks.fuzz", *map(str, options), *only, "--numbers", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    stuck, since = first - 1, time.monotonic()
    while process.poll() is None:
        time.sleep(0.2)
        if numbers[_NOW] != stuck:
            stuck, since = int(numbers[_NOW]), time.monotonic()
        elif time.monotonic() - since > (3 * HANG_SECONDS if stuck >= first else 120):
            process.kill()
            process.wait()
    if numbers[_NOW] < arguments.inputs:
        if numbers[_NOW] < first or process.returncode == _FAILED:
            raise SystemExit(f"a worker failed of itself (exit code {process.returncode}; see the log)")
        outcome = "hang" if process.returncode == -signal.SIGKILL else "crash"
        numbers[OUTCOMES.index(outcome)] += 1
        with open(arguments.log, "a", encoding="utf-8") as said:
            said.write(f"input {numbers[_NOW]}: {outcome}, exit code {process.returncode}\n")


def _print(names: Sequence[str], numbers: np.ndarray, seconds: float, arguments: argparse.Namespace) -> bool:
    counts = numbers[:-3].reshape(len(names), len(OUTCOMES))
    lines = [f"{'reader':32}{'inputs':>9}" + "".join(f"{one:>10}" for one in OUTCOMES)]
    for name, row in [*zip(names, counts, strict=True), ("all", counts.sum(0))]:
        lines.append(f"{name:32}{row.sum():>9,}" + "".join(f"{one:>10,}" for one in row))
    lines.append(
        f"seed {arguments.seed}, inputs {arguments.first} to {arguments.inputs - 1}, {seconds:.0f} s, peak memory "
        f"{numbers[_PEAK] / 1024:.0f} MiB, slowest input {numbers[_SLOWEST] / 1e6:.2f} s"
    )
    print("\n".join(lines))
    with open(arguments.log, "a", encoding="utf-8") as said:
        said.write("\n".join(lines) + "\n")
    return not counts.sum(0)[2:].any()


def once(arguments: argparse.Namespace) -> None:
    """Read one input and let its error be seen."""
    with tempfile.TemporaryDirectory(dir=_fast_disk()) as name:
        numbers = np.zeros(10_000, np.int64)
        worker = Worker(Path(name), arguments.seed, arguments.only, numbers, sys.stderr)
        caught = worker._read

        def shown(place: int, name: str) -> tuple[str, str]:
            shutil.copy(
                worker.folders[place] / name, ROOT / f"fuzz-{arguments.input}-{Path(name).name}"
            ) if arguments.keep else None
            try:
                worker.targets[place].read(worker.folders[place] / name)
            except Exception:  # noqa: BLE001 - to be shown
                traceback.print_exc()
            worker._restore(place)
            return caught(place, name)

        worker._read = shown  # type: ignore[method-assign]
        print(worker.run(arguments.input))


def main() -> None:
    """Parse the options; drive, work, or read one input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000, help="the last input's number, plus one")
    parser.add_argument("--first", type=int, default=0, help="the first input's number")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", default=os.devnull, help="a file that findings and the table are appended to")
    parser.add_argument("--only", action="append", default=[], help="a reader's name, as the table has it")
    parser.add_argument("--input", type=int, help="read this one input and show its error")
    parser.add_argument("--keep", action="store_true", help="with --input: keep the damaged file")
    parser.add_argument("--numbers", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.input is not None:
        once(arguments)
    elif arguments.numbers:
        work(arguments)
    else:
        sys.exit(0 if drive(arguments) else 1)


if __name__ == "__main__":
    main()
