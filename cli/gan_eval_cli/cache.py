"""`gan-eval cache info` and `gan-eval cache clear`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gan_eval_cli import options
from gan_eval_cli.flags import RecordingGroup

if TYPE_CHECKING:
    from gan_eval.cache import Usage


@click.group("cache", cls=RecordingGroup)
def cache() -> None:
    """Results kept on disk: features, moments and scores.

    Example: gan-eval cache info
    """


@cache.command("info")
@options.json_output
def info(as_json: bool) -> None:
    """Where the cache is and what it holds.

    Example: gan-eval cache info
    """
    from gan_eval.cache import Cache

    _tell("cache info", Cache().usage(), "", as_json)


@cache.command("clear")
@options.json_output
def clear(as_json: bool) -> None:
    """Remove every result; weights and converted networks stay.

    Example: gan-eval cache clear
    """
    from gan_eval.cache import Cache

    _tell("cache clear", Cache().clear(), "removed ", as_json)


def _tell(command: str, usage: Usage, done: str, as_json: bool) -> None:
    from gan_eval_cli import render

    if as_json:
        document = {"folder": str(usage.folder), "entries": usage.entries, "bytes": usage.bytes}
        render.print_json({"schema": "gan-eval/1", "command": command, **document})
    else:
        click.echo(f"{usage.folder}: {done}{usage.entries} results, {usage.bytes / 1e6:.1f} MB")
