"""Provenance: inputs, network and versions, with which a number can be made again."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gan_eval.version import __version__

_LIBRARIES = ("torch", "torchvision", "timm", "openvino", "numpy", "scipy", "pillow")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Inputs, network, versions and durations of a set of numbers.

    Parameters
    ----------
    features : the network, as `Network.describe` gives it; empty where no network took part.
    inputs : each source by the name of its side: label, number of images, SHA-256 of the contents.
    versions : version of each library that takes part in a number.
    seconds : wall time of each step.
    """

    features: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, Any]]
    versions: Mapping[str, str]
    seconds: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready fields `features`, `inputs`, `versions`, `seconds`."""
        return asdict(self)


def versions() -> dict[str, str]:
    """Versions of the packages that affect a number, found without importing them."""
    numbers = {"gan_eval": __version__, "python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            numbers[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return numbers
