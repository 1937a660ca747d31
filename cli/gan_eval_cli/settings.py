"""The options of everything that turns images into features, gathered into one `Settings`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from gan_eval.options import option_rows
from gan_eval.settings import ReadingOptions, Settings
from gan_eval_cli.options import flags

Decorator = Callable[[Callable[..., None]], Callable[..., None]]


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of reading to a command; it receives them as one `settings: gan_eval.settings.Settings`."""
    return with_options(ReadingOptions)(command)


def with_options(table: type) -> Decorator:
    """`with_settings` with the options of another table: `NetworkOptions`, which leaves `batch_size` to the command."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def gather(*arguments: Any, **given: Any) -> None:
            chosen = {name: given.pop(name) for name in option_rows(table)}
            lead(chosen, lambda settings: command(*arguments, settings=settings, **given))

        for option in reversed(flags(table).values()):
            gather = option(gather)
        return gather

    return decorate


def lead(chosen: Mapping[str, Any], command: Callable[[Settings], None]) -> None:
    """Run a command with settings of these names. Under torchrun the first process alone does; the others help it."""
    from gan_eval.distributed import own_device, team

    with team() as mates:
        if mates is None:
            command(Settings(**chosen))
        elif mates.rank == 0:
            command(Settings(**{**chosen, "device": own_device(chosen["device"])}))
        else:
            from gan_eval.forward import follower

            mates.follow(follower(mates.rank))
