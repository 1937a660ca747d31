"""NRDS on cat → dog: real dogs, NICE-GAN's dogs, untranslated cats, and dogs made worse, by each discriminator.

    python -m benchmarks.nrds_cat2dog data/cat2dog --work /tmp/nrds                      # features: a minute
    python -m benchmarks.nrds_cat2dog data/cat2dog --work /tmp/nrds --discriminator small --plot small.png
    python -m benchmarks.nrds_cat2dog data/cat2dog --work /tmp/nrds --discriminator paper --size 64 --epochs 10

Half of the real dogs of testB and trainB are the reference; the other half competes as `held-out reals` and must come
first, not distinguishable from the reference; the cats must come last. DATA has testA, testB, trainB and
nice-gan/fakeB, the authors' translations of testA. All sets are stored as PNG. Prints the table of `gan-eval nrds`, the
seconds, and whether that order came out (exit code 4 if not).
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from gan_eval_cli.nrds import show
from PIL import Image

from benchmarks.degraded import write
from gan_eval.discriminative.protocol import nrds
from gan_eval.images import UnreadableImage, open_source
from gan_eval.report.nrds_plot import write_plot

DEGRADED = {"blurred": ("blur", 2), "noised": ("noise", 20), "jpeg": ("jpeg", 8)}


def halves(sources: Sequence[Path], out: Path) -> tuple[Path, Path]:
    """The readable images of some folders in two, at random."""
    images = dict(readable(sources))
    first = set(np.random.default_rng(0).permutation(len(images))[: len(images) // 2].tolist())
    folders = out / "half", out / "held-out reals"
    for number, (name, pixels) in enumerate(images.items()):
        folder = folders[number not in first]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folders


def readable(sources: Sequence[Path]) -> Iterator[tuple[str, np.ndarray]]:
    """Name without ending and pixels of each image; a file of the published set is empty."""
    for source in sources:
        for item in open_source(source).items():
            with contextlib.suppress(UnreadableImage):
                yield Path(item.name).stem, item.pixels()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--discriminator", choices=["features", "paper", "small"], default="features")
    parser.add_argument("--against", choices=["pool", "real"], default="pool")
    parser.add_argument("--size", type=int)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    dogs = given.data / "testB"
    half, rest = halves([dogs, given.data / "trainB"], given.work)
    models = {"held-out reals": rest, "NICE-GAN": write(given.data / "nice-gan/fakeB", given.work / "nice-gan")}
    models["cats"] = write(given.data / "testA", given.work / "cats")
    models |= {name: write(dogs, given.work, *how) for name, how in DEGRADED.items()}
    begun = time.perf_counter()
    made = nrds(
        models,
        half,
        discriminator=given.discriminator,
        against=given.against,
        seeds=given.seeds,
        size=given.size,
        epochs=given.epochs,
        batch_size=given.batch_size,
        features="efficientnet-lite0",
    )
    seconds = time.perf_counter() - begun
    show(made)
    for warning in made.warnings:
        print(f"note: {warning}")
    epochs = [seed.epochs for seed in made.seeds]
    print(f"{given.discriminator}: {seconds:.0f} s, epochs of each discriminator {epochs}")
    if given.plot:
        write_plot(made, given.plot)
    names = [score.details["model"] for score in made.scores]
    holds = names[0] == "held-out reals" and names[-1] == "cats"
    holds &= not made["held-out reals"].details["distinguishable_from_real"]
    print("the order is as it must be" if holds else f"WRONG ORDER: {', '.join(names)}")
    sys.exit(0 if holds else 4)


if __name__ == "__main__":
    main()
