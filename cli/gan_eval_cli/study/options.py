"""What the `gan-eval study` commands share: flags made of the tables of options, and NAME=DIR."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from gan_eval.options import option_rows
from gan_eval_cli.options import flags

Decorator = Callable[[Callable[..., None]], Callable[..., None]]


def with_table(table: type, *, named: Mapping[str, str] | None = None) -> Decorator:
    """Add the flags of a table of options; the command receives their values, by name, as one `chosen`.

    named: options whose flag is not called like them, with the flag.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def gather(*arguments: Any, **given: Any) -> None:
            chosen = {name: given.pop(name) for name in option_rows(table)}
            command(*arguments, chosen=chosen, **given)

        result: Callable[..., None] = gather
        for option in reversed(flags(table, named=named or {}).values()):
            result = option(result)
        return result

    return decorate


def named_folders(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, Path]:
    """NAME=DIR, each name once, in the order given."""
    found: dict[str, Path] = {}
    for value in values:
        name, equals, folder = value.partition("=")
        if not (name and equals and folder):
            raise click.BadParameter(f"{value!r} is not NAME=DIR")
        if name in found:
            raise click.BadParameter(f"{name!r} is given twice")
        found[name] = Path(folder)
    return found
