"""Runs a feature network over a source, in one process or as one of several.

Decoding and resizing run in threads while the network works on the batch before.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_eval.distributed import own_device, own_workers
from gan_eval.errors import InputError
from gan_eval.extractors import Activations, Extractor, Network, load
from gan_eval.images import Contents, Item, Source, UnreadableImage
from gan_eval.images.scanning import content_digest, counted, in_order
from gan_eval.settings import Deep


@dataclass(frozen=True, slots=True)
class Pass:
    """A source and the settings with which it is read.

    batch_size: images per forward pass. workers: decoding threads, None for one per core, 0 for none. contents: what
    the scan of the source found, None where there was none. deep: what happens to files' pixels beyond 8 bits.
    rank, size: of every `size` batches the one at place `rank` is this process's. skip: images at the beginning of the
    source that an earlier pass has read.
    """

    network: Network
    source: Source
    batch_size: int
    workers: int | None
    contents: Contents | None
    deep: Deep = "fail"
    rank: int = 0
    size: int = 1
    skip: int = 0


class Batch(NamedTuple):
    """Results of one batch.

    activations: of the readable images, None where none was. digests: SHA-256 of each image as it was decoded, one
    after the other, without those that the scan left out. bad: "name: reason" of each unreadable image. read: number
    of readable images. items: number of images, readable or not.
    """

    activations: Activations | None
    digests: bytes
    bad: tuple[str, ...]
    read: int
    items: int


class _Prepared(NamedTuple):
    """One image, ready for the network, or the reason why it cannot be read."""

    pixels: NDArray[np.float32] | None
    digest: bytes = b""
    bad: str | None = None


def run(job: Pass, extractor: Extractor) -> Generator[Batch]:
    """The batches of this process's share, in order."""

    def prepare(item: Item) -> _Prepared:
        digest = b""
        try:
            data = item.read()
            digest = content_digest(data)
            pixels = item.decoded(data, job.deep)
        except UnreadableImage as error:
            return _Prepared(None, digest if counted(item.name, job.contents) else b"", bad=str(error))
        return _Prepared(extractor.prepare(pixels), digest)

    prepared = in_order(prepare, _share(job), workers=job.workers, ahead=2 * job.batch_size)
    while batch := list(itertools.islice(prepared, job.batch_size)):
        good = [one.pixels for one in batch if one.pixels is not None]
        yield Batch(
            extractor(_stacked(good, job.network)) if good else None,
            b"".join(one.digest for one in batch),
            tuple(one.bad for one in batch if one.bad is not None),
            len(good),
            len(batch),
        )


def _stacked(images: list[NDArray[np.float32]], network: Network) -> NDArray[np.float32]:
    """One batch (B, 3, h, w). Raises InputError where sizes differ, as a network that does not resize leaves them."""
    sizes = sorted({image.shape[1:] for image in images})
    if len(sizes) > 1:
        listed = " and ".join(f"{height} × {width}" for height, width in sizes[:2])
        raise InputError(
            f"features={network.name}: a batch holds images of {listed} pixels, and this network takes them as they "
            "are; let it resize them with gan_eval.CustomNetwork(module, size=…)"
        )
    return np.stack(images)


def follower(rank: int) -> Callable[[Pass], Iterator[Batch]]:
    """Runs the share of the process `rank` of every pass that the leader begins; its network stays loaded."""
    loaded = functools.cache(load)

    def work(job: Pass) -> Iterator[Batch]:
        network = replace(job.network, device=own_device(job.network.device))
        mine = replace(job, network=network, workers=own_workers(job.workers), rank=rank)
        yield from run(mine, loaded(network))

    return work


def _share(job: Pass) -> Iterator[Item]:
    items = itertools.islice(job.source.items(), job.skip, None)
    return (item for place, item in enumerate(items) if place // job.batch_size % job.size == job.rank)
