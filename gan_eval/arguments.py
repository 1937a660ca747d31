"""Checks of the arguments of public functions that are no options: sources, models, metrics' choices, progress.

Each raises InputError in one line, which names the parameter; the options are checked by `gan_eval.options`.
"""

from __future__ import annotations

import difflib
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_eval.errors import InputError
from gan_eval.options import shown

_SOURCE = "use a path, an array, a tensor, a list of paths or of images, or batches"
#: What an object has, one of them at least, that can hold images.
_HOLDS = ("__fspath__", "__iter__", "__array__", "__getitem__", "repeatable", "source", "statistics")


def check_source(name: str, value: Any) -> None:
    """Refuse what cannot be a source of images: numbers, None, functions, networks."""
    number = value is None or isinstance(value, (bool, int, float, complex))
    if number or isinstance(value, (type, bytes)) or not any(hasattr(value, attribute) for attribute in _HOLDS):
        raise InputError(f"{name}={shown(value)}: {_SOURCE}")
    if isinstance(value, (list, tuple, dict)) and not value:
        raise InputError(f"{name}={value!r}: it is empty; {_SOURCE}")


def check_models(models: Any, *, paths: bool = False) -> None:
    """Refuse what is no mapping of names to sources and, where `paths` are taken too, no sequence of paths."""
    if isinstance(models, Mapping):
        for name, source in models.items():
            if not isinstance(name, str) or not name:
                raise InputError(f"models: {shown(name)} is not a name; use a dictionary of names and sources")
            check_source(f"models[{name!r}]", source)
        return
    listed = paths and isinstance(models, Sequence) and not isinstance(models, (str, bytes))
    if not listed or not all(isinstance(path, (str, os.PathLike)) for path in models):
        more = " or a list of paths" if paths else ""
        raise InputError(f"models={shown(models)}: use a dictionary of names and sources{more}")


def check_progress(progress: Any) -> None:
    """Refuse what is neither None nor callable."""
    if progress is not None and not callable(progress):
        raise InputError(f"progress={shown(progress)}: use a function of (step, done, total) or None")


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse what is none of the choices."""
    if not isinstance(value, str) or value not in choices:
        near = difflib.get_close_matches(value.lower(), choices, 1) if isinstance(value, str) else []
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"{name}={shown(value)}: use one of {', '.join(map(repr, choices))}{hint}")


def check_flag(name: str, value: Any) -> None:
    """Refuse what is neither True nor False."""
    if not isinstance(value, bool):
        raise InputError(f"{name}={shown(value)}: use True or False")


def check_path(name: str, value: Any) -> Path:
    """The path. Raises InputError for what is none, and for an empty one."""
    text = os.fspath(value) if isinstance(value, (str, os.PathLike)) else ""
    if not isinstance(text, str) or not text or "\0" in text:
        raise InputError(f"{name}={shown(value)}: use a path")
    return Path(text)


def check_paths(name: str, values: Any) -> list[Path]:
    """The paths of a list. Raises InputError for one path alone, for an empty list and for other things in it."""
    if not isinstance(values, Sequence) or isinstance(values, (str, bytes)) or not values:
        raise InputError(f"{name}={shown(values)}: use a list of paths")
    return [check_path(f"{name}[{place}]", value) for place, value in enumerate(values)]


def check_folders(name: str, values: Any) -> dict[str, Path]:
    """Name → path. Raises InputError for what is no dictionary of these, and for an empty one."""
    if not isinstance(values, Mapping) or not values:
        raise InputError(f"{name}={shown(values)}: use a dictionary of names and folders")
    for key in values:
        if not isinstance(key, str) or not key:
            raise InputError(f"{name}: {shown(key)} is not a name; use a dictionary of names and folders")
    return {key: check_path(f"{name}[{key!r}]", value) for key, value in values.items()}


def check_instance(name: str, value: Any, wanted: type) -> None:
    """Refuse what is not of the wanted class."""
    if not isinstance(value, wanted):
        raise InputError(f"{name}={shown(value)}: use gan_eval.{wanted.__name__}(…)")


def check_margin(margin: Any) -> None:
    """Refuse what is neither None nor a number above 0."""
    number = isinstance(margin, (int, float)) and not isinstance(margin, bool) and math.isfinite(margin) and margin > 0
    if margin is not None and not number:
        raise InputError(f"margin={shown(margin)}: use a number above 0, in the unit of the first metric, or None")
