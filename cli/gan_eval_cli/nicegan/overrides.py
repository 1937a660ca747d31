"""One option for each value of a run's configuration that a user may want to set; what is not given is the preset's.

The options are made from the settings classes of every model: a new field is a new option.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, fields, replace
from types import UnionType
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import click

from gan_eval.errors import InputError
from gan_eval.extractors.known import names_in_words
from nicegan.config import DataConfig, OptimConfig, RunConfig
from nicegan.models.table import MODELS


class Override(NamedTuple):
    """An option: its name in the configuration, which models have it, and how it is called, read and explained.

    group: "network", "loss", "optim", "data", or "" for the run's own values. models: those whose settings have it.
    """

    group: str
    name: str
    models: tuple[str, ...]
    flags: str
    kind: Mapping[str, Any]
    text: str

    @property
    def argument(self) -> str:
        """Name of the command's argument."""
        return f"{self.group}_{self.name}" if self.group else self.name


def _numbers(number: type[int] | type[float]) -> Callable[..., tuple[float, ...] | None]:
    """A callback that reads numbers separated by commas."""

    def read(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[float, ...] | None:
        try:
            return None if value is None else tuple(number(part) for part in value.split(","))
        except ValueError as error:
            raise click.BadParameter(f"{value!r} is not a list of numbers separated by commas") from error

    return read


def _kind(hint: Any) -> Mapping[str, Any]:
    """How click reads a value of an annotated type."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return _kind(next(part for part in parts if part is not type(None)))
    if origin is Literal:
        whole = all(isinstance(part, int) for part in parts)
        return {"type": click.IntRange(min(parts), max(parts)) if whole else click.Choice(list(parts))}
    if origin is tuple:
        return {"callback": _numbers(int if parts[0] is int else float), "metavar": "LIST"}
    kinds: dict[Any, Mapping[str, Any]] = {bool: {}, int: {"type": click.IntRange(min=0)}, float: {"type": click.FLOAT}}
    return kinds.get(hint, {"type": click.STRING})


def _flags(value: Field[Any], hint: Any) -> str:
    name = value.name.replace("_", "-")
    flags = value.metadata["flags"] or (f"--{name}/--no-{name}" if hint is bool else f"--{name}")
    return str(flags)


def _overrides() -> Iterator[Override]:
    """Every declared setting once; one that several models have is one option."""
    classes: list[tuple[str, str, type]] = [("", "", RunConfig), ("optim", "", OptimConfig), ("data", "", DataConfig)]
    for model, row in MODELS.items():
        classes += [("network", model, row.network), ("loss", model, row.loss)]
    found: dict[tuple[str, str], Override] = {}
    for group, model, cls in classes:
        hints = get_type_hints(cls)
        for value in fields(cls):
            if "help" not in value.metadata:
                continue
            before = found.get((group, value.name))
            models = (*(before.models if before else ()), *([model] if model else []))
            flags, kind = _flags(value, hints[value.name]), _kind(hints[value.name])
            text = before.text if before else value.metadata["help"]
            found[group, value.name] = Override(group, value.name, models, flags, kind, text)
    yield from found.values()


OVERRIDES = tuple(_overrides())


def with_overrides(command: Callable[..., None]) -> Callable[..., None]:
    """Add --model, --preset, --size and an option for each override; what is not given arrives as None."""
    for override in reversed(OVERRIDES):
        own = 0 < len(override.models) < len(MODELS)
        if override.name == "features":
            override = override._replace(text=f"{override.text.rstrip('.')}: {names_in_words()}.")
        text = f"{override.text} [{', '.join(override.models)}]" if own else override.text
        option = click.option(override.flags, override.argument, default=None, help=text, **override.kind)
        command = option(command)
    size = click.option("--size", type=click.IntRange(min=1), help="Height and width of the images.")
    names = dict.fromkeys(name for row in MODELS.values() for name in row.presets)
    preset = click.option("--preset", help=f"{', '.join(names)}: preset for all other values.")
    model = click.option("--model", type=click.Choice(list(MODELS)), help="Model to train.  [default: nice]")
    return model(preset(size(command)))


def overridden(base: RunConfig, given: Mapping[str, Any]) -> RunConfig:
    """`base` with what the user gave; a value that cannot be, or that the model does not have, is an InputError.

    A new length of the schedule is also the step at which the run ends, unless that is given too.
    """
    changes: dict[str, dict[str, Any]] = {"": {}, "network": {}, "loss": {}, "optim": {}, "data": {}}
    size = given.get("size")
    for override in OVERRIDES:
        value = given.get(override.argument)
        if value is None and override.group == "network" and override.name in ("height", "width"):
            value = size
        if value is None:
            continue
        if override.models and base.model not in override.models:
            raise InputError(f"{override.name}: the model {base.model} has no such value ({_who(override)})")
        changes[override.group][override.name] = value
    if given.get("optim_iterations") is not None and given.get("optim_stop_at") is None:
        changes["optim"]["stop_at"] = None
    parts = {group: replace(getattr(base, group), **values) for group, values in changes.items() if group and values}
    return replace(base, **changes[""], **parts)


def _who(override: Override) -> str:
    return f"of {', '.join(override.models)} alone"
