"""What `nicegan translate` wrote beside its images: which real set they are to be held against, and their inputs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gan_eval.errors import InputError
from gan_eval.files import read_json
from gan_eval.images import FilesSource, Given, list_images, scan

RECORD = "translation.json"
SCHEMA = "nicegan-translation/1"


class RecordedInputs(NamedTuple):
    """The untranslated images, or why they cannot be had."""

    source: FilesSource | None
    missing: str | None


def recorded_reference(models: Mapping[str, Given]) -> Path:
    """The real set that every model's `translation.json` names.

    Raises InputError, asking for --real, where a model has no record or none of a reference, where records disagree,
    or where the folder is no longer there.
    """
    found: dict[str, str] = {}
    for name, given in models.items():
        record = _record(given)
        reference = record.get("reference") if record else None
        if not isinstance(reference, str):
            raise InputError(f"{name}: no real set is recorded in a {RECORD} (name it with --real)")
        found[name] = reference
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{name} {reference}" for name, reference in found.items())
        raise InputError(f"the models were made for different real sets: {listed} (name one with --real)")
    path = Path(next(iter(found.values())))
    if not path.exists():
        raise InputError(f"{path}: the real set recorded in {RECORD} is not there (name it with --real)")
    return path


def recorded_inputs(models: Mapping[str, Given]) -> RecordedInputs:
    """The images that all models translated; without a source where they are unknown, differ, or have changed."""
    records = [_record(given) for given in models.values()]
    inputs = [record["inputs"] for record in records if record and isinstance(record.get("inputs"), dict)]
    if len(inputs) < len(records) or len({str(one.get("sha256")) for one in inputs}) != 1:
        return RecordedInputs(None, None)
    direction = str(next(record for record in records if record).get("direction"))
    listed = [str(name) for name in inputs[0].get("named", [])]
    files = [file for name in listed for file in _files(Path(name), direction)]
    where = ", ".join(listed)
    if not files:
        return RecordedInputs(
            None, f"{where}: the models' inputs are not there any more, so untranslated images do not compete"
        )
    source = FilesSource.paths(where, [str(file) for file in files])
    if scan(source, on_bad_image="skip").sha256 != inputs[0].get("sha256"):
        return RecordedInputs(
            None, f"{where}: not what the models translated any more, so untranslated images do not compete"
        )
    return RecordedInputs(source, None)


def _record(given: Given) -> dict[str, Any] | None:
    if not isinstance(given, (str, os.PathLike)) or not (Path(given) / RECORD).is_file():
        return None
    path = Path(given) / RECORD
    record = read_json(path)
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise InputError(f"{path}: not a {SCHEMA} record (remove it, or name the real set with --real)")
    return record


def _files(path: Path, direction: str) -> list[Path]:
    """The images that a name given to `nicegan translate` stood for."""
    domain = path / f"test{direction[:1]}"
    if domain.is_dir():
        return list_images(domain)
    if path.is_dir():
        return list_images(path)
    return [path] if path.is_file() else []
