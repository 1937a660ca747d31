"""Feature networks: `resolve` describes a network without importing torch; `load` makes it
ready to compute.

Names are imported when they are first used: help is made from the table of known networks, and needs no more.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_eval.extractors.base import Activations, Extractor, Network, Runtime
    from gan_eval.extractors.resolution import load, resolve

_HOMES = {"base": ("Activations", "Extractor", "Network", "Runtime"), "resolution": ("load", "resolve")}

__all__ = ["Activations", "Extractor", "Network", "Runtime", "load", "resolve"]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
