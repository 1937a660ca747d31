"""Damages bytes: at random, and by the structure of the file, so that the damage passes the outer checks.

Every mutation is a pure function of the bytes and of a `random.Random`.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

Mutation = Callable[[bytes, random.Random], bytes]

_NUMBERS = (0, 1, 2, 127, 128, 255, 256, 32767, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)
_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    -0.0,
    2**63,
    10**19,
    "",
    "x" * 300,
    "../../etc/passwd",
    "/dev/zero",
    "\x1b[2J",
    "\ud800",
    "a\0b",
    [],
    {},
    [[]],
    {"": None},
    [0] * 50,
    "sha256:" + "0" * 64,
)
_SHAPES = (b"(1000000, 1000000)", b"(0, 9999999999)", b"(-1,)", b"()", b"(3)", b"(2.5, 2)", b"(True, 2)")
_TEXTS = (
    b"NaN",
    b"Infinity",
    b"1e999",
    b"9" * 400,
    b"[" * 3000,
    b'{"a":' * 3000,
    b'"\\ud800"',
    b"\xff\xfe",
    b"\0",
    b"-",
    b"{}",
    b"null",
    b"true",
    b",",
    b"}",
)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """One to four random operations on bytes: what a bad disk, a cut-off copy or a hostile hand does."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = rng.choice(_OPERATIONS)(data, rng)
    return data


def _place(data: bytes, rng: random.Random) -> int:
    # Headers lie at both ends, and damage there goes furthest.
    end = len(data)
    return min(
        end,
        rng.choice((rng.randrange(end + 1), rng.randrange(min(end, 64) + 1), end - rng.randrange(min(end, 64) + 1))),
    )


def _flip(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return b"\0"
    place = min(_place(data, rng), len(data) - 1)
    return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]


def _set(data: bytes, rng: random.Random) -> bytes:
    place = _place(data, rng)
    return data[:place] + bytes([rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))]) + data[place + 1 :]


def _number(data: bytes, rng: random.Random) -> bytes:
    width = rng.choice((2, 4, 8))
    place = _place(data, rng)
    number = (rng.choice(_NUMBERS) % (1 << 8 * width)).to_bytes(width, rng.choice(("little", "big")))  # type: ignore[arg-type]
    return data[:place] + number + data[place + width :]


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: _place(data, rng)]


def _remove(data: bytes, rng: random.Random) -> bytes:
    place = _place(data, rng)
    return data[:place] + data[place + rng.choice((1, 2, 4, 16, 100)) :]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    place = _place(data, rng)
    return data[:place] + data[place : place + rng.choice((1, 4, 16, 100))] * rng.choice((2, 3, 50)) + data[place:]


def _insert(data: bytes, rng: random.Random) -> bytes:
    place = _place(data, rng)
    return data[:place] + rng.choice((rng.randbytes(rng.choice((1, 4, 32))), rng.choice(_TEXTS))) + data[place:]


def _blank(data: bytes, rng: random.Random) -> bytes:
    place = _place(data, rng)
    size = min(rng.choice((4, 16, 512)), len(data) - place)
    return data[:place] + rng.choice((b"\0", b"\xff")) * size + data[place + size :]


_OPERATIONS: Sequence[Mutation] = (_flip, _flip, _set, _number, _number, _cut, _remove, _repeat, _insert, _blank)


def text(data: bytes, rng: random.Random) -> bytes:
    """Damage to lines of text: a token or a line replaced, taken out, doubled."""
    if rng.random() < 0.3:
        return damaged(data, rng)
    tokens = [match.span() for match in re.finditer(rb'[\w.]+|"[^"\n]*"|[^\s\w]', data)]
    if not tokens:
        return data + rng.choice(_TEXTS)
    start, end = rng.choice(tokens)
    new = rng.choice(
        (
            b"",
            data[start:end] * 2,
            rng.choice(_TEXTS),
            data[slice(*rng.choice(tokens))],
            str(rng.choice(_NUMBERS)).encode(),
        )
    )
    return data[:start] + new + data[end:]


def document(data: bytes, rng: random.Random) -> bytes:
    """Damage to JSON: values replaced, fields taken out, renamed or added; or damage to its text."""
    if rng.random() < 0.4:
        return text(data, rng)
    try:
        whole = json.loads(data)
    except ValueError:
        return text(data, rng)
    for _ in range(rng.choice((1, 1, 2))):
        whole = _change(whole, rng, whole=True)
    return json.dumps(whole).encode()


def _change(value: Any, rng: random.Random, *, whole: bool = False) -> Any:
    # A document that was replaced as a whole is another one, and not a damaged one.
    if isinstance(value, dict) and value and (whole or rng.random() < 0.85):
        key = rng.choice(sorted(value))
        kind = rng.random()
        if kind < 0.1:
            return {name: one for name, one in value.items() if name != key}
        if kind < 0.2:
            return {**value, rng.choice(("", "x", key + "x", "\x1b[m")): rng.choice(_VALUES)}
        return {**value, key: _change(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.85:
        place = rng.randrange(len(value))
        if rng.random() < 0.2:
            return value[:place] + rng.choice(([], value[place : place + 1] * 3)) + value[place + 1 :]
        return [*value[:place], _change(value[place], rng), *value[place + 1 :]]
    return rng.choice(_VALUES)


def lines(data: bytes, rng: random.Random) -> bytes:
    """Damage to one line of JSON lines, or to their order."""
    rows = data.split(b"\n")
    place = rng.randrange(len(rows))
    if rng.random() < 0.2:
        rows[place:place] = [rng.choice(rows)]
    else:
        rows[place] = document(rows[place], rng)
    return b"\n".join(rows)


def png(data: bytes, rng: random.Random) -> bytes:
    """Damage inside the chunks of a PNG, whose checksums then are right; or any damage."""
    if rng.random() < 0.3 or data[:4] != b"\x89PNG":
        return damaged(data, rng)
    chunks, place = [], 8
    while place + 12 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + size]))
        place += 12 + size
    chosen = rng.randrange(len(chunks))
    kind, body = chunks[chosen]
    if kind in (b"IDAT", b"fdAT") and rng.random() < 0.3:
        body = zlib.compress(damaged(_inflated(body), rng))
    elif rng.random() < 0.1:
        kind = rng.choice((b"IDAT", b"PLTE", b"tRNS", b"iCCP", b"zTXt", b"acTL", b"fcTL", b"fdAT", b"eXIf", b"gAMA"))
    else:
        body = damaged(body, rng)
    chunks[chosen] = (kind, body)
    if rng.random() < 0.1:
        chunks.insert(chosen, rng.choice(chunks))
    parts = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return data[:8] + b"".join(parts)


def _inflated(body: bytes) -> bytes:
    try:
        return zlib.decompress(body)
    except zlib.error:
        return body


def within_zip(inner: Mutation) -> Mutation:
    """Damage to a member of a zip, which is packed anew so that its checksum is right; or to the zip itself."""

    def mutate(data: bytes, rng: random.Random) -> bytes:
        if rng.random() < 0.4:
            return damaged(data, rng)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(one.filename, archive.read(one)) for one in archive.infolist()]
        place = rng.randrange(len(members))
        name, content = members[place]
        members[place] = (_renamed(name, rng) if rng.random() < 0.1 else name, inner(content, rng))
        if rng.random() < 0.1:
            members.append(rng.choice(members))
        stream = io.BytesIO()
        with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", rng.choice((0, 0, 8, 12, 14))) as archive:
            warnings.simplefilter("ignore")  # of names that come twice
            for name, content in members:
                archive.writestr(name, content)
        return stream.getvalue()

    return mutate


def _renamed(name: str, rng: random.Random) -> str:
    stem, dot, ending = name.rpartition(".")
    return rng.choice(
        ("x", "../" + name, "/" + name, name * 40, "\x1b[2J" + name, stem + "0" + dot + ending, "images.npy")
    )


def within_tar(data: bytes, rng: random.Random) -> bytes:
    """Damage to a member or a header of a tar, whose checksum then is right; or to the tar itself."""
    if rng.random() < 0.3:
        return damaged(data, rng)
    block = 512 * rng.randrange(max(len(data) // 512, 1))
    header = bytearray(damaged(data[block : block + 512], rng)[:512].ljust(512, b"\0"))
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return data[:block] + bytes(header) + data[block + 512 :]


def within_gzip(inner: Mutation) -> Mutation:
    """Damage to what a gzip file holds, or to the file itself."""

    def mutate(data: bytes, rng: random.Random) -> bytes:
        if rng.random() < 0.5:
            return damaged(data, rng)
        return gzip.compress(inner(gzip.decompress(data), rng), 1, mtime=0)

    return mutate


def array(data: bytes, rng: random.Random) -> bytes:
    """Damage to a .npy: a token of its header replaced, or any damage."""
    end = data.find(b"\n") + 1
    if rng.random() < 0.4 or not end:
        return damaged(data, rng)
    head = text(data[10 : end - 1].rstrip(), rng)
    if rng.random() < 0.3:
        new = rng.choice(
            (b"(1000000, 1000000)", b"(0, 9999999999)", b"(-1,)", b"()", b"(3)", b"(2.5, 2)", b"(True, 2)")
        )
        head = re.sub(rb"\([\d, ]*\)", new, head)
    return data[:8] + struct.pack("<H", (len(head) + 1) % 65536) + head + b"\n" + data[end:]


def tensors(data: bytes, rng: random.Random) -> bytes:
    """Damage to the JSON header of a safetensors file, whose length is then right; or any damage."""
    size = int.from_bytes(data[:8], "little")
    if rng.random() < 0.4 or size > len(data):
        return damaged(data, rng)
    head = document(data[8 : 8 + size], rng)
    return len(head).to_bytes(8, "little") + head + data[8 + size :]


def tar_of(members: Sequence[tuple[str, bytes]], mode: str = "w") -> bytes:
    """A tar, for seeds."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def zip_of(members: Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip, for seeds."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()
