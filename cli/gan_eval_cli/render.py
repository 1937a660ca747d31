"""Results on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from gan_eval.result import Progress


def print_json(document: Any) -> None:
    """Print exactly one JSON object on stdout. NaN and infinities are a programming error (ValueError)."""
    click.echo(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2))


def notice(text: str) -> None:
    """One line on stderr that the user should know."""
    click.echo("".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text), err=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str | None = None) -> None:
    """Print a table on stdout; the first column is text, the others are right-aligned.

    Names come from files: they are printed as they are and never read as markup.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title) if title else None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for position, name in enumerate(columns):
        table.add_column(Text(name), justify="left" if position == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, console.measure(table, options=console.options.update(width=1000)).maximum)
    console.print(table)


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
