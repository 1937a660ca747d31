"""The options of everything that turns images into features, gathered into one `Settings`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from gan_eval_cli import options

if TYPE_CHECKING:
    from gan_eval.evaluate import Settings

_SHARED = (
    options.features,
    options.weights,
    options.like,
    options.batch_size,
    options.workers,
    options.device,
    options.precision,
    options.cache,
    options.on_bad_image,
)
_NAMES = ("features", "weights", "like", "batch_size", "workers", "device", "precision", "cache", "on_bad_image")


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Add the shared options to a command; it receives them as one `settings: gan_eval.evaluate.Settings`."""

    @functools.wraps(command)
    def gather(*arguments: Any, **given: Any) -> None:
        chosen = {name: given.pop(name) for name in _NAMES}
        lead(chosen, lambda settings: command(*arguments, settings=settings, **given))

    for option in reversed(_SHARED):
        gather = option(gather)
    return gather


def lead(chosen: Mapping[str, Any], command: Callable[[Settings], None]) -> None:
    """Run a command with settings of these names. Under torchrun the first process alone does; the others help it."""
    from gan_eval.distributed import own_device, team
    from gan_eval.evaluate import Settings

    with team() as mates:
        if mates is None:
            command(Settings(**chosen))
        elif mates.rank == 0:
            command(Settings(**{**chosen, "device": own_device(chosen["device"])}, team=mates))
        else:
            from gan_eval.forward import follower

            mates.follow(follower(mates.rank))


def constants_of() -> Any:
    """The tool named by an explicit --like, whose estimators and constants are then followed too; else None.

    Left at its default, --like concerns the preprocessing alone.
    """
    context = click.get_current_context()
    given = context.get_parameter_source("like") is not click.core.ParameterSource.DEFAULT
    return context.params["like"] if given else None
