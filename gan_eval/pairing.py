"""Which models' images show the same inputs, so that their differences can be taken image by image.

A `translation.json` beside the images proves it. Where there is none, equal file names are taken as a sign of it: for
models that make images from noise the names mean nothing, and pairs by name then are as good as any others.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from gan_eval.errors import InputError
from gan_eval.images import ArraySource, Column, FilesSource, Given, Source, StreamSource, open_source
from gan_eval.images.opening import is_path
from gan_eval.statistics_file import StatisticsFile
from gan_eval.translation import record_of

Evidence = Literal["translation.json", "file names"]


@dataclass(frozen=True, slots=True)
class SharedInputs:
    """Two or more models whose images show the same inputs.

    models: names, in the order given. evidence: how that is known. stems: names of the inputs that every one of the
    models has an image of, sorted. sha256: of the inputs' contents; None where only the names tell.
    """

    models: tuple[str, ...]
    evidence: Evidence
    stems: tuple[str, ...]
    sha256: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """One entry of `pairing.groups` in the JSON document."""
        return {
            "models": list(self.models),
            "evidence": self.evidence,
            "inputs": len(self.stems),
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class Pairing:
    """Groups of models that share their inputs; no model is in two groups."""

    groups: tuple[SharedInputs, ...]

    def between(self, a: str, b: str) -> SharedInputs | None:
        """The group that both models are in; None where their images are not paired."""
        return next((group for group in self.groups if a in group.models and b in group.models), None)

    def to_dict(self) -> dict[str, Any]:
        """The `pairing` object of the JSON document."""
        return {"groups": [group.to_dict() for group in self.groups]}


def pairing(models: Mapping[str, Given], column: Column | None = None) -> Pairing | None:
    """Tell which models' images show the same inputs.

    Parameters
    ----------
    models: name → source. Folders, .zip files, lists and sequences of files have names of images; others pair with
        nothing.
    column: the part of each sample that holds the images, as of `open_source`.

    Returns
    -------
    None where no two models share their inputs.

    Raises
    ------
    InputError: a `translation.json` cannot be read.
    """
    stems = {name: found for name, given in models.items() if (found := _stems(given, column))}
    groups: dict[Hashable, SharedInputs] = {}
    unrecorded: list[str] = []
    for name, found in stems.items():
        record = record_of(models[name])
        if record is None or record.inputs is None:
            unrecorded.append(name)
            continue
        key: Hashable = (record.direction, record.inputs.sha256, record.inputs.names_sha256)
        alone = SharedInputs((name,), "translation.json", found, record.inputs.sha256)
        groups[key] = _joined(groups[key], alone) if key in groups else alone
    for name in unrecorded:
        alone = SharedInputs((name,), "file names", stems[name])
        same = [key for key, group in groups.items() if all(stems[other] == stems[name] for other in group.models)]
        key = same[0] if len(same) == 1 else ("file names", stems[name])
        groups[key] = _joined(groups[key], alone) if key in groups else alone
    shared = tuple(_ordered(group, models) for group in groups.values() if len(group.models) > 1 and group.stems)
    return Pairing(shared) if shared else None


def image_names(source: Source | StatisticsFile, bad: Sequence[str], count: int) -> tuple[str, ...] | None:
    """Names of a set's images in the order of its rows.

    Parameters
    ----------
    source: what was read. bad: lines "name: reason" of the images that were left out. count: rows of the set.

    Returns
    -------
    (count,) names; None where images have none: arrays, streams and files of features.

    Raises
    ------
    InputError: the source no longer has so many images.
    """
    if isinstance(source, StatisticsFile | ArraySource | StreamSource):
        return None
    names = [item.name for item in source.items()]
    left_out = {name for name in names if any(line.startswith(f"{name}: ") for line in bad)}
    kept = tuple(name for name in names if name not in left_out)
    if len(kept) != count:
        raise InputError(f"{source.label}: changed while it was read (run again)")
    return kept


def source_ids(names: Sequence[str]) -> tuple[str, ...]:
    """Tell which input each image shows: its name without ending, below the folders that all names share.

    `dogs/103.jpg` and `dogs/7.jpg` give `103` and `7`; `103.png` of another set then shows the same input.
    """
    stems = [PurePosixPath(name.replace("\\", "/")).with_suffix("") for name in names]
    shared = len(os.path.commonpath([stem.parent for stem in stems]).split("/")) if _nested(stems) else 0
    return tuple("/".join(stem.parts[shared:]) for stem in stems)


def matched_rows(a: Sequence[str], b: Sequence[str]) -> tuple[list[int], list[int]]:
    """Rows of two sets whose images show the same input.

    Parameters
    ----------
    a, b: names of the images of each set, in the order of its rows, as `Item.name` or `Path.name` has them.

    Returns
    -------
    Two lists of equal length: row i of the first list and row i of the second show one input. An input that is there
    twice in one of the sets is left out.
    """
    rows_a, rows_b = _rows_by_id(a), _rows_by_id(b)
    common = [name for name in rows_a if name in rows_b]
    return [rows_a[name] for name in common], [rows_b[name] for name in common]


def _nested(stems: Sequence[PurePosixPath]) -> bool:
    return bool(stems) and len({stem.is_absolute() for stem in stems}) == 1 and all(s.parent.parts for s in stems)


def _rows_by_id(names: Sequence[str]) -> dict[str, int]:
    """Input → row, of the inputs that are there once."""
    ids = source_ids(names)
    twice = {one for one, count in _counts(ids).items() if count > 1}
    return {name: row for row, name in enumerate(ids) if name not in twice}


def _counts(ids: Sequence[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in ids:
        counts[name] = counts.get(name, 0) + 1
    return counts


def _stems(given: Given, column: Column | None) -> tuple[str, ...]:
    """Inputs that the images of a source show, sorted; empty where its images have no names, or one name twice."""
    if not _has_names(given):
        return ()
    try:
        ids = source_ids([item.name for item in open_source(given, column=column).items()])
    except InputError:
        return ()
    return tuple(sorted(ids)) if len(set(ids)) == len(ids) else ()


def _has_names(given: Given) -> bool:
    if is_path(given):
        text = os.fspath(given)
        return Path(text).is_dir() or text.startswith("@") or text.lower().endswith(".zip")
    return isinstance(given, FilesSource) or (isinstance(given, list | tuple) and all(map(is_path, given)))


def _joined(group: SharedInputs, other: SharedInputs) -> SharedInputs:
    """Both together; names are the evidence as soon as they are that of one."""
    return SharedInputs(
        models=(*group.models, *other.models),
        evidence="file names" if "file names" in (group.evidence, other.evidence) else "translation.json",
        stems=tuple(sorted(set(group.stems) & set(other.stems))),
        sha256=group.sha256,
    )


def _ordered(group: SharedInputs, models: Mapping[str, Given]) -> SharedInputs:
    return replace(group, models=tuple(name for name in models if name in group.models))
