"""A feature network run over sources of images, once each, through the cache.

    with reader(Settings(features="inception")) as reading:
        real, fake = reading.open("real/"), reading.open("fake/")      # damaged files are found here, in seconds
        real_set, fake_set = reading.read(real), reading.read(fake)  # the expensive part

Moments are streamed; the features themselves go to disk where a metric needs them, so that memory does not grow with
the number of images.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_eval.arguments import check_instance, check_progress
from gan_eval.cache import Cache
from gan_eval.distributed import Team, leading, own_workers
from gan_eval.errors import BadImagesError, InputError, OutputError
from gan_eval.extractors import Activations, Extractor, Network, load, resolve
from gan_eval.feature_set import FeatureSet, read_entry
from gan_eval.forward import Batch, Pass, run
from gan_eval.images import ArraySource, Column, Contents, Given, OnBadImage, Source, open_source, scan
from gan_eval.images.scanning import ContentCheck
from gan_eval.metrics.sides import Needs as Needs
from gan_eval.pass_results import INTERVAL, PassResults
from gan_eval.provenance import Provenance, versions
from gan_eval.result import Progress
from gan_eval.settings import Deep, Settings
from gan_eval.statistics_file import StatisticsFile, open_statistics
from gan_eval.vectors import VectorWriter

#: Results of one source that take more than this, in bytes, are not kept in the cache.
KEEP_BYTES = 4 << 30


class Opened(NamedTuple):
    """A source that has been looked at; contents is None where only the pass itself can tell."""

    source: Source | StatisticsFile
    contents: Contents | None


@dataclass
class FeatureReader:
    """Reads sources with one network; a context manager, whose end removes what was kept on disk for it alone.

    network: from `extractors.resolve`; it is loaded at the first source that the cache does not know.
    cache: where results are kept and looked for. batch_size: images per forward pass. workers: decoding threads,
    default one per core, 0 for none. on_bad_image: `fail` or `skip`. column: the part of each sample that holds the
    images. deep: what happens to pixels beyond 8 bits. seconds: filled with what took how long.
    extractor: a network of the caller's own, already in memory. keep_interval: seconds between two times at which an
    unfinished pass is kept, so that it goes on after the process was killed. team: processes that share the reading;
    this is the one that leads.
    """

    network: Network
    cache: Cache = field(default_factory=Cache)
    batch_size: int = 32
    workers: int | None = None
    on_bad_image: OnBadImage = "fail"
    column: Column | None = None
    deep: Deep = "fail"
    progress: Progress | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    extractor: Extractor | None = None
    keep_interval: float = INTERVAL
    team: Team | None = None
    _rooms: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> FeatureReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the network and of temporary files; feature sets that lie in them end here."""
        self.extractor = None
        self._rooms.close()

    def open(self, given: Given) -> Opened:
        """Find a source and look at every file of it; the network is not needed yet.

        Raises InputError, or BadImagesError for damaged images (unless they are to be skipped).
        """
        if isinstance(given, Opened):
            return given
        statistics = open_statistics(given)
        if statistics is not None:
            return Opened(statistics, None)
        source = open_source(given, column=self.column, deep=self.deep)
        if not source.repeatable:
            return Opened(source, None)
        with self.timed("scan"):
            contents = scan(
                source,
                workers=self.workers,
                on_bad_image=self.on_bad_image,
                deep=self.deep,
                progress=self.progress,
            )
        return Opened(source, contents)

    def read(
        self,
        given: Given,
        needs: Needs = Needs(),  # noqa: B008 - an immutable value
        *,
        rooms: contextlib.ExitStack | None = None,
    ) -> FeatureSet:
        """Features of a source: from its file, from the cache, or by running the network.

        rooms: nothing is kept in the cache, and the set's files go when this stack is closed; for a training run's
        images, which never come again. A file of moments has no vectors, whatever is needed.
        Raises InputError where the images cannot be read, or a file of statistics cannot give class scores.
        """
        opened = self.open(given)
        if isinstance(opened.source, StatisticsFile):
            return self._from_file(opened.source, needs)
        read = self._of_images(opened.source, opened.contents, needs, rooms)
        if not self.network.dim:
            self.network = replace(self.network, dim=read.statistics.dim)
        return read

    def _of_images(
        self, source: Source, contents: Contents | None, needs: Needs, rooms: contextlib.ExitStack | None
    ) -> FeatureSet:
        if contents is not None:
            for kind in needs.kinds():
                entry = partial(self._entry, source=source, contents=contents, sha256=contents.sha256)
                kept = self.cache.read(self._key(contents, kind), entry)
                if kept is not None:
                    return kept
        return self._run(source, contents, needs, rooms)

    def _run(
        self, source: Source, contents: Contents | None, needs: Needs, rooms: contextlib.ExitStack | None
    ) -> FeatureSet:
        try:
            return self._make(source, contents, needs, rooms)
        except (OSError, OutputError) as error:
            if self.cache.fault is not None or not source.repeatable:
                raise
            self.cache.give_up(error)  # the cache's disk is full: once more, elsewhere
            return self._make(source, contents, needs, rooms)

    def _make(
        self, source: Source, contents: Contents | None, needs: Needs, rooms: contextlib.ExitStack | None
    ) -> FeatureSet:
        kind = needs.kinds()[0]
        lasting = rooms is None and contents is not None
        with contextlib.ExitStack() as made:
            bench = self.cache.bench(self._key(contents, kind)) if lasting and contents else self.cache.scratch()
            room = made.enter_context(bench)
            sha256 = self._extract(source, contents, needs, room)
            size = sum(path.stat().st_size for path in room.iterdir())
            if lasting and contents is not None and size <= KEEP_BYTES:
                room = self.cache.store(self._key(contents, kind), room)
            entry = self._entry(room, source, contents, sha256)
            (rooms or self._rooms).push(made.pop_all())
        return entry

    def _extract(self, source: Source, contents: Contents | None, needs: Needs, room: Path) -> str:
        """Run the network over every image, leave the results in `room`; returns the hash of what was decoded."""
        with self.timed("load network"):
            extractor = self.extractor = self.extractor or load(self.network)
        check = ContentCheck(source.label, contents)
        total = contents.count if contents else source.count
        with PassResults(room, needs, interval=self.keep_interval) as results, self.timed("features"):
            check.update(results.digests)
            job = Pass(self.network, source, self.batch_size, self.workers, contents, self.deep, skip=results.items)
            with contextlib.closing(self._batches(extractor, job)) as batches:
                for batch in batches:
                    self._add(results, batch, source, needs)
                    check.update(batch.digests)
                    if contents is not None:
                        results.keep_now_and_then()
                    if self.progress:
                        self.progress(f"{self.network.name} features of {source.label}", results.count, total)
            if not results.count:
                raise InputError(f"{source.label}: no readable images in it")
            sha256 = check.finish()
            results.finish([line for line in results.bad if contents is None or line not in contents.bad])
        return sha256

    def _add(self, results: PassResults, batch: Batch, source: Source, needs: Needs) -> None:
        """Add a batch to the results. Raises BadImagesError for unreadable images that are not to be skipped."""
        results.add_images(batch.items, batch.bad, batch.digests)
        if results.bad and self.on_bad_image == "fail":
            raise BadImagesError(source.label, results.bad)
        if batch.activations is not None:
            logits = _logits(batch.activations, self.network) if needs.logits else None
            results.add_features(batch.activations.features, logits)

    def _batches(self, extractor: Extractor, job: Pass) -> Generator[Batch]:
        if self.team is None or not job.source.repeatable or isinstance(job.source, ArraySource):
            return run(job, extractor)
        shared = replace(job, size=self.team.size)
        return self.team.lead(shared, run(replace(shared, workers=own_workers(self.workers)), extractor))

    def _from_file(self, file: StatisticsFile, needs: Needs) -> FeatureSet:
        if needs.logits:
            raise InputError(f"{file.label}: holds no class scores, which the Inception score needs (give the images)")
        vectors = file.features
        if isinstance(vectors, np.ndarray):
            room = self._rooms.enter_context(self.cache.scratch())
            with VectorWriter(room / "features.f32") as writer:
                writer.append(np.asarray(vectors, np.float32))
                vectors = writer.finish()
        return FeatureSet(file.label, file.statistics.n, file.sha256, file.network, file.statistics, vectors)

    def _entry(self, room: Path, source: Source, contents: Contents | None, sha256: str) -> FeatureSet:
        return read_entry(
            room, label=source.label, sha256=sha256, network=self.network.key(), contents=contents, notes=source.notes
        )

    def _key(self, contents: Contents, kind: str) -> dict[str, Any]:
        return {"what": kind, "contents": contents.pixels_key, "count": contents.count, **self.network.key()}

    def provenance(self, inputs: Mapping[str, Mapping[str, Any]], network: Network | None = None) -> Provenance:
        """What numbers of these inputs are made from; `network` where it is not the reader's own."""
        return Provenance(
            features=(network or self.network).describe(),
            inputs=inputs,
            versions=versions(),
            seconds={step: round(seconds, 3) for step, seconds in self.seconds.items()},
        )

    @contextlib.contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Add the block's duration to `seconds[what]`."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] = self.seconds.get(what, 0.0) + time.perf_counter() - begun


def reader(settings: Settings, progress: Progress | None = None) -> FeatureReader:
    """Make a reader for these settings, its network found but not loaded.

    Under torchrun, inside `distributed.team`, the reader shares its work with the other processes.

    Raises WeightsError for weights that are missing or unreadable, InputError for a network, device or runtime that is
    not there.
    """
    check_instance("settings", settings, Settings)
    check_progress(progress)
    network, own = find_network(settings, progress)
    return FeatureReader(
        network=network,
        # Of a network without a hash nothing is kept: nothing could find it again.
        cache=Cache(keep=settings.cache and bool(network.weights_sha256)),
        batch_size=settings.batch_size,
        workers=settings.workers,
        on_bad_image=settings.on_bad_image,
        column=settings.column,
        deep=settings.deep,
        progress=progress,
        extractor=own,
        team=leading() if own is None else None,
    )


def find_network(settings: Settings, progress: Progress | None = None) -> tuple[Network, Extractor | None]:
    """The network of these settings, and its extractor where the caller has it in memory. Raises as `reader` does."""
    if not isinstance(settings.features, str):
        from gan_eval.extractors.custom import own_extractor

        own = own_extractor(settings)
        return own.network, own
    network = resolve(
        settings.features,
        weights=settings.weights,
        like=settings.preprocessing,
        precision=settings.precision,
        device=settings.device,
        runtime=settings.runtime,
        input_size=settings.input_size,
        layer=settings.layer,
        progress=progress,
    )
    return network, None


def _logits(activations: Activations, network: Network) -> NDArray[np.float32]:
    if activations.logits is None:
        raise InputError(
            f"{network.name} has no class scores, which the Inception score needs (use features='inception')"
        )
    return activations.logits
