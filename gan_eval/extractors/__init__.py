"""Feature networks: `resolve` describes a network without importing torch; `load` makes it
ready to compute.
"""

from gan_eval.extractors.base import INCEPTION, LITE0, Activations, Extractor, Network, Runtime
from gan_eval.extractors.resolution import load, resolve

__all__ = [
    "INCEPTION",
    "LITE0",
    "Activations",
    "Extractor",
    "Network",
    "Runtime",
    "load",
    "resolve",
]
