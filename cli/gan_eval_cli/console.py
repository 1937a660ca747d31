"""Standard output and error on any machine: other code pages, other widths."""

from __future__ import annotations

import codecs
import io
import os
import shutil
import sys
import unicodedata
from typing import TextIO

#: Letters that have no plain form of their own in Unicode's tables, as any code page can write them.
_PLAIN = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "—": "-",
        "─": "-",
        "×": "x",
        "→": ">",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "«": '"',
        "»": '"',
        "·": ".",
        "±": "~",
        "≥": ">",
        "≤": "<",
    }
)
_HANDLER = "gan-eval-plain"


def plain(text: str) -> str:
    """`text` in ASCII, letter by letter: é → e, − → -, × → x; what has no plain form becomes a question mark."""
    return "".join(_plain_letter(letter) for letter in text)


def adapt_streams() -> None:
    """Let stdout and stderr write letters that their code page lacks in a plain form instead of failing."""
    codecs.register_error(_HANDLER, _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def writes_unicode(stream: TextIO) -> bool:
    """Whether every letter can be written to the stream."""
    try:
        return codecs.lookup(stream.encoding or "ascii").name.startswith("utf")
    except LookupError:
        return False


def width_of(stream: TextIO) -> int:
    """Columns of the terminal behind `stream`; a file or a pipe has no limit unless COLUMNS sets one."""
    if not stream.isatty() and not os.environ.get("COLUMNS", "").isdecimal():
        return 100_000
    return max(20, shutil.get_terminal_size().columns)


def _plain_letter(letter: str) -> str:
    letter = letter.translate(_PLAIN)
    if letter.isascii():
        return letter
    simple = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode("ascii")
    return simple or "?"


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end
