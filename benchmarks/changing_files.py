"""Changes, removes, adds and replaces files at random moments of runs, and looks for wrong numbers.

    python -m benchmarks.changing_files --runs 100 --seed 0

A run scores a real and a fake folder while a second thread does something to the fake one at a random moment: before
the scan, during it, between scan and pass, or during the pass. The run must either give the true number of files that
were all there at one time, or be refused; a later run must give the true number of what is there then, from the cache
or not. True numbers come from runs without a cache on untouched copies. The network is a projection of thumbnails, so
that hundreds of runs take a minute; everything else is what `gan-eval fid` runs.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_eval.cache import Cache
from gan_eval.errors import GanEvalError
from gan_eval.extractors import Activations, Network
from gan_eval.features import FeatureReader
from gan_eval.resize import resize
from gan_eval.scoring import Options, scores

IMAGES = 24
OPTIONS = Options(interval=False)


class Thumbnails:
    """12 features of a 4 × 4 thumbnail by a fixed projection."""

    def __init__(self) -> None:
        path = Path("thumbnails")
        self.network = Network("thumbnails", path, "1" * 64, False, "clean-fid", "fp32", "torch", "cpu", 12, False)
        self._projection = np.random.default_rng(1).standard_normal((48, 12)).astype(np.float32)

    def prepare(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(H, W, 3) uint8 → (3, 4, 4) float32."""
        return resize(image, (4, 4), "clean-fid")

    def __call__(self, batch: NDArray[np.float32]) -> Activations:
        """Features of a batch."""
        time.sleep(0.002)  # a network takes time, in which files can change
        return Activations(batch.reshape(len(batch), -1) / 255 @ self._projection, None)


def paint(path: Path, rng: random.Random) -> None:
    """Write one image, whole."""
    colours = np.frombuffer(rng.randbytes(8 * 8 * 3), np.uint8).reshape(8, 8, 3)
    beside = path.with_name(f".{path.name}.new")
    Image.fromarray(colours).save(beside, "PNG")
    beside.replace(path)


def change(folder: Path, rng: random.Random) -> None:
    """Overwrite an image, write half of it, remove it, add one, replace it, swap two, or change it for a moment."""
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    one, other = (folder / name for name in rng.sample(names, 2))
    kind = rng.randrange(7)
    if kind == 0:
        one.write_bytes(other.read_bytes())
    elif kind == 1:
        one.write_bytes(one.read_bytes()[: rng.randrange(200)])
    elif kind == 2:
        one.unlink()
    elif kind == 3:
        paint(folder / f"new-{rng.randrange(1000)}.png", rng)
    elif kind == 4:
        paint(one, rng)
    elif kind == 5:
        aside = folder / ".aside"
        one.rename(aside)
        other.rename(one)
        aside.rename(other)
    else:
        kept = one.read_bytes()
        paint(one, rng)
        time.sleep(rng.random() * 0.01)
        one.write_bytes(kept)


def fid(real: Path, fake: Path, cache: Cache) -> float:
    """The Fréchet distance as a command computes it."""
    extractor = Thumbnails()
    with FeatureReader(extractor.network, cache=cache, batch_size=4, workers=2, extractor=extractor) as reader:
        sets = [reader.read(reader.open(str(folder))) for folder in (real, fake)]
        return scores(*sets, ("fid",), extractor.network, OPTIONS)[0].value


def truth(real: Path, fake: Path) -> float | None:
    """The number of what is in the folder now, without a cache; None where it cannot be scored."""
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(fake, Path(name) / "fake")
        try:
            return fid(real, Path(name) / "fake", Cache(keep=False))
        except GanEvalError:
            return None


class Room:
    """Folders of one run. states: true numbers of every state that the fake folder was in."""

    def __init__(self, root: Path, rng: random.Random) -> None:
        self.real, self.fake, self.cache = root / "real", root / "fake", root / "cache"
        for folder in (self.real, self.fake):
            folder.mkdir()
            for index in range(IMAGES):
                paint(folder / f"{index:03}.png", rng)
        self.states = [truth(self.real, self.fake)]

    def disturbed(self, rng: random.Random, begun: float) -> tuple[str, float | None]:
        """One run while another thread changes the folder: what came of it, and the number."""
        moment, changes = rng.random() * begun, rng.choice((1, 1, 2, 4))
        seed = rng.randrange(2**32)

        def disturb() -> None:
            own = random.Random(seed)
            time.sleep(moment)
            for _ in range(changes):
                change(self.fake, own)
                self.states.append(truth(self.real, self.fake))

        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            outcome, number = "number", fid(self.real, self.fake, Cache(self.cache))
        except GanEvalError:
            outcome, number = "refused", None
        thread.join()
        return outcome, number


def known(number: float, states: list[float | None]) -> bool:
    """Whether a number is that of one of the states, to rounding."""
    return any(state is not None and abs(number - state) <= 1e-9 * max(1.0, abs(state)) for state in states)


def one_run(root: Path, rng: random.Random, duration: float, counts: Counter[str]) -> None:
    """A disturbed run and two later ones on the same cache; counts what came of them."""
    room = Room(root, rng)
    original = root / "original"
    shutil.copytree(room.fake, original)
    outcome, number = room.disturbed(rng, duration)
    if number is not None and not known(number, room.states):
        outcome = "WRONG NUMBER"
        print(f"{root.name}: {number} is none of {room.states}")
    counts[f"during the change: {outcome}"] += 1
    for name, folder in (("changed files", room.fake), ("files as they were", original)):
        wanted = truth(room.real, folder)
        try:
            found: float | None = fid(room.real, folder, Cache(room.cache))
        except GanEvalError:
            found = None
        same = found == wanted or (found is not None and wanted is not None and known(found, [wanted]))
        counts[f"later, {name}: {'refused' if same and found is None else 'right' if same else 'WRONG NUMBER'}"] += 1


def main() -> None:
    """Run, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        warm = Path(name) / "warm"
        warm.mkdir()
        room = Room(warm, random.Random(0))
        begun = time.perf_counter()
        fid(room.real, room.fake, Cache(room.cache))
        duration = time.perf_counter() - begun
        for run in range(arguments.runs):
            root = Path(name) / str(run)
            os.mkdir(root)
            one_run(root, random.Random(f"{arguments.seed}:{run}"), duration, counts)
    for what, count in sorted(counts.items()):
        print(f"{what:50}{count:>6}")
    sys.exit(1 if any("WRONG" in what for what in counts) else 0)


if __name__ == "__main__":
    main()
