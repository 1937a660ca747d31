"""A look at every image before the expensive work: what is there, what is damaged, and the hash of it all."""

from __future__ import annotations

import collections
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from gan_eval.errors import BadImagesError, InputError
from gan_eval.images.decoding import Header, UnreadableImage, probe
from gan_eval.images.source import Item, OnBadImage, Source
from gan_eval.result import Progress

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a scan found.

    count: readable images. sha256: of the readable images' own hashes, in order; the same images in the same order
    give the same value wherever they lie. bad: "name: reason" of each unreadable file, sorted as the source is.
    formats: file format → count. sizes: the (width, height) met, at most a few. skipped: foreign and hidden files.
    """

    count: int
    sha256: str
    bad: tuple[str, ...]
    formats: Mapping[str, int]
    sizes: tuple[tuple[int, int], ...]
    skipped: int


class _Glance(NamedTuple):
    digest: bytes
    header: Header | None
    bad: str | None


def scan(
    source: Source,
    *,
    workers: int | None = None,
    on_bad_image: OnBadImage = "fail",
    progress: Progress | None = None,
) -> Contents:
    """Read every file of a repeatable source once: content hash, header, signs of damage.

    Raises
    ------
    BadImagesError: with `on_bad_image="fail"`, when any file is unreadable; it names the first five and the count.
    InputError: when no readable image is left.
    """
    total = hashlib.sha256()
    formats: collections.Counter[str] = collections.Counter()
    sizes: dict[tuple[int, int], None] = {}
    bad: list[str] = []
    count = 0
    for done, glance in enumerate(in_order(_glance, source.items(), workers=workers), 1):
        if glance.bad is not None:
            bad.append(glance.bad)
        else:
            count += 1
            total.update(glance.digest)
        if glance.header:
            formats[glance.header.format] += 1
            if len(sizes) < 8:
                sizes[glance.header.width, glance.header.height] = None
        if progress and (done % 64 == 0 or done == source.count):
            progress(f"reading {source.label}", done, source.count)
    if bad and on_bad_image == "fail":
        raise BadImagesError(source.label, bad)
    if not count:
        found = f"{len(bad)} unreadable, {source.skipped} other files"
        raise InputError(f"{source.label}: no readable images in it ({found})")
    return Contents(
        count, total.hexdigest(), tuple(bad), dict(sorted(formats.items())), tuple(sorted(sizes)), source.skipped
    )


def in_order(
    function: Callable[[_In], _Out], items: Iterable[_In], *, workers: int | None = None, ahead: int = 64
) -> Iterator[_Out]:
    """`map` over threads: results in order, at most `ahead` items in flight, so that streams stay streams.

    `workers=0` does the work in the caller's thread.
    """
    count = workers if workers is not None else os.cpu_count() or 1
    if count == 0:
        yield from map(function, items)
        return
    pool = ThreadPoolExecutor(count)
    pending: collections.deque[Future[_Out]] = collections.deque()
    try:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        # On an error or Ctrl-C, what has not begun never begins.
        pool.shutdown(wait=True, cancel_futures=True)


def _glance(item: Item) -> _Glance:
    try:
        data = item.read()
        if isinstance(data, bytes):
            return _Glance(hashlib.sha256(data).digest(), probe(data, item.name), None)
    except UnreadableImage as error:
        return _Glance(b"", None, str(error))
    shape = ",".join(map(str, data.shape)).encode()
    return _Glance(hashlib.sha256(shape + b"\0" + data.tobytes()).digest(), None, None)
