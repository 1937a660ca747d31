"""Which images of a set belong together, by a rule over their names: crops of one photograph, frames of one video."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from gan_eval.errors import InputError, UnreadableError
from gan_eval.files import open_regular
from gan_eval.images import Source
from gan_eval.inference.groups import Groups, codes, count_of
from gan_eval.pairing import image_names, source_ids
from gan_eval.statistics_file import StatisticsFile

#: Longest CSV file of groups that is read, in bytes.
_MOST = 1 << 28


def groups_of(source: Source | StatisticsFile, bad: Sequence[str], count: int, rule: str) -> Groups:
    """Group of each image of a set.

    Parameters
    ----------
    source : what was read.
    bad : lines "name: reason" of the images that were left out.
    count : rows of the set.
    rule : `parent` for the folder that holds the image; a file ending in .csv with a name and a group in each row; else
        a regular expression, whose first group, or whole match, in the image's name is its group.

    Returns
    -------
    (count,) code of each image's group.

    Raises
    ------
    InputError: images without names, a name that the rule does not group, fewer than two groups, or a rule that cannot
        be read.
    """
    names = image_names(source, bad, count)
    if names is None:
        raise InputError(f"group={rule}: the images of {source.label} have no names to be grouped by (give a folder)")
    label = _labelling(rule)
    labels = [label(name) for name in names]
    missing = [name for name, found in zip(names, labels, strict=True) if found is None]
    if missing:
        raise InputError(f"group={rule}: {len(missing)} images of {source.label} have no group, {missing[0]} for one")
    groups = codes(labels)
    if count_of(count, groups) < 2:
        raise InputError(f"group={rule}: all images of {source.label} are in one group (at least two are needed)")
    return groups


def _labelling(rule: str) -> Callable[[str], str | None]:
    """The function that gives a name's group, None for a name without one."""
    if rule == "parent":
        return lambda name: PurePosixPath(name.replace("\\", "/")).parent.as_posix()
    if rule.lower().endswith(".csv"):
        table = _table(Path(rule))
        return lambda name: next((table[key] for key in _keys(name) if key in table), None)
    try:
        pattern = re.compile(rule)
    except re.error as error:
        raise InputError(f"group={rule}: not a regular expression: {error}") from error

    def label(name: str) -> str | None:
        match = pattern.search(source_ids([PurePosixPath(name).name])[0])
        return None if match is None else match[1] if pattern.groups else match[0]

    return label


def _keys(name: str) -> tuple[str, str, str]:
    """What a table may call an image: its whole name, its file's name, and that without its ending."""
    path = PurePosixPath(name.replace("\\", "/"))
    return name, path.name, path.stem


def _table(path: Path) -> dict[str, str]:
    """Name → group of a CSV file, whose first row may be a header."""
    try:
        with open_regular(path) as stream:
            data = stream.read(_MOST + 1)
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read: {error.strerror} (a CSV file of names and groups)") from error
    if len(data) > _MOST:
        raise InputError(f"{path}: larger than {_MOST} bytes (give a table of names and groups)")
    try:
        rows = list(csv.reader(data.decode("utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a CSV file in UTF-8") from error
    short = [number for number, row in enumerate(rows, 1) if row and len(row) < 2]
    if short:
        raise InputError(f"{path}: row {short[0]} has no group (each row holds a name and a group)")
    return {row[0]: row[1] for row in rows if row}
