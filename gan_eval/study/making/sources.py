"""Folders of pictures, paired by stem, and everything about them that a researcher must hear before a study.

The items are sampled from the stems alone, by the recorded seed, before any output is opened: nobody can have picked
the good ones. Only the sampled pictures are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gan_eval.errors import InputError, MismatchError
from gan_eval.images import UnreadableImage, list_images
from gan_eval.picture_size import PictureSize
from gan_eval.study.making.draw import Drbg
from gan_eval.study.making.pictures import Fitting, Pixels, fitted, read_picture, size_of
from gan_eval.study.schema.trials import INPUT, REAL, PictureSource
from gan_eval.translation import TRANSLATION_FILE, TranslationRecord, located, record_of, recorded_inputs


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a study's pictures are.

    methods: name → folder, in the order given. inputs: a folder, or stem → file. real: a folder.
    """

    methods: Mapping[str, Path]
    inputs: Path | Mapping[str, Path] | None = None
    real: Path | None = None


@dataclass(frozen=True, slots=True)
class Problems:
    """What is not as it should be, by folder; sentences are made by `lines`.

    missing: label → stems that the other folders have. unreadable: "file: reason". sizes: size → files.
    identical: (item, first method, second method) whose files are the same, a tie by construction.
    formats: label → file endings; notices: anything else worth saying.
    """

    missing: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unreadable: Sequence[str] = ()
    sizes: Mapping[PictureSize, Sequence[str]] = field(default_factory=dict)
    identical: Sequence[tuple[str, str, str]] = ()
    formats: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notices: Sequence[str] = ()

    def lines(self) -> list[str]:
        """One sentence per problem."""
        found = [
            f"{label}: {len(stems)} items missing: {_few(stems)}" for label, stems in self.missing.items() if stems
        ]
        if self.unreadable:
            found.append(f"{len(self.unreadable)} unreadable files: {_few(self.unreadable)}")
        if len(self.sizes) > 1:
            found.append(
                "sizes differ: "
                + "; ".join(f"{size} {len(files)} ({_few(files, 2)})" for size, files in sorted(self.sizes.items()))
            )
        if self.identical:
            pairs = [f"{item} of {a} and {b}" for item, a, b in self.identical]
            found.append(f"{len(pairs)} outputs are byte-identical, a tie by construction: {_few(pairs)}")
        if len({tuple(endings) for endings in self.formats.values()}) > 1:
            shown = "; ".join(f"{label} {'+'.join(endings)}" for label, endings in self.formats.items())
            found.append(f"file formats differ, and people notice compression: {shown}")
        return [*found, *self.notices]


@dataclass(frozen=True, slots=True)
class Sources:
    """Folders with their files by stem. label: a method's id, `input` or `real`."""

    files: Mapping[str, Mapping[str, Path]]
    items: tuple[str, ...]
    reals: tuple[str, ...]
    missing: Mapping[str, Sequence[str]]

    def path(self, picture: PictureSource) -> Path:
        """The file of a picture of a method, of the inputs, or of the real ones."""
        return self.files[picture.source][picture.item]


def stems(folder: Path) -> dict[str, Path]:
    """Relative path without its ending → file, for each image below `folder` (InputError: none, or two of one stem)."""
    found: dict[str, Path] = {}
    for path in list_images(folder):
        stem = path.relative_to(folder).with_suffix("").as_posix()
        if stem in found:
            raise InputError(f"{folder}: {found[stem].name} and {path.name} have one stem (keep one of them)")
        found[stem] = path
    if not found:
        raise InputError(f"{folder}: no images in it")
    return found


def open_sources(folders: Folders) -> Sources:
    """List the folders and pair them by stem; an item is what all methods (and the inputs, if given) have."""
    by_label = {f"m{n}": stems(folder) for n, folder in enumerate(folders.methods.values())}
    names = {f"m{n}": name for n, name in enumerate(folders.methods)}
    paired = dict(by_label)
    if folders.inputs is not None:
        given = folders.inputs
        by_label[INPUT] = paired[INPUT] = stems(given) if isinstance(given, Path) else dict(given)
    if folders.real is not None:
        by_label[REAL] = stems(folders.real)
    everything = sorted(set().union(*paired.values()))
    missing = {
        names.get(label, "inputs"): [stem for stem in everything if stem not in files]
        for label, files in paired.items()
    }
    common = tuple(stem for stem in everything if all(stem in files for files in paired.values()))
    if not common:
        raise InputError(
            "the folders have no stem in common: "
            + "; ".join(f"{names.get(label, 'inputs')} has {_few(sorted(files), 2)}" for label, files in paired.items())
            + " (pictures of one item need one file name)"
        )
    return Sources(by_label, common, tuple(sorted(by_label.get(REAL, ()))), missing)


def shuffled_stems(names: Iterable[str], *, seed: str, label: str) -> list[str]:
    """The order in which items are taken into the study; depends on names and seed alone."""
    return Drbg(seed, f"sample-{label}").shuffled(sorted(names))


class PictureReader:
    """Reads pictures once, remembers what was wrong with them."""

    def __init__(self, sources: Sources, fit: Fitting | None) -> None:
        self.unreadable: list[str] = []
        self.sizes: dict[PictureSize, list[str]] = {}
        self.hashes: dict[PictureSource, str] = {}
        self.pixels: dict[PictureSource, Pixels] = {}
        self.resampled: list[str] = []
        self.resampled_inputs: list[str] = []
        self._sources, self._fit = sources, fit

    def readable(self, pictures: Sequence[PictureSource]) -> bool:
        """Read all pictures of one item; False where one of them is damaged."""
        # All are read, so that every damaged file is named at once.
        found = [self._read(picture) for picture in pictures]
        if not all(found):
            return False
        self._fit_inputs(pictures)
        return True

    def _fit_inputs(self, pictures: Sequence[PictureSource]) -> None:
        """Bring the input of an item to the size of the item's outputs, beside which it is only shown."""
        outputs = {size_of(self.pixels[picture]) for picture in pictures if picture.source != INPUT}
        for picture in pictures:
            if picture.source == INPUT and len(outputs) == 1 and {size_of(self.pixels[picture])} != outputs:
                self.pixels[picture] = fitted(self.pixels[picture], Fitting(next(iter(outputs))))
                self.resampled_inputs.append(str(self._sources.path(picture)))

    def _read(self, picture: PictureSource) -> bool:
        if picture in self.pixels:
            return True
        path = self._sources.path(picture)
        try:
            pixels, self.hashes[picture] = read_picture(path)
        except UnreadableImage as error:
            self.unreadable.append(str(error))
            return False
        shown = fitted(pixels, self._fit)
        if shown is not pixels:
            self.resampled.append(str(path))
        self.pixels[picture] = shown
        if picture.source != INPUT:
            self.sizes.setdefault(size_of(shown), []).append(str(path))
        return True

    def identical(self, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """(item, method, method) of outputs of the same bytes. names: method id → name."""
        by_item: dict[tuple[str, str], list[str]] = {}
        for picture, sha256 in self.hashes.items():
            if picture.source in names:
                by_item.setdefault((picture.item, sha256), []).append(names[picture.source])
        return [(item, same[0], other) for (item, _), same in sorted(by_item.items()) for other in same[1:]]


def formats(sources: Sources, names: Mapping[str, str]) -> dict[str, list[str]]:
    """File endings by folder, where they matter: outputs and real pictures, which are compared."""
    return {
        names.get(label, label): sorted({path.suffix.lower().lstrip(".") for path in files.values()})
        for label, files in sources.files.items()
        if label != INPUT
    }


def translated(folders: Folders, *, wants_inputs: bool, wants_real: bool) -> tuple[Folders, list[str]]:
    """Fill in inputs and real pictures from the `translation.json` of the methods' folders, and say so.

    Methods whose folder holds no record are taken at their word.

    Raises MismatchError where the methods were run in different directions or on different inputs, InputError where a
    record cannot be read.
    """
    records = {name: record for name, path in folders.methods.items() if (record := record_of(path)) is not None}
    _require_one("direction", {name: record.direction for name, record in records.items()})
    known = {name: record.inputs for name, record in records.items() if record.inputs is not None}
    _require_one("inputs", {name: f"{_few(each.named, 2)} ({each.sha256[:12]})" for name, each in known.items()})
    notices: list[str] = []
    inputs, real = folders.inputs, folders.real
    if wants_inputs and inputs is None and known:
        recorded = recorded_inputs({name: folders.methods[name] for name in known})
        inputs = recorded.images or None
        notices.append(
            f"inputs are not shown: {recorded.missing} (pass inputs=DIR)"
            if recorded.missing
            else f"inputs={recorded.where} taken from {folders.methods[next(iter(known))] / TRANSLATION_FILE}"
        )
    if wants_real and real is None and (found := _reference(folders, records)):
        real = found
        notices.append(f"real={real} taken from {TRANSLATION_FILE}")
    return Folders(folders.methods, inputs, real), notices


def _require_one(fact: str, values: Mapping[str, str]) -> None:
    if len(set(values.values())) > 1:
        listed = "; ".join(f"{name} {value}" for name, value in values.items())
        raise MismatchError(
            f"{TRANSLATION_FILE}: the methods differ in {fact}: {listed} (compare outputs of the same translation)"
        )


def _reference(folders: Folders, records: Mapping[str, TranslationRecord]) -> Path | None:
    """The first real set that a record names and that is there."""
    for name, record in records.items():
        if record.reference is not None:
            path = located(record.reference, record, folders.methods[name])
            if path.is_dir():
                return path
    return None


def _few(values: Sequence[str], count: int = 5) -> str:
    more = f" and {len(values) - count} more" if len(values) > count else ""
    return ", ".join(values[:count]) + more
