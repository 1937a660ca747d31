"""Scores one fake set against one real set with many metrics, in one pass over the images."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gan_eval.cache import Cache
from gan_eval.errors import MismatchError
from gan_eval.extractors import Network
from gan_eval.extractors.known import is_reference
from gan_eval.feature_set import FeatureSet
from gan_eval.features import FeatureReader, Opened
from gan_eval.features import reader as feature_reader
from gan_eval.files import read_document, sha256_bytes, write_json
from gan_eval.grouping import groups_of
from gan_eval.guards.likeness import notes_of
from gan_eval.images import Contents, Given
from gan_eval.inference.groups import Groups
from gan_eval.metrics.table import MetricName
from gan_eval.pairing import image_names
from gan_eval.provenance import Provenance
from gan_eval.result import Progress, Score
from gan_eval.scoring import Options, check_metrics, needs, scores
from gan_eval.settings import Settings
from gan_eval.statistics_file import StatisticsFile
from gan_eval.strict_json import DocumentFormat

#: To be raised when a number or an interval of the same features changes between releases.
_ESTIMATORS = 5


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores with the provenance and warnings needed to read and to repeat them."""

    scores: tuple[Score, ...]
    provenance: Provenance
    warnings: tuple[str, ...]

    def to_dict(self, command: str) -> dict[str, Any]:
        """The JSON document of the command-line contract."""
        return {
            "schema": "gan-eval/1",
            "command": command,
            "scores": [score.to_dict() for score in self.scores],
            **{key: value for key, value in self.provenance.to_dict().items() if key != "seconds"},
            "warnings": list(self.warnings),
            "seconds": dict(self.provenance.seconds),
        }


def evaluate(
    real: Given | None,
    fake: Given,
    metrics: Sequence[MetricName],
    *,
    settings: Settings = Settings(),  # noqa: B008 - an immutable value
    options: Options = Options(),  # noqa: B008
    progress: Progress | None = None,
) -> Evaluation:
    """Score a fake set against a real one.

    Both sources are looked at before the network runs, so that a damaged file ends the run in seconds. Each image is
    decoded once and goes through the network once, whatever the number of metrics. A result that is in the cache is
    not computed again.

    Raises GanEvalError for whatever is the input's fault.
    """
    metrics = check_metrics(metrics)
    with feature_reader(settings, progress) as reader:
        return evaluate_with(reader, real, fake, metrics, options, last=True)


def evaluate_with(
    reader: FeatureReader,
    real: Given | FeatureSet | None,
    fake: Given | FeatureSet,
    metrics: Sequence[MetricName],
    options: Options,
    *,
    rooms: contextlib.ExitStack | None = None,
    last: bool = False,
) -> Evaluation:
    """`evaluate` with an existing reader, whose network may be in memory, and with sets that may have been read.

    rooms: see `FeatureReader.read`; with it, nothing of this evaluation stays in the cache. last: the reader is not
    used again, and its network makes room for the metrics.
    """
    metrics = check_metrics(metrics)
    sides = [one if isinstance(one, FeatureSet) else reader.open(one) for one in (real, fake) if one is not None]
    network = network_of(sides, reader.network)
    rule = options.plan.group
    groups = [_groups(side, rule) for side in sides]
    key = result_key(sides, metrics, network, options, groups) if rooms is None else None
    cached = reader.cache.read(key, _load) if key else None
    if cached is not None:
        results, bad, alike = cached
        inputs = [_describe(side, None) for side in sides]
    else:
        needed = needs(metrics, options)
        sets = [side if isinstance(side, FeatureSet) else reader.read(side, needed, rooms=rooms) for side in sides]
        sets = [grouped(one, side, rule) for one, side in zip(sets, sides, strict=True)]
        network = replace(network, dim=network.dim or sets[-1].statistics.dim)
        if last:
            reader.extractor = None
        with reader.timed("metrics"):
            results = scores(sets[0] if real is not None else None, sets[-1], metrics, network, options)
        bad = [list(side.bad) for side in sets]
        inputs = [_describe(side, one) for side, one in zip(sides, sets, strict=True)]
        with reader.timed("guards"):
            alike = _likeness(sides, sets)
        if key:
            _store(reader.cache, key, results, bad, alike)
    names = ["real", "fake"] if real is not None else ["fake"]
    seen = _input_warnings(dict(zip(names, sides, strict=True)), bad)
    notes = (*network.notices, *reader.cache.notes, *seen, *alike)
    return Evaluation(
        scores=tuple(replace(score, warnings=(*notes, *score.warnings)) for score in results),
        provenance=reader.provenance(dict(zip(names, inputs, strict=True)), network),
        warnings=(*notes, *dict.fromkeys(warning for score in results for warning in score.warnings)),
    )


def _likeness(sides: Sequence[Opened | FeatureSet], sets: Sequence[FeatureSet]) -> list[str]:
    """Nearly identical images and sets in an order, as their features tell."""
    names = ["real", "fake"][-len(sets) :]
    features = {name: one.vectors for name, one in zip(names, sets, strict=True)}
    images = {
        name: None if isinstance(side, FeatureSet) else image_names(side.source, one.bad, one.n or 0)
        for name, side, one in zip(names, sides, sets, strict=True)
    }
    return notes_of(features, images)


def network_of(sides: Sequence[Opened | FeatureSet], network: Network) -> Network:
    """The network that the numbers come from: the reader's, or, between two files, the one that made the files.

    Raises MismatchError, before any image is read, where a file does not fit the network that reads the images.
    """
    files = [side.source for side in sides if isinstance(side, Opened) and isinstance(side.source, StatisticsFile)]
    if len(files) == len(sides):
        return _network_of_files(files, network)
    for file in files:
        theirs, ours = file.network or {}, network.key()
        if network.dim and file.statistics.dim != network.dim:
            theirs, ours = {"features": str(file.statistics.dim)}, {"features": str(network.dim)}
        differing = [name for name in sorted({*theirs, *ours}) if theirs and theirs.get(name) != ours.get(name)]
        if differing:
            here, there = (_in_words(one, differing) for one in (theirs, ours))
            raise MismatchError(
                f"{file.label} was made with {here}, but the images are read with {there}: the two cannot be compared "
                "(make the file again, or choose its network with features=NETWORK)"
            )
        if file.network is None:
            notice = f"{file.label} does not record its network; {network.name} ({network.like}) is assumed"
            network = replace(network, notices=(*network.notices, notice))
    return network


def _network_of_files(files: Sequence[StatisticsFile], network: Network) -> Network:
    recorded = next((file.network for file in files if file.network is not None), None)
    if recorded is None:
        notice = "the files do not record which network made them, so the distance cannot be called FID"
        recorded = {"network": "unknown", "weights_sha256": "", "precision": "fp32"}
    else:
        notice = ""
    return replace(
        network,
        name=recorded["network"],
        weights_sha256=recorded["weights_sha256"],
        verified=is_reference(recorded["network"], recorded["weights_sha256"]),
        precision="bf16" if recorded["precision"] == "bf16" else "fp32",
        dim=files[0].statistics.dim,
        notices=(notice,) if notice else (),
    )


def _in_words(key: Mapping[str, str], names: Sequence[str]) -> str:
    return " and ".join(f"{name.replace('_', ' ')} {key.get(name, 'none')}" for name in names)


def _groups(side: Opened | FeatureSet, rule: str | None) -> Groups | None:
    """Groups of a side's images by a rule, before they are read; None without a rule."""
    if rule is None:
        return None
    if isinstance(side, FeatureSet):
        return side.groups
    bad, count = (side.contents.bad, side.contents.count) if side.contents is not None else ((), 0)
    return groups_of(side.source, bad, count, rule)


def grouped(read: FeatureSet, side: Opened | FeatureSet, rule: str | None) -> FeatureSet:
    """The set that was read from a side, with the groups of its images."""
    if rule is None or isinstance(side, FeatureSet):
        return read
    return replace(read, groups=groups_of(side.source, read.bad, read.n or 0, rule))


def result_key(
    sides: Sequence[Opened | FeatureSet],
    metrics: Sequence[MetricName],
    network: Network,
    options: Options,
    groups: Sequence[Groups | None],
) -> dict[str, Any] | None:
    """Cache key of the scores of `sides`; None where only the pass tells the contents or the dimension.

    groups: of each side's images.
    """
    contents = []
    for side in sides:
        if side.contents is not None:
            contents.append(side.contents.pixels_key)
        elif isinstance(side, FeatureSet):
            contents.append(side.sha256)
        elif isinstance(side.source, StatisticsFile):
            contents.append(side.source.sha256)
        else:
            return None
    if not network.dim:  # of a network of the caller's own, whose results are described after a pass alone
        return None
    return {
        "what": "scores",
        "estimators": _ESTIMATORS,
        "contents": contents,
        "groups": [None if codes is None else sha256_bytes(codes.tobytes()) for codes in groups],
        "metrics": list(metrics),
        "options": asdict(options),
        "reference": network.is_reference,
        **network.key(),
    }


@dataclass(frozen=True, slots=True)
class CachedScores:
    """Scores as the cache keeps them.

    bad: for each side, "name: reason" of its unreadable images. alike: notes on images that are nearly identical.
    """

    scores: tuple[Score, ...]
    bad: tuple[tuple[str, ...], ...]
    alike: tuple[str, ...] = ()


CACHED_SCORES = DocumentFormat("gan-eval-cached-scores", CachedScores)


def _store(
    cache: Cache, key: Mapping[str, Any], made: Sequence[Score], bad: Sequence[Sequence[str]], alike: Sequence[str]
) -> None:
    document = CACHED_SCORES.encode(CachedScores(tuple(made), tuple(map(tuple, bad)), tuple(alike)))
    cache.add(key, lambda room: write_json(room / "scores.json", document))


def _load(entry: Path) -> tuple[list[Score], list[list[str]], list[str]]:
    """Scores, unreadable images and notes of an entry. Raises InputError where they were written by another version."""
    cached = read_document(entry / "scores.json", CACHED_SCORES)
    return list(cached.scores), [list(lines) for lines in cached.bad], list(cached.alike)


def _describe(side: Opened | FeatureSet, made: FeatureSet | None) -> dict[str, Any]:
    """One entry of `inputs`. Only a pass (`made`) can tell what an iterator held."""
    if isinstance(side, FeatureSet):
        skipped = {"skipped": side.contents.skipped} if side.contents is not None else {}
        return {"source": side.label, "count": side.n, "sha256": side.sha256, **skipped}
    source, contents = side
    if isinstance(source, StatisticsFile):
        return {"source": source.label, "count": source.statistics.n, "sha256": source.sha256}
    count, sha256 = (made.n, made.sha256) if made else (contents.count, contents.sha256) if contents else (None, None)
    return {"source": source.label, "count": count, "sha256": sha256, "skipped": source.skipped}


def _input_warnings(sides: Mapping[str, Opened | FeatureSet], bad: Sequence[Sequence[str]]) -> list[str]:
    """Warnings about the images themselves."""
    notes = []
    for (name, side), lines in zip(sides.items(), bad, strict=True):
        notes += [f"{name}: {note}" for note in _notes_of(side)]
        if lines:
            listed = "; ".join(lines)
            notes.append(f"{name}: {len(lines)} unreadable {'file' if len(lines) == 1 else 'files'} left out: {listed}")
        if side.contents is not None and side.contents.skipped:
            notes.append(f"{name}: {side.contents.skipped} files that are not images (or are hidden) were passed over")
    contents = [side.contents for side in sides.values() if side.contents is not None]
    if len(contents) == 2:
        notes += _differences(*contents)
    return notes


def _notes_of(side: Opened | FeatureSet) -> tuple[str, ...]:
    """Notes of a source; those of an iterator are complete after the pass."""
    if isinstance(side, FeatureSet):
        return side.notes
    return side.contents.notes if side.contents is not None else side.source.notes


def _differences(real: Contents, fake: Contents) -> list[str]:
    """Differences between the two sets that the generator did not cause, and images that they share."""
    notes = []
    shared = len(real.digests & fake.digests)
    if real.sha256 == fake.sha256:
        notes.append("real and fake are the same images, in the same order")
    elif shared:
        notes.append(f"{shared} distinct fake images are exact copies of real ones")
    if _apart(real.formats, fake.formats):
        a, b = (" and ".join(_parts(one.formats)) for one in (real, fake))
        notes.append(f"real images are {a}, fake images {b}: the codec alone changes the distances")
    if real.sizes and fake.sizes and not set(real.sizes) & set(fake.sizes):
        a, b = ("×".join(map(str, one.sizes[0])) for one in (real, fake))
        notes.append(f"real images are {a} pixels, fake images {b}: the resizing differs between the sides")
    return notes


#: Difference of two sets' shares of file formats, from 0 to 1, that is worth a note.
_APART = 0.1


def _apart(real: Mapping[str, int], fake: Mapping[str, int]) -> bool:
    """Whether two sets' shares of file formats differ (in total variation) by more than `_APART`."""
    if not real or not fake:
        return False
    first, second = sum(real.values()), sum(fake.values())
    names = {*real, *fake}
    return sum(abs(real.get(name, 0) / first - fake.get(name, 0) / second) for name in names) / 2 > _APART


def _parts(formats: Mapping[str, int]) -> list[str]:
    """Formats, most frequent first, with their shares where there are several."""
    total = sum(formats.values())
    names = sorted(formats, key=lambda name: -formats[name])
    return names if len(names) == 1 else [f"{name} ({formats[name] / total:.0%})" for name in names]
