"""Parts of a Markdown file that are made, not typed: tables between markers, and published figures in a sentence.

<!-- made: NAME ARGUMENT ... -->            a block; everything up to the end marker is replaced
<!-- /made -->

<!-- figure: FILE KEY COLUMN -->48.79<!-- /figure -->       one published figure of data/FILE.csv
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping

from docs.make import published

Maker = Callable[..., str]

_BLOCK = re.compile(r"(<!-- made: (?P<call>.*?) -->\n).*?(<!-- /made -->)", re.DOTALL)
_FIGURE = re.compile(r"(<!-- figure: (?P<call>.*?) -->).*?(<!-- /figure -->)", re.DOTALL)


def fill(text: str, makers: Mapping[str, Maker]) -> str:
    """`text` with every block and every figure made anew.

    Raises LookupError for a marker that names no maker, no file or no row.
    """
    return _FIGURE.sub(_figure, _BLOCK.sub(lambda match: _block(match, makers), text))


def without(text: str) -> str:
    """`text` without what is made: what somebody typed."""
    return _FIGURE.sub("", _BLOCK.sub("", text))


def _block(match: re.Match[str], makers: Mapping[str, Maker]) -> str:
    name, *arguments = shlex.split(match["call"])
    if name not in makers:
        raise LookupError(f"nothing makes {name!r} (known: {', '.join(sorted(makers))})")
    return f"{match[1]}\n{makers[name](*arguments)}\n\n{match[3]}"


def _figure(match: re.Match[str]) -> str:
    name, key, column = shlex.split(match["call"])
    return f"{match[1]}{published.figure(name, key, column)}{match[3]}"
