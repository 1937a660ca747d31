"""What CycleGAN's networks and losses are; every default is the authors'.

Source: Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", ICCV 2017, and
the authors' PyTorch code.
"""

from __future__ import annotations

from dataclasses import dataclass

from gan_eval.errors import InputError
from nicegan.settings import LossSettings, NetworkSettings, at_least, setting

#: Below it the discriminator's last normalised map has one pixel.
SMALLEST_SIDE = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleGANNetwork(NetworkSettings):
    """Two generators and two discriminators of 70-pixel patches.

    channels: width of the first convolution of both. n_res: residual blocks of a generator (9; the authors use 6 for
    128 pixels).
    """

    channels: int = setting(64, "Width of the first convolution.")
    n_res: int = setting(9, "Residual blocks of a generator.")

    def __post_init__(self) -> None:
        NetworkSettings.__post_init__(self)
        at_least(1, channels=self.channels)
        at_least(0, n_res=self.n_res)
        for name, side in (("height", self.height), ("width", self.width)):
            if side % self.multiple or side < SMALLEST_SIDE:
                raise InputError(f"{name}: {side} is not a multiple of {self.multiple} from {SMALLEST_SIDE} up")


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleGANLoss(LossSettings):
    """Weights of the losses.

    cycle: L1 weight (λ = 10). identity: L1 weight of |G_A(x_B) − x_B| (the authors' λ_identity 0.5 is a part of the
    cycle's weight: 5 here). pool: earlier fakes that each discriminator may be shown.
    """

    cycle: float = setting(10.0, "Weight of the cycle loss.")
    identity: float = setting(5.0, "Weight of the identity loss, against colour drift.")
    pool: int = setting(50, "Earlier fakes that a discriminator may be shown; 0 for none.")

    def __post_init__(self) -> None:
        LossSettings.__post_init__(self)
        at_least(0, cycle=self.cycle, identity=self.identity, pool=self.pool)
