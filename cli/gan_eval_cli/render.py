"""Results on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from gan_eval.printable import printable
from gan_eval.report.table import Table
from gan_eval.result import Progress
from gan_eval_cli.console import width_of, writes_unicode
from gan_eval_cli.flags import in_flags

_SURROGATES = re.compile("[\ud800-\udfff]")


def print_json(document: Any) -> None:
    """Print exactly one JSON object on stdout, in ASCII where the code page lacks letters.

    NaN and infinities are a programming error (ValueError).
    """
    text = json.dumps(document, ensure_ascii=not writes_unicode(sys.stdout), allow_nan=False, indent=2)
    # Names that are no text (a file system may hold them) keep the escape that JSON has for their bytes.
    click.echo(_SURROGATES.sub(lambda letter: f"\\u{ord(letter[0]):04x}", text))


def notice(text: str) -> None:
    """Print one line on stderr that the user should know."""
    click.echo(printable(in_flags(text)), err=True)


def notes(warnings: Iterable[str], *, quiet: bool = False) -> None:
    """Print what a reader of the result should know on stderr, a line each; nothing under --quiet."""
    for warning in () if quiet else warnings:
        notice(f"note: {warning}")


def print_text(text: str, *, indent: int = 0) -> None:
    """Print text on stdout, cut at spaces to the width of the terminal, behind so many spaces."""
    from gan_eval_cli.text_table import wrapped

    for line in wrapped(printable(text, keep="\n\u00a0"), width_of(sys.stdout) - indent):
        click.echo(" " * indent + line.replace("\u00a0", " "))


def print_paragraph(text: str) -> None:
    """Print a paragraph to be pasted elsewhere: cut to the terminal's width, or in a file or pipe one line."""
    if sys.stdout.isatty():
        print_text(text)
    else:
        click.echo(printable(text, keep="\u00a0").replace("\u00a0", " "))


def show_table(table: Table) -> None:
    """Print a table and its note on stdout, in the width of the terminal; names are never read as markup."""
    from gan_eval_cli.text_table import lines_of

    for line in lines_of(table, width_of(sys.stdout)):
        click.echo(line)
    if table.note:
        print_text(table.note)
    click.echo()


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    title: str | None = None,
    keys: int = 1,
    text: Iterable[int] = (),
) -> None:
    """Print columns and rows on stdout; the first `keys` columns and those in `text` are text, the others numbers."""
    show_table(Table(title or "", tuple(columns), tuple(map(tuple, rows)), "", keys, frozenset(text)))


@contextlib.contextmanager
def progress(quiet: bool) -> Iterator[Progress]:
    """A progress display on stderr, on a terminal only; yields the function that use cases call."""
    if quiet or not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        shown: dict[str, Any] = {}

        def report(what: str, done: int, total: int | None) -> None:
            if what not in shown:
                for finished in shown.values():  # one thing at a time is done, and one line tells of it
                    bars.remove_task(finished)
                shown.clear()
                shown[what] = bars.add_task(what, total=total, rate="")
            speed = bars.tasks[0].speed
            bars.update(shown[what], completed=done, total=total, rate=f"{speed:.1f}/s" if speed else "")

        yield report


def _silent(what: str, done: int, total: int | None) -> None:
    """Progress that nobody sees."""
