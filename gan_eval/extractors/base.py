"""Feature networks as values: `Network` describes one, `Extractor` is one in memory.

`Network` is what is known without importing torch: enough for a cache key, for the JSON and for the name of a score.
`Extractor` is the same network ready to compute.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gan_eval.extractors.known import KNOWN
from gan_eval.hardware import Precision
from gan_eval.resize import Like

Runtime = Literal["torch", "openvino"]


@dataclass(frozen=True, slots=True)
class Network:
    """Describes a feature network and everything that its features depend on.

    name: of a row of `known`, or `timm:MODEL`. weights_path: the file its weights are read from.
    weights_sha256: hash of that file. verified: the file is, byte for byte, the published one of this network.
    like: the tool whose preprocessing and constants are asked for; a network other than Inception has its own
    preprocessing, and `like` then concerns the constants of the metrics alone.
    dim: features per image, 0 where only a pass can tell. has_logits: whether class scores are given as well.
    notices: sentences that the user should read, such as why this network and not another.
    preprocessing: how images become the input of a network that is not in `known`.
    size: side of the input of a timm model in pixels, None for its default.
    layer: where the features are taken from, empty for the network's usual layer.
    """

    name: str
    weights_path: Path
    weights_sha256: str
    verified: bool
    like: Like
    precision: Precision
    runtime: Runtime
    device: str
    dim: int
    has_logits: bool
    notices: tuple[str, ...] = ()
    preprocessing: str = "own"
    size: int | None = None
    layer: str = ""

    @property
    def is_reference(self) -> bool:
        """Whether numbers from it may be called FID, KID and IS: the verified 2015 Inception."""
        return self.verified and not self.layer and self.name in KNOWN and KNOWN[self.name].reference

    @property
    def is_spatial_reference(self) -> bool:
        """Whether a Fréchet distance from it may be called sFID: spatial features of the verified 2015 Inception."""
        return self.layer == "spatial" and replace(self, layer="").is_reference

    def key(self) -> dict[str, str]:
        """Everything that changes the features: cache key, and test of whether two sets may be compared.

        The runtime and the device count in bf16 alone: in fp32 they agree to rounding (1e-5 of the feature scale).
        """
        known = KNOWN[self.name].preprocessing_of(self.like).name if self.name in KNOWN else None
        key = {
            "network": self.name,
            "weights_sha256": self.weights_sha256,
            "preprocessing": known or self.preprocessing,
            "precision": self.precision,
        }
        if self.layer:
            key["layer"] = self.layer
        if self.precision == "bf16":
            key["runtime"] = f"{self.runtime} on {self.device.partition(':')[0]}"
        return key

    def describe(self) -> dict[str, Any]:
        """The `features` object of the JSON contract."""
        return {
            "name": self.name,
            "weights_sha256": self.weights_sha256,
            "verified": self.verified,
            "dim": self.dim,
            "layer": self.layer or None,
            "like": self.like,
            "precision": self.precision,
            "runtime": self.runtime,
            "device": self.device,
        }


class Activations(NamedTuple):
    """Outputs of a network for a batch of B images.

    features: (B, D) float32. logits: (B, K) float32, or None for a network without class scores. For the 2015
    Inception K is 1008 and the bias of the last layer is left out, as the Inception score's reference does.
    """

    features: NDArray[np.float32]
    logits: NDArray[np.float32] | None


class Extractor(Protocol):
    """A feature network in memory."""

    @property
    def network(self) -> Network:
        """The network that this extractor runs."""
        ...

    def prepare(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Resize one image, (H, W, 3) uint8, to the network's input, (3, h, w) float32 in 0..255.

        Safe to call from several threads at once.
        """
        ...

    def __call__(self, batch: NDArray[np.float32]) -> Activations:
        """Features of prepared images, (B, 3, h, w) float32 in 0..255, in their order."""
        ...
