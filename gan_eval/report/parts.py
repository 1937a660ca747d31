"""Smaller parts of a report's page: prose, code, folded lists, and sheets of pictures."""

from __future__ import annotations

from dataclasses import dataclass

from gan_eval.report.table import Table


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph; quoted: set apart, as what may be copied into a paper."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class CodeLines:
    """Lines to be copied as they stand."""

    text: str


@dataclass(frozen=True, slots=True)
class Folded:
    """What opens on request: a list of (mark, text), or a table."""

    summary: str
    lines: tuple[tuple[str, str], ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class PagePicture:
    """An image within the page.

    Parameters
    ----------
    source : str
        A `data:` address that holds the file.
    told : str
        What it shows, for those who cannot see it.
    width, height : int
        In pixels.
    note : str
        A few words below it; may be empty.
    """

    source: str
    told: str
    width: int
    height: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Columns of pictures, those of a column one below the other."""

    title: str
    columns: tuple[tuple[PagePicture, ...], ...]
    caption: str
