"""Scores translated images against real ones during training. The caller passes the scorer in.

The images are training images that were held out, or the test images. A best that was chosen on the test images looks
better on them than it is, so that there the score is cross-fitted over random halves (`gan_eval.inference.selection`).
The number of a step is the one that `gan-eval` gives for the files that `translate` writes with that step's checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_eval.images import OnBadImage, UnreadableImage
from gan_eval.result import Score
from gan_eval.translation import TranslationDirection
from nicegan.config import DataConfig, RunConfig
from nicegan.data import DomainName, UnpairedFolders
from nicegan.models.protocol import TranslationModel
from nicegan.pictures import Size, load_plain, to_pixels, to_range
from nicegan.samples import evaluating

#: Called with translated images (N, H, W, 3) uint8; compares them with real images of the target domain.
Scorer = Callable[[NDArray[np.uint8]], Score]
SOURCE: Mapping[TranslationDirection, DomainName] = {"AtoB": "A", "BtoA": "B"}


@dataclass(frozen=True, slots=True)
class Validation:
    """Scores by direction after `step` steps; step 0 is the score of the images that nothing has translated.

    on: whether the images are held-out training images or the test images.
    """

    step: int
    scores: Mapping[TranslationDirection, Score]
    on: Literal["train", "test"] = "test"

    @property
    def mean(self) -> float:
        """The mean over the directions, by which the best checkpoint is chosen."""
        return sum(score.value for score in self.scores.values()) / len(self.scores)

    @property
    def halves(self) -> list[list[float]] | None:
        """Scores of both halves of each random split, as means over the directions; None where a scorer has none."""
        found = [score.details.get("halves") for score in self.scores.values()]
        if any(halves is None for halves in found):
            return None
        means: list[list[float]] = np.mean(np.array(found, np.float64), axis=0).tolist()
        return means

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: each direction's value, their mean, and what was measured."""
        score = next(iter(self.scores.values()))
        counts = {str(direction): [found.n_real, found.n_fake] for direction, found in self.scores.items()}
        return {
            **{str(direction): found.value for direction, found in self.scores.items()},
            "mean": self.mean,
            "metric": score.metric,
            "features": score.features,
            "direction": score.direction,
            "images": "translated" if self.step else "untranslated",
            "n_real_fake": counts,
            "on": self.on,
            **({} if self.halves is None else {"halves": self.halves}),
        }


def validate(
    model: TranslationModel | None,
    folders: UnpairedFolders,
    scorers: Mapping[TranslationDirection, Scorer],
    *,
    step: int,
    config: RunConfig,
    device: torch.device,
    on_bad_image: OnBadImage = "fail",
) -> Validation:
    """Score the images of every direction that has a scorer, translated; or as they are, without a model."""
    scores: dict[TranslationDirection, Score] = {}
    for direction, scorer in scorers.items():
        paths = folders.judged[SOURCE[direction]]
        parts = _translated(model, paths, direction, config, device, on_bad_image)
        scores[direction] = scorer(np.concatenate(list(parts)))
    return Validation(step, scores, "test" if folders.held_out is None else "train")


def _translated(
    model: TranslationModel | None,
    paths: Sequence[Path],
    direction: TranslationDirection,
    config: RunConfig,
    device: torch.device,
    on_bad_image: OnBadImage,
) -> Iterator[NDArray[np.uint8]]:
    """Batches (N, H, W, 3) uint8 of the images at the size of training."""
    size = Size(config.network.height, config.network.width)
    for start in range(0, len(paths), 8):
        found = [readable(path, size, config.data, on_bad_image) for path in paths[start : start + 8]]
        if not (pictures := [picture for picture in found if picture is not None]):
            continue
        pixels = torch.stack(pictures)
        if model is not None:
            enabled = config.precision == "bf16"
            with evaluating(model), torch.autocast(device.type, torch.bfloat16, enabled=enabled):
                pixels = to_pixels(model.translate(to_range(pixels, device), direction)).cpu()
        yield pixels.permute(0, 2, 3, 1).numpy()


def readable(path: Path, size: Size, config: DataConfig, on_bad_image: OnBadImage) -> Tensor | None:
    """An image as testing sees it; None where it cannot be decoded and is to be skipped."""
    try:
        return load_plain(path, size, config=config)
    except UnreadableImage:
        if on_bad_image == "fail":
            raise
        return None
