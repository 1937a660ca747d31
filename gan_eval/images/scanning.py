"""Scans every image before the expensive work: contents, damage and a hash of the set."""

from __future__ import annotations

import collections
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from gan_eval.errors import BadImagesError, InputError
from gan_eval.images.decoding import Header, UnreadableImage, probe
from gan_eval.images.policies import DEEP_REMEDY, deep_note, deep_subject
from gan_eval.images.source import Item, OnBadImage, Source
from gan_eval.result import Progress
from gan_eval.settings import Deep

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, slots=True)
class Contents:
    """Result of a scan.

    count: readable images. sha256: of the readable images' own hashes, in order; the same images in the same order
    give the same value wherever they lie. bad: "name: reason" of each unreadable file, sorted as the source is.
    formats: file format → count. sizes: the (width, height) met, at most a few. skipped: foreign and hidden files.
    notes: sentences that a reader of a number must know: pixels that were cut, animations, which array was taken.
    digests: the first 8 bytes of each image's hash. deep: what happens to pixels beyond 8 bits; None where there are
    none.
    """

    count: int
    sha256: str
    bad: tuple[str, ...]
    formats: Mapping[str, int]
    sizes: tuple[tuple[int, int], ...]
    skipped: int
    notes: tuple[str, ...] = ()
    digests: frozenset[bytes] = field(default=frozenset(), repr=False, compare=False)
    deep: Deep | None = None

    @property
    def pixels_key(self) -> str:
        """What the pixels follow from: the hash of the files and, where it matters, how deep pixels are made 8 bits."""
        return self.sha256 if self.deep is None else f"{self.sha256}:{self.deep}"


class _Glance(NamedTuple):
    name: str
    digest: bytes
    header: Header | None
    bad: str | None


class _Odd:
    """Counts images that are readable and yet not used as they are, with the names of the first few."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {"deep": [], "animated": []}
        self._counts = collections.Counter[str]()

    def see(self, name: str, header: Header) -> None:
        """Take note of one image."""
        for kind, is_so in (("deep", header.deep), ("animated", header.animated)):
            if is_so:
                self._counts[kind] += 1
                self._names[kind] += [name] if len(self._names[kind]) < 3 else []

    def deep(self) -> int:
        """Number of images deeper than 8 bits."""
        return self._counts["deep"]

    def names(self, kind: str) -> str:
        """The first few of a kind."""
        return ", ".join(self._names[kind]) + (" …" if self._counts[kind] > len(self._names[kind]) else "")

    def deep_subject(self) -> str:
        """The images deeper than 8 bits, in words."""
        return deep_subject(self.deep(), self.names("deep"))

    def notes(self, deep: Deep) -> list[str]:
        """One sentence for each kind of odd image."""
        lines = [deep_note(self.deep(), self.names("deep"), deep)] if self.deep() else []
        animated = self._counts["animated"]
        if animated:
            subject = f"{animated} {'images have' if animated > 1 else 'image has'}"
            lines.append(f"{subject} several frames ({self.names('animated')}): only the first frame is used")
        return lines


def scan(
    source: Source,
    *,
    workers: int | None = None,
    on_bad_image: OnBadImage = "fail",
    deep: Deep = "fail",
    progress: Progress | None = None,
) -> Contents:
    """Read every file of a repeatable source once: content hash, header, signs of damage.

    deep: what will happen to pixels beyond 8 bits.

    Raises
    ------
    BadImagesError: with `on_bad_image="fail"`, when any file is unreadable; it names the first five and the count.
    InputError: when no readable image is left, or, with `deep="fail"`, an image is deeper than 8 bits.
    """
    total = hashlib.sha256()
    formats: collections.Counter[str] = collections.Counter()
    sizes: dict[tuple[int, int], None] = {}
    bad: list[str] = []
    odd = _Odd()
    digests: set[bytes] = set()
    count = 0
    for done, glance in enumerate(in_order(_glance, source.items(), workers=workers), 1):
        if glance.bad is not None:
            bad.append(glance.bad)
        else:
            count += 1
            total.update(glance.digest)
            digests.add(glance.digest[:8])
        if glance.header:
            formats[glance.header.format] += 1
            odd.see(glance.name, glance.header)
            if len(sizes) < 8:
                sizes[glance.header.width, glance.header.height] = None
        if progress and (done % 64 == 0 or done == source.count):
            progress(f"reading {source.label}", done, source.count)
    if bad and on_bad_image == "fail":
        raise BadImagesError(source.label, bad)
    if odd.deep() and deep == "fail":
        raise InputError(f"{source.label}: {odd.deep_subject()}: {DEEP_REMEDY}")
    if not count:
        found = f"{len(bad)} unreadable, {source.skipped} other files"
        raise InputError(f"{source.label}: no readable images in it ({found})")
    return Contents(
        count,
        total.hexdigest(),
        tuple(bad),
        dict(sorted(formats.items())),
        tuple(sorted(sizes)),
        source.skipped,
        (*odd.notes(deep), *_copies(count, len(digests)), *source.notes),
        frozenset(digests),
        deep if odd.deep() else None,
    )


def _copies(count: int, distinct: int) -> list[str]:
    if distinct == count:
        return []
    return [f"{count - distinct} of {count} images are exact copies of others in the set ({distinct} distinct)"]


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
        header = probe(data, item.name) if isinstance(data, bytes) else None
    except UnreadableImage as error:
        return _Glance(item.name, b"", None, str(error))
    return _Glance(item.name, content_digest(data), header, None)


def content_digest(data: bytes | NDArray[np.uint8]) -> bytes:
    """SHA-256 of an image as `Item.read` gives it: a file's bytes, or pixels with their shape."""
    if isinstance(data, bytes):
        return hashlib.sha256(data).digest()
    shape = ",".join(map(str, data.shape)).encode()
    return hashlib.sha256(shape + b"\0" + data.tobytes()).digest()


class ContentCheck:
    """Hashes what a pass over a source decodes, and holds it against what the scan of the source saw.

    label: of the source. contents: of the scan; None where there was none, and the pass alone tells the hash.
    """

    def __init__(self, label: str, contents: Contents | None) -> None:
        self._label = label
        self._contents = contents
        self._total = hashlib.sha256()

    def update(self, digests: bytes) -> None:
        """Add the digests of some images, one after the other, in the source's order."""
        self._total.update(digests)

    def finish(self) -> str:
        """The hash of all images. Raises InputError where it is not the scan's."""
        sha256 = self._total.hexdigest()
        if self._contents is not None and sha256 != self._contents.sha256:
            raise InputError(f"{self._label}: changed while it was being read (run again when nothing writes to it)")
        return sha256


def counted(name: str, contents: Contents | None) -> bool:
    """Whether an image that a pass cannot decode is in the scan's hash: it is unless the scan left it out too."""
    return contents is None or not any(line.startswith(f"{name}: ") for line in contents.bad)
