"""A click group that imports a command's module only when the command is called or its help is asked for.

Importing torch takes seconds; `--help` must take less than half of one. Modules below `cli/` therefore import only
click at their top, and everything heavy inside the command.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

from gan_eval_cli.flags import RecordingGroup


class LazyGroup(RecordingGroup):
    """A group whose commands are named in a table: command name → "module:attribute"."""

    table: Mapping[str, str] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table, which is the order in which a new user needs them."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, or None where there is no such name."""
        if cmd_name not in self.table:
            return None
        module, _, attribute = self.table[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.table[cmd_name]} is not a click command")
        return command


def lazy_group(table: Mapping[str, str]) -> type[LazyGroup]:
    """A LazyGroup class over `table`, for `@click.group(cls=…)`."""
    return type("LazyGroup", (LazyGroup,), {"table": table})
