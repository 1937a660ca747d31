"""Files of statistics: `.npz` of moments or of features, ours and the peers'.

| written by | arrays |
|---|---|
| pytorch-fid, clean-fid, TTUR | `mu` (D,), `sigma` (D, D) |
| clean-fid, for KID | `feats` (N, D) |
| `gan-eval stats` | `mu`, `sigma`, `n`, `about` (JSON: network, contents); with --keep-features `features` (N, D) |

Ours open in pytorch-fid and clean-fid too. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan_eval.errors import InputError, MismatchError, TooFewError
from gan_eval.feature_set import FeatureSet, check_comparable
from gan_eval.files import atomic_file, sha256_bytes, sha256_file
from gan_eval.metrics.moments import Moments, Statistics, statistics
from gan_eval.version import __version__


@dataclass(frozen=True, slots=True, eq=False)
class StatisticsFile:
    """A file of statistics that has been read. features: (N, D) where the file holds them."""

    label: str
    sha256: str
    statistics: Statistics
    features: NDArray[np.floating] | None
    network: Mapping[str, str] | None


def open_statistics(given: Any) -> StatisticsFile | None:
    """Read a .npz of moments or features; None where `given` is something else, such as a .npz of images.

    Raises InputError for a file that cannot be read or holds nothing usable.
    """
    if not isinstance(given, (str, os.PathLike)) or not os.fspath(given).lower().endswith(".npz"):
        return None
    path = Path(given)
    if not path.is_file():
        return None
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return _read(path, archive)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a .npz that can be read ({error})") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def read(path: Path) -> FeatureSet:
    """Read a .npz of moments as a feature set. Raises InputError where it is none."""
    file = open_statistics(path)
    if file is None:
        raise InputError(f"{path}: not a .npz of moments or features")
    return FeatureSet(file.label, file.statistics.n, file.sha256, file.network, file.statistics)


def save(destination: Path, made: FeatureSet, *, keep_features: bool = False) -> None:
    """Write a set's statistics, whole or not at all.

    Raises TooFewError for fewer than two images, whose covariance does not exist.
    """
    if made.n is None or made.n < 2:
        raise TooFewError(f"{made.label}: {made.n or 'an unknown number of'} images; statistics need at least 2")
    arrays: dict[str, Any] = {
        "mu": made.statistics.mean,
        "sigma": made.statistics.cov,
        "n": np.int64(made.n),
        "about": np.array(
            json.dumps({"gan_eval": __version__, "network": made.network, "sha256": made.sha256}, sort_keys=True)
        ),
    }
    if keep_features:
        if made.vectors is None:
            raise InputError(f"{made.label}: holds moments only, no features to keep (give the images)")
        arrays["features"] = made.vectors.array()
    with atomic_file(destination) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)


def merge(parts: Sequence[FeatureSet]) -> FeatureSet:
    """Statistics of all parts together, as if one pass had seen every image (to rounding).

    Raises MismatchError where parts come from different networks, InputError where a part's size is unknown.
    """
    check_comparable(*parts)
    if any((part.network is None) != (parts[0].network is None) for part in parts):
        raise MismatchError("some files tell what made them and others do not: make all with gan-eval stats")
    total: Statistics = parts[0].statistics
    for part in parts[1:]:
        total = total + part.statistics
    return FeatureSet(
        label=" + ".join(part.label for part in parts),
        n=total.n,
        sha256=sha256_bytes("".join(part.sha256 for part in parts).encode()),
        network=parts[0].network,
        statistics=total,
    )


def _read(path: Path, archive: Any) -> StatisticsFile | None:
    names = set(archive.files)
    about = json.loads(str(archive["about"])) if "about" in names else {}
    features = next((archive[name] for name in ("features", "feats") if name in names), None)
    if features is None and not {"mu", "sigma"} <= names:
        features = next((a for a in map(archive.get, archive.files) if a.ndim == 2 and a.dtype.kind == "f"), None)
        if features is None:
            return None
    made: Statistics
    if features is not None:
        made = statistics(features)
    else:
        n = int(archive["n"]) if "n" in names else None
        made = Moments.from_mean_and_cov(archive["mu"], archive["sigma"], n=n)
    return StatisticsFile(str(path), sha256_file(path), made, features, about.get("network"))
