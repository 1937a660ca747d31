"""The options of everything that turns images into features, gathered into one `Settings`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from cli import options

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
        from gan_eval.evaluate import Settings

        settings = Settings(**{name: given.pop(name) for name in _NAMES})
        command(*arguments, settings=settings, **given)

    for option in reversed(_SHARED):
        gather = option(gather)
    return gather


def constants_of() -> Any:
    """The tool named by an explicit --like, whose estimators and constants are then followed too; else None.

    Left at its default, --like concerns the preprocessing alone.
    """
    context = click.get_current_context()
    given = context.get_parameter_source("like") is not click.core.ParameterSource.DEFAULT
    return context.params["like"] if given else None
