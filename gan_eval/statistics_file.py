"""Files of statistics: `.npz` of moments or of features, ours and the peers'.

| written by | arrays |
|---|---|
| pytorch-fid, clean-fid, TTUR | `mu` (D,), `sigma` (D, D) |
| clean-fid, for KID | `feats` (N, D) |
| `gan-eval stats` | `mu`, `sigma`, `n`, `about` (JSON: network, contents, part); also `features` (N, D) where kept |

Ours open in pytorch-fid and clean-fid too. Nothing is ever unpickled. Features are written and read a block at a time,
so that those of a million images (8 GB for 2,048 each) take no memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gan_eval.errors import InputError, MismatchError, TooFewError
from gan_eval.feature_set import FeatureSet, check_comparable
from gan_eval.files import DAMAGE, atomic_file, sha256_bytes, sha256_file
from gan_eval.images import Part, parse_part
from gan_eval.images.numpy_files import (
    FEATURES,
    MOMENTS,
    SPATIAL_MOMENTS,
    ArrayHeader,
    image_array,
    read_array,
    read_headers,
)
from gan_eval.images.opening import is_path, split_member
from gan_eval.metrics.moments import Moments, Statistics, statistics
from gan_eval.metrics.rows import Rows
from gan_eval.row_files import JoinedRows, rows, write_arrays
from gan_eval.strict_json import DocumentFormat
from gan_eval.version import __version__


@dataclass(frozen=True, slots=True)
class StatedPart:
    """Which part of which source a file of statistics says that it is."""

    number: int
    of: int
    whole: str


@dataclass(frozen=True, slots=True)
class StatisticsAbout:
    """The array `about` of a file of statistics, as JSON.

    gan_eval: version that wrote it. network: what made the features. sha256: of the images' contents.
    """

    gan_eval: str = ""
    network: Mapping[str, str] | None = None
    sha256: str | None = None
    part: StatedPart | None = None


ABOUT = DocumentFormat(
    "gan-eval-statistics",
    StatisticsAbout,
    unversioned=1,
    remedy="not what gan-eval stats writes: make the file again, or leave `about` out",
)


@dataclass(frozen=True, slots=True, eq=False)
class StatisticsFile:
    """A file of statistics that has been read.

    features: (N, D) where the file holds them; read when they are asked for, where the file has them as float32.
    part, whole: as in `FeatureSet`.
    """

    label: str
    sha256: str
    statistics: Statistics
    features: Rows | None
    network: Mapping[str, str] | None
    notes: tuple[str, ...] = ()
    part: Part | None = None
    whole: str = ""


def open_statistics(given: Any) -> StatisticsFile | None:
    """Read a .npz or .npy of features or moments; None where `given` is something else, such as a .npz of images.

    Parameters
    ----------
    given: a path, with `FILE::NAME` of one array. Where images lie beside moments, as in ADM's reference batches, the
        images are what the file stands for; `FILE::mu` means its moments,
        and `FILE::mu_s` those of the spatial features of sFID.

    Raises
    ------
    InputError: a file that cannot be read, or of which it cannot be told what it holds.
    """
    if not is_path(given):
        return None
    text, member = split_member(os.fspath(given))
    path = Path(text)
    if path.suffix.lower() not in (".npz", ".npy") or not path.is_file():
        return None
    headers = read_headers(path)
    if image_array(path, headers, member) is not None:
        return None
    try:
        return _read(path, headers, member)
    except InputError as error:
        text = str(error)
        raise InputError(text if text.startswith(str(path)) else f"{path}: {text}") from error
    except DAMAGE as error:  # the JSON of `about`, shapes that do not fit together
        raise InputError(
            f"{path}: not a file of statistics that can be read (its arrays do not fit together)"
        ) from error


def read(path: Path) -> FeatureSet:
    """Read a .npz of moments or features as a feature set. Raises InputError where it is none."""
    file = open_statistics(path)
    if file is None:
        raise InputError(f"{path}: not a .npz of moments or features")
    return FeatureSet(
        file.label,
        file.statistics.n,
        file.sha256,
        file.network,
        file.statistics,
        file.features,
        part=file.part,
        whole=file.whole,
    )


def save(destination: Path, made: FeatureSet, *, keep_features: bool = False) -> None:
    """Write a set's statistics, whole or not at all.

    Raises TooFewError for fewer than two images, whose covariance does not exist.
    """
    if made.n is None or made.n < 2:
        raise TooFewError(f"{made.label}: {made.n or 'an unknown number of'} images; statistics need at least 2")
    if keep_features and made.vectors is None:
        raise InputError(f"{made.label}: holds moments only, no features to keep (give the images)")
    part = None if made.part is None else StatedPart(made.part.number, made.part.of, made.whole)
    about = ABOUT.encode(StatisticsAbout(__version__, made.network, made.sha256, part))
    arrays: dict[str, Rows] = {
        "mu": made.statistics.mean,
        "sigma": made.statistics.cov,
        "n": np.array(made.n, np.int64),
        "about": np.array(json.dumps(about, sort_keys=True)),
    }
    if keep_features and made.vectors is not None:
        arrays["features"] = made.vectors
    with atomic_file(destination) as temporary:
        write_arrays(temporary, arrays)


def merge(parts: Sequence[FeatureSet], *, partial: bool = False) -> FeatureSet:
    """Statistics of all parts together.

    Parameters
    ----------
    parts : sets of one network. Where all of them have their features, the result has them too, in this order, and its
        moments are to the bit those of one pass over all images; else they are so to rounding.
    partial : take parts of one source although others of its parts are missing.

    Raises
    ------
    MismatchError : the parts come from different networks.
    InputError : a part's size is unknown, a part is given twice, or (unless `partial`) one is missing.
    """
    check_comparable(*parts)
    if any((part.network is None) != (parts[0].network is None) for part in parts):
        raise MismatchError("some files record which network made them and others do not: make all with gan-eval stats")
    check_parts(parts, partial=partial)
    vectors = [part.vectors for part in parts if part.vectors is not None]
    joined = JoinedRows(vectors) if len(vectors) == len(parts) else None
    total: Statistics = parts[0].statistics
    if joined is not None:
        total = statistics(joined)
    else:
        for part in parts[1:]:
            total = total + part.statistics
    return FeatureSet(
        label=" + ".join(part.label for part in parts),
        n=total.n,
        sha256=sha256_bytes("".join(part.sha256 for part in parts).encode()),
        network=parts[0].network,
        statistics=total,
        vectors=joined,
    )


def check_parts(parts: Sequence[FeatureSet], *, partial: bool = False) -> None:
    """Hold parts of one source against one another: each once, and none missing (unless `partial`).

    Raises InputError that names the part given twice, or the missing ones.
    """
    numbers: dict[tuple[str, int], list[int]] = {}
    for one in parts:
        if one.part is not None:
            numbers.setdefault((Path(one.whole).name, one.part.of), []).append(one.part.number)
    for (whole, of), there in numbers.items():
        twice = sorted({number for number in there if there.count(number) > 1})
        if twice:
            raise InputError(f"part {twice[0]}/{of} of {whole} is given twice; give each part once")
        missing = sorted({*range(1, of + 1)} - {*there})
        if missing and not partial:
            listed = ", ".join(f"{number}/{of}" for number in missing[:5]) + (" …" if len(missing) > 5 else "")
            raise InputError(
                f"{whole}: {len(missing)} of its {of} parts are missing ({listed}); give them too, or merge what is "
                "there with partial=True"
            )


def _read(path: Path, headers: Mapping[str, ArrayHeader], member: str | None) -> StatisticsFile:
    about = None if "about" not in headers else ABOUT.parse(str(read_array(path, "about")), where=f"{path}: about")
    name = _features_name(headers, member)
    features = None if name is None else rows(path, name, headers[name])
    made: Statistics
    if features is not None:
        made = statistics(features)
    else:
        mean, covariance = SPATIAL_MOMENTS if member in SPATIAL_MOMENTS else MOMENTS
        if not {mean, covariance} <= set(headers):
            raise InputError(f"holds one of {mean} and {covariance} without the other")
        n = int(read_array(path, "n")) if "n" in headers else None
        made = Moments.from_mean_and_cov(read_array(path, mean), read_array(path, covariance), n=n)
    stated = about.part if about is not None else None
    network = about.network if about is not None else None
    part = None if stated is None else parse_part(f"{stated.number}/{stated.of}")
    whole = "" if stated is None else stated.whole
    return StatisticsFile(str(path), sha256_file(path), made, features, network, (), part, whole)


def _features_name(headers: Mapping[str, ArrayHeader], member: str | None) -> str | None:
    """Name of the array of feature vectors; None where the moments are meant."""
    if member is not None:
        return None if member in (*MOMENTS, *SPATIAL_MOMENTS) else member
    named = next((name for name in FEATURES if name in headers), None)
    return next(iter(headers)) if named is None and len(headers) == 1 else named
