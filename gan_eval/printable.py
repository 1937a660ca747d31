"""Makes text from outside, such as names of files and models, safe to show on one line."""

from __future__ import annotations

import unicodedata

#: Letters without a form of their own that some scripts and emoji need; they move nothing.
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def printable(text: str, *, keep: str = "") -> str:
    """`text` without characters that act on a terminal or reorder what a reader sees.

    Control characters (escape sequences begin with one), line ends, marks that override the direction of text,
    unassigned and lone surrogate code points become U+FFFD. Other spaces than the plain one become plain.

    Parameters
    ----------
    text : str
        Anything.
    keep : str
        Characters to leave as they are, such as a line end.

    Returns
    -------
    str
        Text of the same length.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter in keep else _letter(letter) for letter in text)


def _letter(letter: str) -> str:
    if letter.isprintable() or letter in _JOINERS:
        return letter
    return " " if unicodedata.category(letter) == "Zs" else "\N{REPLACEMENT CHARACTER}"
