"""A set of images reduced to what metrics need, and its form in the cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gan_eval.errors import MismatchError
from gan_eval.files import read_document, write_json
from gan_eval.images import Contents, Part
from gan_eval.images.numpy_files import read_array
from gan_eval.inference.groups import Groups
from gan_eval.metrics.moments import Moments, Samples, Statistics
from gan_eval.metrics.rows import Rows
from gan_eval.metrics.sides import Logits
from gan_eval.strict_json import DocumentFormat
from gan_eval.vectors import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSet:
    """One side of a comparison.

    label: what the user gave. n: number of images, None where a statistics file does not tell. sha256: of the
    contents. network: what made the features (`Network.key`), None where a file does not tell. statistics: mean and
    covariance. vectors: (n, D) features, where they were kept. logits: (n, K) class scores without bias, where asked
    for. contents: what the scan found; None for files of statistics and for iterators. bad: unreadable images that
    were left out, "name: reason". notes: sentences about the images that a reader of a number must know.
    groups: (n,) code of each image's group, None where images are independent. part: which part of `whole` the set is,
    None where it is a whole. whole: name of the source that the part is of.
    """

    label: str
    n: int | None
    sha256: str
    network: Mapping[str, str] | None
    statistics: Statistics
    vectors: Rows | None = None
    logits: Logits | None = None
    contents: Contents | None = None
    bad: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    groups: Groups | None = None
    part: Part | None = None
    whole: str = ""


@dataclass(frozen=True, slots=True)
class CachedSet:
    """The numbers of a set in the cache. n: images; dim: of their features; bad: unreadable images of the pass."""

    n: int
    dim: int
    bad: tuple[str, ...]


CACHED_SET = DocumentFormat("gan-eval-cached-set", CachedSet)


def check_comparable(*sets: FeatureSet) -> None:
    """Raise MismatchError unless all sets come from one network, one preprocessing and one precision.

    Sets of unknown origin are held to their dimension alone.
    """
    first = sets[0]
    for other in sets[1:]:
        if first.statistics.dim != other.statistics.dim:
            raise MismatchError(
                f"{first.label} has {first.statistics.dim} features and {other.label} has {other.statistics.dim}: "
                "make both with one network"
            )
        if first.network is None or other.network is None:
            continue
        for name in sorted({*first.network, *other.network}):
            a, b = first.network.get(name, "none"), other.network.get(name, "none")
            if a != b:
                raise MismatchError(
                    f"{first.label} was made with {name.replace('_', ' ')} {a} and {other.label} with {b}: "
                    "these cannot be compared; make both with one setting"
                )


def write_entry(room: Path, statistics: Statistics, bad: Sequence[str]) -> None:
    """Write what a pass over a source gave, beside the vector files that are already in `room`."""
    np.save(room / "mean.npy", statistics.mean)
    if isinstance(statistics, Moments):
        np.save(room / "cov.npy", statistics.cov)
    else:
        np.save(room / "centred.npy", statistics.centred)
    write_json(room / "set.json", CACHED_SET.encode(CachedSet(statistics.n or 0, statistics.dim, tuple(bad))))


def read_entry(
    room: Path,
    *,
    label: str,
    sha256: str,
    network: Mapping[str, str],
    contents: Contents | None,
    notes: Sequence[str] = (),
) -> FeatureSet:
    """Read what `write_entry` wrote."""
    about = read_document(room / "set.json", CACHED_SET)
    n = about.n
    mean = np.array(read_array(room / "mean.npy", ""))
    statistics: Statistics
    if (room / "cov.npy").exists():
        # Mapped, so that it takes no memory while the other set goes through the network.
        statistics = Moments(n, mean, read_array(room / "cov.npy", ""))
    else:
        statistics = Samples(n, mean, np.array(read_array(room / "centred.npy", "")))
    return FeatureSet(
        label=label,
        n=n,
        sha256=sha256,
        network=network,
        statistics=statistics,
        vectors=_vectors(room / "features.f32", n),
        logits=_vectors(room / "logits.f32", n),
        contents=contents,
        bad=(*(contents.bad if contents else ()), *about.bad),
        notes=contents.notes if contents else tuple(notes),
    )


def _vectors(path: Path, n: int) -> Vectors | None:
    return Vectors(path, n, path.stat().st_size // (4 * n)) if path.exists() else None
