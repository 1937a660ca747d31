"""Batches of images from loaders, datasets and pipelines, read as a stream of images.

What a batch holds is decided by its kind, never by the length of its first element:

| batch | images |
|---|---|
| array or tensor, PIL image, bytes of an image file | as `to_images` reads it |
| list of single images, or of samples | each of them |
| tuple or list of parts, such as (images, labels) | the one part that is images; refused where several are |
| dict, such as {"image": …, "label": …} | the column asked for, else the one with a usual name |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from PIL import Image

from gan_eval.errors import InputError
from gan_eval.images.arrays import (
    has_deep,
    is_array,
    is_single,
    is_tensor,
    kind_of,
    may_be_pixels,
    single_pixels,
    to_images,
)
from gan_eval.images.policies import deep_note
from gan_eval.images.source import Item
from gan_eval.settings import Deep

#: What images are usually called in datasets, loaders and files of arrays.
IMAGE_NAMES = ("image", "images", "img", "imgs", "pixel_values", "samples", "x", "jpg", "jpeg", "png", "webp")

#: A column of a dict by its name, or a part of a tuple by its place.
Column = str | int


class StreamSource:
    """Images of an iterable of batches or of a dataset: see the module's table.

    An iterator can be read once; a data loader or a dataset gives each pass anew. As a second pass may differ from the
    first (shuffling, augmentation), nothing is known of a stream beforehand, and its results are not cached.

    Parameters
    ----------
    batches: iterable of batches.
    column: of dicts and tuples, which part holds the images.
    label: what the source is called in messages.
    deep: what happens to pixels of PIL images and of files' bytes beyond 8 bits.
    """

    repeatable = False
    count = None
    skipped = 0

    def __init__(
        self,
        batches: Iterable[Any],
        *,
        column: Column | None = None,
        label: str = "stream",
        deep: Deep = "fail",
    ) -> None:
        self.label = label
        self._deep = deep
        self._deep_names: list[str] = []
        self._deep_count = 0
        self._batches = batches
        self._column = column
        self._notes: dict[str, None] = {}
        self._spent = False

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on the images for the reader of a number; complete once `items` has run to its end."""
        names = ", ".join(self._deep_names) + (" …" if self._deep_count > len(self._deep_names) else "")
        deep = [deep_note(self._deep_count, names, self._deep)] if self._deep_count else []
        return (*self._notes, *deep)

    def items(self) -> Iterator[Item]:
        """The images in order; a batch is taken from the iterator when its first image is asked for."""
        batches = iter(self._batches)
        if batches is self._batches:
            if self._spent:
                raise InputError(f"{self.label}: an iterator can be read once only (make a new one)")
            self._spent = True
        self._deep_names, self._deep_count = [], 0
        index = 0
        for number, batch in enumerate(batches):
            try:
                for image in images_of(batch, column=self._column, notes=self._notes):
                    name = f"{self.label}[{index}]"
                    self._see(image, name)
                    yield Item(name, partial(single_pixels, image, name, self._deep))
                    index += 1
            except InputError as error:
                raise InputError(f"{self.label}, batch {number}: {error}") from error
        if index == 0:
            raise InputError(f"{self.label}: gave no images")

    def _see(self, image: Any, name: str) -> None:
        if self._deep != "fail" and has_deep(image):
            self._deep_count += 1
            self._deep_names += [name] if len(self._deep_names) < 3 else []


class DatasetSamples:
    """The samples of a map-style dataset (`__len__`, `__getitem__`), one after the other."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def __iter__(self) -> Iterator[Any]:
        for index in range(len(self._dataset)):
            sample = self._dataset[index]
            # A list of a sample's parts, as some datasets return it, is the record that a tuple is.
            yield tuple(sample) if isinstance(sample, list) else sample


class LoaderBatches:
    """The batches of a torch DataLoader, where a list of arrays holds the parts of the samples."""

    def __init__(self, loader: Iterable[Any]) -> None:
        self._loader = loader

    def __iter__(self) -> Iterator[Any]:
        for batch in self._loader:
            parts = isinstance(batch, list) and bool(batch) and all(is_array(part) for part in batch)
            yield tuple(batch) if parts else batch


def images_of(batch: Any, *, column: Column | None = None, notes: dict[str, None] | None = None) -> Iterator[Any]:
    """The single images of one batch, in order, each as `single_pixels` takes it.

    Parameters
    ----------
    batch: see the module's table.
    column: of dicts and tuples, which part holds the images.
    notes: gets what was chosen and what was left aside, as keys.

    Raises
    ------
    InputError: no images in it, or several parts that may be the images.
    """
    notes = {} if notes is None else notes
    if isinstance(batch, (Image.Image, bytes)):
        yield batch
    elif is_array(batch):
        yield from to_images(batch)
    elif isinstance(batch, Mapping):
        yield from _of_mapping(batch, column, notes)
    elif isinstance(batch, (list, tuple)):
        yield from _of_sequence(batch, column, notes)
    else:
        raise InputError(f"a batch is {kind_of(batch)}; wanted images as an array, a tensor or PIL images")


def _of_mapping(batch: Mapping[Any, Any], column: Column | None, notes: dict[str, None]) -> Iterator[Any]:
    if set(batch) == {"bytes", "path"} and isinstance(batch["bytes"], bytes):  # Hugging Face, decode=False
        yield batch["bytes"]
        return
    names = {str(key): key for key in batch}
    name = choose_name(list(names), column, what="column")
    if len(batch) > 1:
        notes.setdefault(f"the images are the column {name!r} of {', '.join(names)}")
    yield from images_of(batch[names[name]], notes=notes)


def _of_sequence(batch: Sequence[Any], column: Column | None, notes: dict[str, None]) -> Iterator[Any]:
    if isinstance(batch, list) and batch and all(is_single(one) for one in batch):
        _require_alike(batch)
        yield from batch
    elif isinstance(batch, list) and batch and all(isinstance(one, (Mapping, tuple)) for one in batch):
        for sample in batch:
            yield from images_of(sample, column=column, notes=notes)
    elif batch:
        yield from _of_parts(batch, column, notes)


def _of_parts(batch: Sequence[Any], column: Column | None, notes: dict[str, None]) -> Iterator[Any]:
    chosen = _choose_part(batch, column)
    if len(batch) > 1:
        notes.setdefault(f"the images are part {chosen} of each batch's {len(batch)}; the others were not used")
    part = batch[chosen]
    yield from images_of(list(part) if isinstance(part, tuple) else part, column=None, notes=notes)


def _choose_part(batch: Sequence[Any], column: Column | None) -> int:
    if column is not None:
        if not str(column).isdigit() or int(column) >= len(batch):
            raise InputError(f"column={column!r}: a batch is {kind_of(batch)}, whose parts are 0 to {len(batch) - 1}")
        return int(column)
    places = [place for place, part in enumerate(batch) if _holds_images(part)]
    if len(places) == 1:
        return places[0]
    if not places:
        raise InputError(f"a batch is {kind_of(batch)}, with no images among its parts")
    raise InputError(
        f"a batch is {kind_of(batch)}, of which {len(places)} parts may be the images: choose one with "
        f"column={places[0]}, or give a list where all are images"
    )


def _holds_images(part: Any) -> bool:
    if isinstance(part, (list, tuple)):
        return bool(part) and all(is_single(one) for one in part)
    if not is_array(part):
        return is_single(part)
    shape = part.shape
    if not may_be_pixels(part) or len(shape) not in (3, 4):
        return False
    if len(shape) == 3:
        return is_single(part) or not is_tensor(part)  # three axes without channels are grey images in numpy alone
    return shape[1] in (1, 3) if is_tensor(part) else shape[-1] in (1, 3, 4)


def _require_alike(batch: Sequence[Any]) -> None:
    """Refuse a list of one image and something of another form, such as an image and its mask."""
    forms = {
        (len(one.shape), one.shape[0] if one.shape[0] in (1, 3) else one.shape[-1]) for one in batch if is_array(one)
    }
    if len(batch) == 2 and len(forms) > 1:
        raise InputError(
            f"a batch is {kind_of(batch)}: two images, or one with its mask? Give images of one form, or choose a part "
            "with column=0 of a tuple"
        )


def choose_name(names: Sequence[str], column: Column | None, *, what: str) -> str:
    """Choose the name that holds the images: the requested one, the only one, or a usual one.

    Parameters
    ----------
    names: of columns, arrays or fields, as the user knows them.
    column: the name asked for; None to find it.
    what: what the names are names of, for messages.

    Raises
    ------
    InputError: no such name, or none or several that are usual.
    """
    listed = ", ".join(names) or "none"
    if column is not None:
        if str(column) not in names:
            raise InputError(f"no {what} is called {column!r}; there are {listed}")
        return str(column)
    if len(names) == 1:
        return names[0]
    usual = [name for name in names if name.lower() in IMAGE_NAMES]
    if len(usual) != 1:
        found = "several may be images" if usual else "none of these names is usual for images"
        raise InputError(f"which {what} holds the images? There are {listed}, and {found}: choose one by column=NAME")
    return usual[0]
