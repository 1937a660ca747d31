"""Images of models as a section of a report; the files are part of the page."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gan_eval.report.parts import PagePicture, Sheet
from gan_eval.sheets import ModelSheets, ShownImage, ShownPair

TITLE = "Images"


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of sheet: its title after the model's name, and what stands below it."""

    title: str
    caption: str


_CHOSEN = _Kind(
    "random images, each above its nearest real image",
    "Chosen at random. Below each the real image with the nearest features: a copy would be seen here.",
)
_BEST = _Kind("highest realism", "The images that lie deepest among the real ones, by the network's features.")
_WORST = _Kind("lowest realism", "The images that lie furthest from the real ones, by the network's features.")
_TRANSLATED = _Kind("inputs above their outputs", "The same random images, each below the image that it was made from.")


def sheets_of(models: Sequence[ModelSheets]) -> tuple[Sheet, ...]:
    """A sheet for each kind of images of each model; empty kinds are left out."""
    return tuple(sheet for model in models for sheet in _of_model(model))


def _of_model(model: ModelSheets) -> Iterable[Sheet]:
    name = model.model
    if model.translated:
        columns = tuple(
            (_picture(pair.beside, f"input of {name}"), _picture(pair.image, f"output of {name}"))
            for pair in model.translated
        )
        yield _sheet(name, _TRANSLATED, columns)
    if model.chosen:
        yield _sheet(name, _CHOSEN, tuple(_with_nearest(name, pair) for pair in model.chosen))
    for kind, images in ((_BEST, model.best), (_WORST, model.worst)):
        if images:
            yield _sheet(name, kind, tuple((_picture(image, f"image of {name}"),) for image in images))


def _with_nearest(name: str, pair: ShownPair) -> tuple[PagePicture, ...]:
    return _picture(pair.image, f"random image of {name}"), _picture(pair.beside, "nearest real image")


def _sheet(name: str, kind: _Kind, columns: tuple[tuple[PagePicture, ...], ...]) -> Sheet:
    return Sheet(f"{name}: {kind.title}", columns, kind.caption)


def _picture(image: ShownImage, what: str) -> PagePicture:
    note = "" if image.realism is None else f"realism {image.realism:.2f}"
    source = f"data:image/jpeg;base64,{base64.b64encode(image.jpeg).decode()}"
    told = f"{what}: {image.name}" + (f", {note}" if note else "")
    return PagePicture(source, told, image.width, image.height, note)
