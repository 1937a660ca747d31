"""Opens zip files and holds their directory against the number of members that they announce.

`zipfile` reads the directory as far as it goes: damage there makes members vanish without a word.
"""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path
from typing import IO

from gan_eval.files import open_regular

_END, _END_SIZE, _LONGEST_COMMENT = b"PK\5\6", 22, 0xFFFF
#: What stands for the number of members where the record for large archives tells it.
_ELSEWHERE = 0xFFFF


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip file. Raises OSError, what `zipfile` raises on damage, and BadZipFile where members are missing."""
    with open_regular(path) as stream:
        announced = _announced(stream)
    archive = zipfile.ZipFile(path)
    if announced is not None and announced != len(archive.infolist()):
        archive.close()
        raise zipfile.BadZipFile(f"{announced} members announced, {len(archive.infolist())} there")
    return archive


def _announced(stream: IO[bytes]) -> int | None:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(size - _END_SIZE - _LONGEST_COMMENT, 0))
    tail = stream.read()
    place = tail.rfind(_END)
    if place < 0 or place + _END_SIZE > len(tail):
        return None  # no zip file, which zipfile says
    (count,) = struct.unpack_from("<H", tail, place + 10)
    return None if count == _ELSEWHERE else int(count)
