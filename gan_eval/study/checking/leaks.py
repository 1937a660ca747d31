"""Searches public files for names of methods, folders, items and persons, in plain text and in encodings.

What is ours and the same in every study (program, style, strings, names of fields) is taken out first, so that a
method called "image" raises no false alarm; so are opaque ids, hashes and bare numbers.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
import getpass
import html
import json
import re
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import NamedTuple
from urllib.parse import quote

from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.making.folder import EXTENSION
from gan_eval.study.making.webpage import LANGUAGES, default_text, script, skeleton, strings, style
from gan_eval.study.schema.manifest import Key, Manifest, Picture, Platform, Practice, Text, Trial, Ui
from gan_eval.study.schema.platforms import PRESETS

_OPAQUE = re.compile(r"\b(?:[it][0-9a-f]{20}|[0-9a-f]{64}|f\d{2,4})\b")
_NUMBER = re.compile(r"(?<=[\[,:])\s*-?\d+(?=\s*[\],}])")
_IMAGES = re.compile(r'(<script type="application/json" id="images">)(.*?)(</script>)', re.DOTALL)
#: Shorter words stand in any text by chance; they count only as a whole value, a path's part or a file's name.
_LONG = 4
#: In compressed pixels a shorter word turns up by chance.
_LONG_IN_BYTES = 6


class Word(NamedTuple):
    """Something that must not be public, and what it is."""

    text: str
    what: str


def secret_words(key: Key) -> list[Word]:
    """Names and places that would unblind a participant: from the key, and the name of whoever made the study."""
    words = [Word(method.name, "method") for method in key.methods.values()]
    words += [Word(PurePath(method.dir).name, "folder") for method in key.methods.values()]
    words += [Word(str(Path(method.dir).absolute()), "folder") for method in key.methods.values()]
    words += [Word(image.item.rpartition("/")[2], "item") for image in key.images.values() if _is_file(image.source)]
    words += [Word(image.source, "source file") for image in key.images.values() if _is_file(image.source)]
    words += [Word(key.secret_hex, "the secret"), Word(key.nonce_hex, "the nonce")]
    words += [Word(getpass.getuser(), "user name"), Word(str(Path.home()), "home folder")]
    unique = {word.text.casefold(): word for word in reversed(words) if len(word.text.strip("./\\")) > 0}
    return sorted(unique.values())


def leaks_in_text(text: str, words: Iterable[Word]) -> list[str]:
    """Returns those of `words` that a public text holds, plain, escaped or encoded."""
    rest = without_own(text)
    folded = rest.casefold()
    found = []
    for word in words:
        needles = [word.text] if len(word.text) < _LONG or word.text.isdigit() else _spellings(word.text)
        for needle in needles:
            place = _find(rest, folded, needle)
            if place >= 0:
                found.append(f"{word.what} {word.text!r}: …{rest[max(0, place - 20) : place + len(needle) + 20]!r}…")
                break
    return found


def leaks_in_bytes(data: bytes, words: Iterable[Word]) -> list[str]:
    """Returns those of the longer `words` that stand in a file's bytes."""
    folded = data.lower()
    return [
        f"{word.what} {word.text!r}"
        for word in words
        if len(word.text) >= _LONG_IN_BYTES and word.text.lower().encode("utf-8") in folded
    ]


def without_own(text: str) -> str:
    """Returns a public text without the parts that every study has, and without ids, hashes, numbers and pictures."""
    text = _IMAGES.sub(r"\1\3", text)
    for own in (script(), style(), *skeleton(), *_own_words()):
        text = text.replace(own, " ")
    return _NUMBER.sub("", _OPAQUE.sub("", text))


@functools.cache
def _own_words() -> tuple[str, ...]:
    """The page's strings as JSON has them, longest first, and the names of fields."""
    words: set[str] = set()
    for lang in LANGUAGES:
        for kind in KINDS:
            words |= set(strings(lang, kind).values())
            for with_input in (False, True):
                words |= set(dataclasses.asdict(default_text(lang, kind, with_input=with_input)).values())
    words |= {*KINDS, *EXTENSION, *(name for preset in PRESETS.values() for name in _platform_words(preset))}
    written = {json.dumps(word, ensure_ascii=False) for word in words if word}
    records = (Manifest, Picture, Platform, Practice, Text, Trial, Ui)
    names = {field.name for record in records for field in dataclasses.fields(record)} | {
        name for kind in KINDS for name in strings("en", kind)
    }
    fields = {f'"{name}":' for name in names | {"manifest", "manifest_sha256", "form_id", "sequence"}}
    escaped = {html.escape(word) for word in words if len(word) > 20}
    return tuple(sorted(written | fields | escaped, key=len, reverse=True))


def _platform_words(platform: Platform) -> Iterable[str]:
    return (platform.name, platform.finish, *platform.id_params, *platform.extra_params, *platform.hosts)


def _find(rest: str, folded: str, needle: str) -> int:
    """Where `needle` stands, -1 where it does not."""
    if len(needle) >= _LONG and not needle.isdigit():
        return folded.find(needle.casefold())
    whole = re.search(rf"(?<=[\"/=>]){re.escape(needle)}(?=[\"/.<])", rest)
    return -1 if whole is None else whole.start()


def _spellings(word: str) -> list[str]:
    """The word itself and what escaping and encoding make of it."""
    data = word.encode("utf-8")
    forms = [word, json.dumps(word)[1:-1], html.escape(word), quote(word, safe=""), binascii.hexlify(data).decode()]
    if len(data) >= _LONG_IN_BYTES:
        # A word inside a longer base64 text has one of three alignments; the ends depend on the neighbours.
        for shift in range(3):
            encoded = base64.b64encode(bytes(shift) + data).decode("ascii").rstrip("=")
            forms.append(encoded[(0, 2, 3)[shift] : len(encoded) - 1])
    return [form for form in dict.fromkeys(forms) if len(form) >= _LONG]


def _is_file(source: str) -> bool:
    return not source.startswith("drawn:")
