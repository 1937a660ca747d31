"""Images of each model for a report: random ones with their nearest real, the best, the worst, inputs beside outputs.

Best and worst are those of the highest and lowest realism (`metrics.realism`), by the features of one network. What is
shown is a small JPEG of each image, so that a page of six models stays small.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_eval.errors import InputError
from gan_eval.features import FeatureReader, Needs
from gan_eval.features import reader as feature_reader
from gan_eval.images import Given, Item, Source
from gan_eval.metrics.neighbours import nearest
from gan_eval.metrics.realism import USUAL_NEIGHBOUR, realism
from gan_eval.metrics.rows import Rows
from gan_eval.pairing import source_ids
from gan_eval.result import Progress
from gan_eval.settings import Settings
from gan_eval.statistics_file import StatisticsFile
from gan_eval.translation import recorded_inputs

#: Images of each kind that are shown of a model.
SHOWN = 6
#: The longer side of a shown image, in pixels.
SIDE = 144
_QUALITY = 82


@dataclass(frozen=True, slots=True)
class ShownImage:
    """An image as a small JPEG. name: of its file. width, height: of the JPEG. realism: None where it is not known."""

    name: str
    jpeg: bytes
    width: int
    height: int
    realism: float | None = None


class ShownPair(NamedTuple):
    """An image, and another that stands beside it."""

    image: ShownImage
    beside: ShownImage


@dataclass(frozen=True, slots=True)
class ModelSheets:
    """What is shown of a model.

    chosen: random images, each with its nearest real image. best, worst: by realism, the most extreme first; empty
    where the real set is too small. translated: random outputs, each with its input; empty where no record tells of
    them.
    """

    model: str
    chosen: tuple[ShownPair, ...]
    best: tuple[ShownImage, ...]
    worst: tuple[ShownImage, ...]
    translated: tuple[ShownPair, ...]


class _ShownSet(NamedTuple):
    """A set whose images can be shown: how to read each row's image, and the features."""

    items: Sequence[Item]
    vectors: Rows

    def image(self, row: int, realism: float | None = None) -> ShownImage:
        item = self.items[row]
        return shown(item.name, item.pixels(), realism)


def model_sheets(
    real: Given,
    models: Mapping[str, Given],
    *,
    settings: Settings = Settings(),  # noqa: B008 - an immutable value
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[ModelSheets, ...]:
    """Choose what to show of each model; features come from the cache where a score has just been made.

    Parameters
    ----------
    real : source
        The real set.
    models : mapping of name to source
        The fake set of each model.
    settings : Settings
        How images become features.
    seed : int, default 0
        Seed of the random choices.
    progress : callable or None, default None
        Called with (step, done, total or None).

    Returns
    -------
    tuple of ModelSheets
        Of the models whose images can be shown: files of features have none.

    Raises
    ------
    GanEvalError
        For whatever is the input's fault.
    """
    with feature_reader(settings, progress) as reader:
        of_real = _shown_set(reader, real)
        if of_real is None:
            return ()
        sets = {name: _shown_set(reader, given) for name, given in models.items()}
        return tuple(
            _sheets_of(name, models[name], of_real, one, seed) for name, one in sets.items() if one is not None
        )


def shown(name: str, pixels: NDArray[np.uint8], realism: float | None = None) -> ShownImage:
    """An image (H, W, 3) uint8 as a small JPEG."""
    small = Image.fromarray(pixels)
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=_QUALITY)
    return ShownImage(name, stream.getvalue(), small.width, small.height, realism)


def _shown_set(reader: FeatureReader, given: Given) -> _ShownSet | None:
    opened = reader.open(given)
    if isinstance(opened.source, StatisticsFile) or not opened.source.repeatable:
        return None
    read = reader.read(opened, Needs(vectors=True))
    items = _items(opened.source, read.bad)
    if read.vectors is None or len(items) != read.vectors.shape[0]:
        raise InputError(f"{opened.source.label}: changed while it was read (run again)")
    return _ShownSet(items, read.vectors)


def _items(source: Source, bad: Sequence[str]) -> list[Item]:
    """The readable images of a source, in the order of its rows."""
    return [item for item in source.items() if not any(line.startswith(f"{item.name}: ") for line in bad)]


def _sheets_of(name: str, given: Given, real: _ShownSet, fake: _ShownSet, seed: int) -> ModelSheets:
    rng = np.random.default_rng(seed)
    rows = [int(row) for row in rng.permutation(len(fake.items))[:SHOWN]]
    values = realism(real.vectors, fake.vectors) if len(real.items) > USUAL_NEIGHBOUR else None

    def image(row: int) -> ShownImage:
        return fake.image(row, None if values is None else float(values[row]))

    near, _ = nearest(real.vectors, np.asarray(fake.vectors[np.array(rows)]))
    order = [] if values is None else [int(row) for row in np.argsort(-values, kind="stable")]
    return ModelSheets(
        name,
        tuple(ShownPair(image(row), real.image(int(match))) for row, match in zip(rows, near, strict=True)),
        tuple(image(row) for row in order[:SHOWN]),
        tuple(image(row) for row in order[::-1][:SHOWN]),
        _translated(name, given, fake, rows, image),
    )


def _translated(
    name: str, given: Given, fake: _ShownSet, rows: Sequence[int], image: Callable[[int], ShownImage]
) -> tuple[ShownPair, ...]:
    """Outputs with their inputs, where a record tells of them and they can still be had."""
    inputs = recorded_inputs({name: given}).source
    if inputs is None:
        return ()
    by_stem = {item.name.rpartition(".")[0]: item for item in inputs.items()}
    stems = source_ids([item.name for item in fake.items])
    found = [(row, by_stem[stems[row]]) for row in rows if stems[row] in by_stem]
    return tuple(ShownPair(image(row), shown(item.name, item.pixels())) for row, item in found)
