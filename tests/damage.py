"""What happens to JSON on a disk or in an editor, for tests that no reader believes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any


def damages(text: str) -> Iterator[tuple[str, bytes]]:
    """(what was done, the bytes then) for a document that has a number, a version and at least ten characters."""
    data = text.encode()
    yield "empty", b""
    yield "cut short", data[: len(data) // 2]
    yield "without its last bracket", data.rstrip()[:-1]
    yield "zeros", bytes(len(data))
    yield "not UTF-8", data.replace(b'"', b"\xff", 1)
    yield "another kind of document", json.dumps(json.loads(text) | {"schema": "other/1"}).encode()
    yield "a newer version", re.sub(rb'("schema": ?"[a-z-]+)/\d+', rb"\1/99", data)
    yield "an unknown field", json.dumps(json.loads(text) | {"colour": 1}).encode()
    yield "a list", b"[" + data + b"]"
    yield "nested deeply", b"[" * 100_000
    yield "nested deeply in a field", json.dumps(json.loads(text) | {"colour": 1}).encode()[:-2] + b"[" * 100_000
    yield "NaN", _with_number(data, b"NaN")
    yield "a huge number", _with_number(data, b"9" * 5000)
    yield "a text for a number", _with_number(data, b'"7"')


def flips(text: str, *, every: int = 5) -> Iterator[bytes]:
    """The document with one bit turned, for every few bytes of it; what still means the same is left out."""
    data = text.encode()
    meaning = json.loads(text)
    for place in range(0, len(data), every):
        flipped = bytearray(data)
        flipped[place] ^= 1 << (place % 8)
        if _parsed(bytes(flipped)) != meaning:
            yield bytes(flipped)


def _with_number(data: bytes, number: bytes) -> bytes:
    return re.sub(rb"(?<=[\[:, ])-?\d+(\.\d+)?(?=[,\]}\n ])", number, data, count=1)


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None
