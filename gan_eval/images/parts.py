"""Parts of a source, so that many jobs of a batch system can read one set of images."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from gan_eval.errors import InputError
from gan_eval.images.archives import TarSource
from gan_eval.images.source import Item, Source


class Part(NamedTuple):
    """Part `number` of `of` of a source; numbers count from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def span(self, count: int) -> tuple[int, int]:
        """First and last + 1 of `count` things in a row that belong to this part; parts differ by one at most."""
        return (self.number - 1) * count // self.of, self.number * count // self.of


def parse_part(text: str) -> Part:
    """Read `3/16`, the third of sixteen parts. Raises InputError for anything else."""
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    part = Part(*map(int, match.groups())) if match else Part(0, 0)
    if not 1 <= part.number <= part.of:
        raise InputError(f"shard={text!r}: use i/n with i from 1 to n, such as 1/16 for the first of 16 parts")
    return part


class PartSource:
    """Consecutive images of a source: one of several parts that together are the whole, in its order.

    Tar shards are shared out whole, since a tar file can only be read from its beginning.

    Parameters
    ----------
    source : the whole source.
    part : which part of it.

    Raises
    ------
    InputError : fewer images or tar shards than parts, or a stream whose length is not known.
    """

    def __init__(self, source: Source, part: Part) -> None:
        self.label = f"{source.label} (part {part})"
        self.repeatable = source.repeatable
        self._source = source
        self._first, self._last = 0, None
        length, things = (
            (len(source.shards), "tar shards") if isinstance(source, TarSource) else (source.count, "images")
        )
        if length is None:
            raise InputError(f"{source.label}: a stream of unknown length has no parts (give files)")
        if length < part.of:
            raise InputError(f"{source.label}: {length} {things} cannot be shared out in {part.of} parts")
        first, last = part.span(length)
        if isinstance(source, TarSource):
            self._source = source.some(first, last)
        else:
            self._first, self._last = first, last

    @property
    def count(self) -> int | None:
        """Number of images; None for tar shards."""
        return None if self._last is None else self._last - self._first

    @property
    def skipped(self) -> int:
        """Foreign and hidden files of the whole source, which were passed over; of tar shards, of this part's."""
        return self._source.skipped

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of the whole source."""
        return self._source.notes

    def items(self) -> Iterator[Item]:
        """The images of this part, in order."""
        return itertools.islice(self._source.items(), self._first, self._last)
