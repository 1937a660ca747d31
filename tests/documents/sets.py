"""The small sets that the documents' commands work on: what a reader has at home, in miniature."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image, ImageFilter

from gan_eval.demo import make_sets

COUNT = 24


def prepare(folder: Path) -> None:
    """Make every folder and file that the documents take for granted below `folder`."""
    crops = make_sets(folder / "sets", count=COUNT)
    for name, made in {"real": "real", "fake": "jpeg", "fakes": "blur", "train": "colour"}.items():
        shutil.copytree(crops[made], folder / name)
    _translations(folder, crops["other-crops"])
    _unpaired(folder / "data" / "cat2dog", crops)
    shutil.rmtree(folder / "sets")


def _translations(folder: Path, inputs: Path) -> None:
    """in/ with the inputs; out/ours, out/theirs, out/third with what three models made of them; s0/ to t1/: of runs."""
    shutil.copytree(inputs, folder / "in")
    for number, name in enumerate(("s0", "s1", "t0", "t1")):
        (folder / name).mkdir()
        for path in sorted(inputs.iterdir()):
            Image.open(path).filter(ImageFilter.GaussianBlur(0.4 + 0.2 * number)).save(folder / name / path.name)
    for number, name in enumerate(("ours", "theirs", "third")):
        (folder / "out" / name).mkdir(parents=True)
        for path in sorted(inputs.iterdir()):
            blurred = Image.open(path).filter(ImageFilter.GaussianBlur(0.4 + 0.5 * number))
            blurred.save(folder / "out" / name / path.name)


def _unpaired(data: Path, crops: dict[str, Path]) -> None:
    """A DATA folder of two domains: twelve training and eight test images each."""
    for domain, source in {"A": "other-crops", "B": "colour"}.items():
        paths = sorted(crops[source].iterdir())
        for part, chosen in {"train": paths[:12], "test": paths[12:20]}.items():
            (data / f"{part}{domain}").mkdir(parents=True)
            for path in chosen:
                shutil.copy(path, data / f"{part}{domain}")
