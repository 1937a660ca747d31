"""What U-GAT-IT-light's networks and losses are; every default is the authors'.

Source: Kim et al., "U-GAT-IT: Unsupervised Generative Attentional Networks with Adaptive Layer-Instance Normalization
for Image-to-Image Translation", ICLR 2020, and the authors' PyTorch code with `--light True`.
"""

from __future__ import annotations

from dataclasses import dataclass

from gan_eval.errors import InputError
from nicegan.settings import LossSettings, NetworkSettings, at_least, setting

#: Smallest side with and without the discriminators of whole images: below it a reflected border meets one pixel.
SMALLEST_SIDE = {True: 96, False: 24}


@dataclass(frozen=True, slots=True, kw_only=True)
class UGATITNetwork(NetworkSettings):
    """Two light generators, and for each domain a discriminator of patches and one of whole images.

    channels: width of the first convolution of all. n_res: residual blocks before, and as many after, the generator's
    attention. global_judge: whether there are discriminators of whole images (field of view 286 pixels).
    """

    channels: int = setting(64, "Width of the first convolution.")
    n_res: int = setting(4, "Residual blocks of a generator.")
    global_judge: bool = setting(True, "Judge images as a whole too, not patches of 70 pixels alone.")

    def __post_init__(self) -> None:
        NetworkSettings.__post_init__(self)
        at_least(1, channels=self.channels)
        at_least(0, n_res=self.n_res)
        smallest = SMALLEST_SIDE[self.global_judge]
        for name, side in (("height", self.height), ("width", self.width)):
            if side % self.multiple or side < smallest:
                less = " (global_judge=False needs less)" if self.global_judge and side < smallest else ""
                raise InputError(f"{name}: {side} is not a multiple of {self.multiple} from {smallest} up{less}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UGATITLoss(LossSettings):
    """Weights of the losses (λ1 to λ4 of the paper: 1, 10, 10, 1000).

    gan: of the least-squares losses of maps and attention. cycle, identity: L1 weights; identity is of
    |G_B→A(x_A) − x_A|. cam: of the generators' attention, which tells their source domain from their target.
    """

    gan: float = setting(1.0, "Weight of the adversarial loss.")
    cycle: float = setting(10.0, "Weight of the cycle loss.")
    identity: float = setting(10.0, "Weight of the identity loss, against colour drift.")
    cam: float = setting(1000.0, "Weight of the loss of the generators' attention.")

    def __post_init__(self) -> None:
        LossSettings.__post_init__(self)
        at_least(0, gan=self.gan, cycle=self.cycle, identity=self.identity, cam=self.cam)
