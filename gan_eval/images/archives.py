"""Zip files and tar shards, read in place; nothing is unpacked to disk.

Member names are used for sorting and in messages, never as paths, so they cannot lead anywhere.
"""

from __future__ import annotations

import os
import re
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from gan_eval.errors import InputError, NotFoundError, UnreadableError
from gan_eval.files import DAMAGE, open_regular
from gan_eval.images.decoding import UnreadableImage
from gan_eval.images.fields import Fields
from gan_eval.images.files import MAX_BYTES, is_image_name
from gan_eval.images.remote import is_address, open_remote
from gan_eval.images.source import Item
from gan_eval.images.zip_directory import open_zip


class ZipSource:
    """Images of a zip file, sorted by name. Raises InputError where it is not a zip file or has no images.

    Parameters
    ----------
    path: of the zip file.
    field: of samples that hold several pictures each, the one to take; see `gan_eval.images.fields`.
    """

    repeatable = True
    notes: tuple[str, ...] = ()

    def __init__(self, path: Path, field: str | None = None) -> None:
        self.label = str(path)
        self._path = path
        self._field = field
        try:
            self._zip = open_zip(path)
        except DAMAGE as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise UnreadableError(
                f"{path}: not a zip file that can be read ({reason or 'damaged, cut short, or of another kind'})"
            ) from error
        members = [member for member in self._zip.infolist() if member.filename and not member.is_dir()]
        self._members = sorted((m for m in members if is_image_name(m.filename)), key=lambda member: member.filename)
        self.skipped = len(members) - len(self._members)
        fields = Fields(str(path), field)
        self._members = [member for member in self._members if fields.takes(member.filename)]
        fields.check()
        if not self._members:
            raise InputError(f"{path}: no images in it ({self.skipped} other files)")

    def __reduce__(self) -> tuple[type[ZipSource], tuple[Path, str | None]]:
        # Another process opens the file for itself.
        return ZipSource, (self._path, self._field)

    @property
    def count(self) -> int:
        """Number of images."""
        return len(self._members)

    def items(self) -> Iterator[Item]:
        """The images, sorted by name."""
        for member in self._members:
            yield Item(member.filename, partial(self._read, member))

    def _read(self, member: zipfile.ZipInfo) -> bytes:
        if member.file_size > MAX_BYTES:
            raise UnreadableImage(
                member.filename, f"{member.file_size:,} bytes, refused as a possible decompression bomb"
            )
        if member.flag_bits & 1:
            raise UnreadableImage(member.filename, "encrypted in the archive")
        try:
            return self._zip.read(member)
        except DAMAGE as error:
            raise UnreadableImage(member.filename, "damaged in the archive") from error


class TarSource:
    """Images of tar shards (.tar, .tar.gz …), in the order of the shards and of the members in each.

    A shard is read as a stream from its beginning to its end, once a pass; nothing but the member in hand is kept.
    Shards at addresses are streamed once, without a scan before the pass.

    Parameters
    ----------
    label: what the user gave.
    shards: the files or their addresses, in order; kept under this name.
    field: of samples that hold several pictures each, the one to take; see `gan_eval.images.fields`.
    """

    count = None
    notes: tuple[str, ...] = ()

    def __init__(self, label: str, shards: Sequence[str | Path], field: str | None = None) -> None:
        self.label = label
        self._field = field
        self.skipped = 0
        self.shards = shards
        self.repeatable = not any(is_address(str(shard)) for shard in shards)
        missing = [str(shard) for shard in shards if not is_address(str(shard)) and not os.path.isfile(shard)]
        if missing:
            raise NotFoundError(
                f"{label}: {len(missing)} of {len(shards)} shards are missing: {', '.join(missing[:5])}"
            )

    def some(self, first: int, last: int) -> TarSource:
        """The shards from place `first` to before `last`."""
        return TarSource(self.label, self.shards[first:last], self._field)

    def items(self) -> Iterator[Item]:
        """The images in order; each member's bytes are read here, in the caller's thread."""
        self.skipped = 0
        fields = Fields(self.label, self._field)
        for shard in self.shards:
            try:
                with _stream(shard) as stream, tarfile.open(fileobj=stream, mode="r|*") as archive:
                    yield from self._members(archive, fields)
            except DAMAGE as error:
                raise UnreadableError(f"{shard}: damaged, cut short, or not a tar file (get it again)") from error
        fields.check()

    def _members(self, archive: tarfile.TarFile, fields: Fields) -> Iterator[Item]:
        for member in archive:
            # tarfile remembers every header it has seen, which a million-image shard must not.
            archive.members = []  # type: ignore[attr-defined]
            if not member.isfile():
                continue
            if not is_image_name(member.name):
                self.skipped += 1
                continue
            if not fields.takes(member.name):
                continue
            if member.size > MAX_BYTES:
                yield Item(member.name, partial(_too_large, member.name, member.size))
                continue
            stream = archive.extractfile(member)
            yield Item(member.name, partial(_given, stream.read() if stream else b""))


def expand_braces(pattern: str) -> list[str]:
    """`set-{000..031}.tar` → its 32 names; the width of the first number is kept. A name without braces → itself."""
    match = re.search(r"\{(\d+)\.\.(\d+)\}", pattern)
    if not match:
        return [pattern]
    first, last = match.groups()
    if int(last) < int(first):
        raise InputError(f"{pattern}: the range runs backwards")
    names = []
    for number in range(int(first), int(last) + 1):
        filled = pattern[: match.start()] + str(number).zfill(len(first)) + pattern[match.end() :]
        names += expand_braces(filled)
    return names


def _stream(shard: str | Path) -> IO[bytes]:
    return open_remote(str(shard)) if is_address(str(shard)) else open_regular(shard)


def _given(data: bytes) -> bytes:
    return data


def _too_large(name: str, size: int) -> bytes:
    raise UnreadableImage(name, f"{size:,} bytes, refused as a possible decompression bomb")
