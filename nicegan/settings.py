"""The base of every settings class of a run: declares values and checks them when an object is made.

A settings class is a frozen dataclass. `setting` declares a value with its default and the one sentence that tells a
user what it is; the command line makes an option of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from gan_eval.errors import InputError


def setting(default: Any, text: str, *, flags: str | None = None) -> Any:
    """A field of a settings class.

    Parameters
    ----------
    default: its value where nothing else is given.
    text: the help of its option, one sentence.
    flags: names of the option, where they are not the field's name with hyphens.
    """
    return field(default=default, metadata={"help": text, "flags": flags})


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """The settings that every model's networks have. height, width: pixels of the training images."""

    height: int = setting(256, "Height of the images in pixels.")
    width: int = setting(256, "Width of the images in pixels.")

    def __post_init__(self) -> None:
        check_types(self)
        at_least(1, height=self.height, width=self.width)

    @property
    def multiple(self) -> int:
        """The sides of an image that is translated are multiples of this many pixels."""
        return 4

    @property
    def fixed_size(self) -> bool:
        """Whether images of the size of training alone can be translated."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class LossSettings:
    """The base class of the settings of every model's losses; it has checks and no values."""

    def __post_init__(self) -> None:
        check_types(self)


def at_least(minimum: float, **values: float) -> None:
    """Raise InputError for the first value below `minimum`, by its name."""
    for name, value in values.items():
        if value < minimum:
            raise InputError(f"{name.replace('_', '-')}: {value} is below {minimum}")


def check_types(config: Any) -> None:
    """Raise InputError for the first field whose value is not of its declared type, or is not finite."""
    for name, hint in get_type_hints(type(config)).items():
        value = getattr(config, name)
        if not _fits(value, hint):
            raise InputError(f"{name}: {_shown(value)} is not {_wanted(hint)}")


def _shown(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else repr(value)


def _wanted(hint: Any) -> str:
    """A type in words: "one of stretch, crop", "2 numbers separated by commas"."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return f"one of {', '.join(map(str, parts))}"
    if origin is tuple:
        count = "" if parts[-1] is Ellipsis else f"{len(parts)} "
        kind = "whole numbers" if parts[0] is int else "numbers"
        return f"{count}{kind} separated by commas"
    if origin is UnionType:
        return " or ".join(_wanted(part) for part in parts)
    words = {int: "a whole number", float: "a finite number", bool: "yes or no", str: "a text", type(None): "nothing"}
    return words.get(hint, getattr(hint, "__name__", str(hint)))


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of the annotated type; whole numbers pass as float, truth values not as numbers."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return any(type(value) is type(part) and value == part for part in parts)
    if origin is UnionType:
        return any(_fits(value, part) for part in parts)
    if origin is tuple:
        kinds = [parts[0]] * len(value) if isinstance(value, tuple) and parts[-1] is Ellipsis else parts
        return isinstance(value, tuple) and len(value) == len(kinds) and all(map(_fits, value, kinds))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)
