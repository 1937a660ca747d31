"""From the library's words to the command line's: a message about `nearest=5` becomes one about `--nearest 5`.

The library names parameters. Which flag a parameter has is read from the options of the command that runs and, where
that command lacks it, from the library's tables of options.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import click

from gan_eval.metrics.table import MetricOptions
from gan_eval.options import option_rows
from gan_eval.settings import ScoringOptions

#: A value in a message: quoted, or one word.
_VALUE = r"""(?P<value>'[^']*'|"[^"]*"|[^\s'",;:()]+)"""


class CommandFlag(NamedTuple):
    """What a parameter is called on the command line; off is the flag that switches it off, empty for no switch."""

    name: str
    off: str = ""

    def with_value(self, value: str) -> str:
        """`--nearest 5`, or for a switch `--interval` or `--no-interval`."""
        if self.off and value in ("True", "False"):
            return self.name if value == "True" else self.off
        plain = re.fullmatch(r"""(['"])([\w.:/-]+)\1""", value)
        return f"{self.name} {plain[2] if plain else value}"


@dataclass
class Invocation:
    """A call of the program: its arguments, and the command that they name, once that is known."""

    arguments: Sequence[str] = ()
    command: click.Command | None = None

    def in_flags(self, message: str) -> str:
        """The message with flags in place of parameters; what the user has typed stays as it is."""
        flags = {**_known(), **(_of_command(self.command) if self.command else {})}
        typed = [argument for argument in self.arguments if not argument.startswith("-")]

        def flagged(match: re.Match[str]) -> str:
            own = any(match[0] in argument for argument in typed)
            return match[0] if own else flags[match["name"]].with_value(match["value"])

        names = "|".join(map(re.escape, flags))
        return re.sub(rf"(?<![\w.\-/\\&?])(?P<name>{names})={_VALUE}", flagged, message)


class RecordingGroup(click.Group):
    """A group that tells the call which command its arguments name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See `click.Group`."""
        resolved = super().resolve_command(ctx, args)
        invocation = ctx.find_root().obj
        if isinstance(invocation, Invocation) and resolved[1] is not None:
            invocation.command = resolved[1]
        return resolved


def in_flags(message: str) -> str:
    """`Invocation.in_flags` of the call that runs."""
    context = click.get_current_context(silent=True)
    invocation = context.find_root().obj if context else None
    return invocation.in_flags(message) if isinstance(invocation, Invocation) else message


def _of_command(command: click.Command) -> Mapping[str, CommandFlag]:
    options = [option for option in command.params if isinstance(option, click.Option)]
    names = {option.name or "": (max(option.opts, key=len), option.secondary_opts) for option in options}
    called = {on.lstrip("-").replace("-", "_"): (on, off) for on, off in names.values()}
    return {name: CommandFlag(on, off[0] if off else f"no {on}") for name, (on, off) in {**called, **names}.items()}


def _known() -> Mapping[str, CommandFlag]:
    """The options that commands share, whether or not the one that runs has them."""
    flags = {name: name.replace("_", "-") for table in (ScoringOptions, MetricOptions) for name in option_rows(table)}
    return {name: CommandFlag(f"--{flag}", f"--no-{flag}") for name, flag in flags.items()}
