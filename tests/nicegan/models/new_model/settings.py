"""Settings of the tint: a toy that learns the mean colour of the other domain."""

from __future__ import annotations

from dataclasses import dataclass

from nicegan.settings import LossSettings, NetworkSettings, at_least, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class TintNetwork(NetworkSettings):
    """A convolution of one pixel. strength: by which the learned colour is multiplied."""

    strength: float = setting(1.0, "How strongly images are tinted.")

    def __post_init__(self) -> None:
        NetworkSettings.__post_init__(self)
        at_least(0, strength=self.strength)


@dataclass(frozen=True, slots=True, kw_only=True)
class TintLoss(LossSettings):
    """Weights of the losses. cycle: keeps images as they are."""

    cycle: float = setting(0.0, "Weight of the cycle loss.")
