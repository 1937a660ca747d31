"""Checks of the arguments of public functions that are no options: sources, models, metrics' choices, progress.

Each raises InputError in one line, which names the parameter; the options are checked by `gan_eval.options`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
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


def check_instance(name: str, value: Any, wanted: type) -> None:
    """Refuse what is not of the wanted class."""
    if not isinstance(value, wanted):
        raise InputError(f"{name}={shown(value)}: use gan_eval.{wanted.__name__}(…)")


def check_margin(margin: Any) -> None:
    """Refuse what is neither None nor a number above 0."""
    number = isinstance(margin, (int, float)) and not isinstance(margin, bool) and math.isfinite(margin) and margin > 0
    if margin is not None and not number:
        raise InputError(f"margin={shown(margin)}: use a number above 0, in the unit of the first metric, or None")
