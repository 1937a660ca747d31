"""`translation.json`: records how images were translated; it lies beside the translated images.

`nicegan translate` writes it. NRDS, human studies and `compare` read it, to find the real images, the untranslated
inputs, and which models' images show the same inputs. Any other program may write it: only `direction` is required.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, NamedTuple

from gan_eval.errors import InputError, NotFoundError
from gan_eval.files import read_document
from gan_eval.images import FilesSource, Given, list_images, scan
from gan_eval.images.opening import is_path
from gan_eval.strict_json import AtMost, Between, DocumentFormat, Matches

TRANSLATION_FILE = "translation.json"
#: A translates images of domain A into domain B, or the reverse.
TranslationDirection = Literal["AtoB", "BtoA"]
#: The sub-folders of a set of unpaired images, as the authors of CycleGAN call them.
FOLDERS = ("trainA", "trainB", "testA", "testB")

#: Files and folders below the recorded inputs that a reader looks at: so many, and so many for each recorded image.
_MOST_ENTRIES, _MOST_PER_IMAGE = 20_000, 10

_Sha256 = Annotated[str, Matches(r"[0-9a-f]{64}")]
_PathText = Annotated[str, AtMost(32_768)]
_Pixels = Annotated[int, Between(1, 1_000_000)]
_Number = Annotated[int, Between(0, 10**15)]


@dataclass(frozen=True, slots=True)
class CheckpointRecord:
    """The checkpoint that translated. sha256: of the weights that took part, wherever the folder lies now."""

    folder: _PathText
    step: _Number
    sha256: _Sha256


@dataclass(frozen=True, slots=True)
class InputsRecord:
    """The images that were translated.

    named: absolute paths of what the user named: folders, image files, or DATA folders, whose test images of the source
    domain are meant. sha256: `images.Contents.sha256` of the files in this order. count: how many could be read.
    names_sha256: of the outputs' names without endings, one a line.
    """

    named: Annotated[tuple[_PathText, ...], AtMost(1_000_000)]
    sha256: _Sha256
    count: _Number | None = None
    names_sha256: _Sha256 | None = None


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """How the outputs were made.

    height, width: in pixels; None where each output has the size of its input. averaged: whether averaged generators
    made them.
    """

    height: _Pixels | None
    width: _Pixels | None
    fit: Literal["stretch", "crop", "native"]
    precision: Literal["fp32", "bf16"]
    format: Literal["png", "jpg", "webp"]
    averaged: bool


@dataclass(frozen=True, slots=True)
class TranslationRecord:
    """The content of `translation.json`.

    reference: absolute path of real images of the target domain. out: absolute path of the folder that the record was
    written in; if folders were moved together, the other paths are found again with its help. complete: whether every
    output was written. skipped: "name: reason" of each input that could not be read. versions: program → version.
    """

    direction: TranslationDirection
    reference: _PathText | None = None
    inputs: InputsRecord | None = None
    out: _PathText | None = None
    checkpoint: CheckpointRecord | None = None
    settings: OutputSettings | None = None
    complete: bool = True
    skipped: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


def _from_version_1(document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 named the inputs at the top level, and only when it had ended; some wrote them into `inputs` too."""
    document = dict(document)
    named = document.pop("named", [])
    inputs = document.get("inputs")
    return {**document, "inputs": {"named": named, **inputs} if isinstance(inputs, dict) else inputs}


TRANSLATION = DocumentFormat(
    "nicegan-translation",
    TranslationRecord,
    (_from_version_1,),
    remedy="translate again, or remove this file",
    sealed=True,
)


class RecordedInputs(NamedTuple):
    """The untranslated images.

    images: name of an output without its ending → file of its input, in the order of translation; empty where they
    cannot be had. missing: why they cannot be had; None where they can, or where no record tells of them. where: what
    the user named.
    """

    images: Mapping[str, Path]
    missing: str | None
    where: str = ""

    @property
    def source(self) -> FilesSource | None:
        """The images as a source, each called as its output is; None where they cannot be had."""
        if not self.images:
            return None
        names = [stem + path.suffix for stem, path in self.images.items()]
        return FilesSource(self.where, names, Path(), paths=[str(path) for path in self.images.values()])


def named_images(path: Path, direction: TranslationDirection) -> list[tuple[Path, str]]:
    """Images that a path given to a translation stands for.

    Parameters
    ----------
    path: a folder of images, an image, or a DATA folder with the sub-folders testA and testB.
    direction: tells which test images of a DATA folder are translated.

    Returns
    -------
    (file, name of the output without ending) of each, in order; the name keeps sub-folders and is in POSIX form.

    Raises
    ------
    InputError: nothing there, no image in the folder, or a DATA folder without those test images.
    """
    folder = path / f"test{direction[0]}"
    if not os.path.isdir(folder):
        if any(os.path.isdir(path / name) for name in FOLDERS):
            raise InputError(f"{path}: has no {folder.name} to translate {direction} (or name the folder of images)")
        folder = path
    if os.path.isdir(folder):
        images = [(file, file.relative_to(folder).as_posix()) for file in list_images(folder)]
    elif os.path.isfile(folder):
        images = [(folder, folder.name)]
    else:
        raise NotFoundError(f"{path}: no such file or folder")
    if not images:
        raise InputError(f"{path}: no images in it")
    return [(file, PurePosixPath(name).with_suffix("").as_posix()) for file, name in images]


def record_of(given: Given) -> TranslationRecord | None:
    """The record that stands in a folder of images; None where `given` is no folder or holds none.

    Raises
    ------
    InputError: the file is damaged, of another program, or of a newer version.
    """
    if not is_path(given) or not os.path.isfile(Path(given) / TRANSLATION_FILE):
        return None
    return read_document(Path(given) / TRANSLATION_FILE, TRANSLATION)


def recorded_reference(models: Mapping[str, Given]) -> Path:
    """The real set that every model's `translation.json` names.

    Raises InputError, asking for --real, where a model has no record or none of a reference, where records disagree,
    or where the folder is no longer there.
    """
    references = {name: _reference(name, given) for name, given in models.items()}
    if len(set(references.values())) > 1:
        listed = ", ".join(f"{name} {reference}" for name, reference in references.items())
        raise InputError(f"the models were made for different real sets: {listed} (name one with real=SOURCE)")
    path = next(iter(references.values()))
    if not os.path.exists(path):
        raise InputError(f"{path}: the real set recorded in {TRANSLATION_FILE} is not there (name it with real=SOURCE)")
    return path


def recorded_inputs(models: Mapping[str, Given]) -> RecordedInputs:
    """The images that all models translated, as they were then.

    They cannot be had where a model has no record of them, where models translated different images, and where the
    files are gone or have other contents by now.
    """
    try:
        records = {name: record_of(given) for name, given in models.items()}
    except InputError as error:
        return RecordedInputs({}, str(error))
    known = {name: record for name, record in records.items() if record is not None and record.inputs is not None}
    if len(known) < len(records):
        return RecordedInputs({}, None)
    if len({_inputs_key(record) for record in known.values()}) > 1:
        return RecordedInputs({}, f"{', '.join(known)}: translated different images")
    name, record = next(iter(known.items()))
    return _found_again(record, Path(models[name]))


def located(recorded: str, record: TranslationRecord, folder: Path) -> Path:
    """Find a recorded path again: at its old place, or relative to `folder` if both were moved together.

    Parameters
    ----------
    recorded: the path as the record has it.
    record: of which it is a part.
    folder: where `translation.json` was read.
    """
    path = Path(recorded)
    if record.out is None or not path.is_absolute() or os.path.exists(path):
        return path
    moved = Path(os.path.normpath(folder.resolve() / os.path.relpath(path, record.out)))
    return moved if os.path.exists(moved) else path


def _reference(name: str, given: Given) -> Path:
    record = record_of(given)
    if record is None or record.reference is None:
        raise InputError(f"{name}: no real set is recorded in a {TRANSLATION_FILE} (name it with real=SOURCE)")
    return located(record.reference, record, Path(given))


def _inputs_key(record: TranslationRecord) -> tuple[str, str | None]:
    return record.direction, record.inputs.sha256 if record.inputs else None


def _found_again(record: TranslationRecord, folder: Path) -> RecordedInputs:
    """The images of a record's inputs, if they still have the contents that were translated."""
    inputs = record.inputs
    paths = [located(name, record, folder) for name in inputs.named] if inputs else []
    where = ", ".join(map(str, paths[:3])) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    tests = [path / f"test{record.direction[0]}" for path in paths]
    walked = [test if os.path.isdir(test) else path for test, path in zip(tests, paths, strict=True)]
    if inputs is not None and _is_too_large(walked, _MOST_ENTRIES + _MOST_PER_IMAGE * (inputs.count or 0)):
        return RecordedInputs({}, f"{where}: holds far more files than the images that were translated", where)
    try:
        images = {stem: file for path in paths for file, stem in named_images(path, record.direction)}
    except InputError:
        images = {}
    if inputs is None or not images:
        return RecordedInputs({}, f"{where or folder}: the translated images are not there any more", where)
    found = RecordedInputs(images, None, where)
    if _contents(found) != inputs.sha256:
        return RecordedInputs({}, f"{where}: not the images that were translated", where)
    return found


def _is_too_large(paths: Sequence[Path], most: int) -> bool:
    """Whether there are more files and folders below the paths than `most`; no more than these are looked at.

    A record comes from anywhere: one that names / must not make its reader walk the disk.
    """
    entries = (len(folders) + len(files) + 1 for path in paths for _, folders, files in os.walk(path))
    return any(total > most for total in itertools.accumulate(entries))


def _contents(inputs: RecordedInputs) -> str | None:
    """Hash of the images' contents; None where none of them can be read."""
    try:
        return scan(inputs.source, on_bad_image="skip", deep="scale").sha256 if inputs.source is not None else None
    except InputError:
        return None
