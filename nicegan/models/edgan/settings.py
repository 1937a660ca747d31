"""What the networks and losses of ED//GAN and ED+GAN are.

Source: Zhang et al., "Decoupled Learning for Conditional Adversarial Networks", WACV 2018, for what each loss reaches.
The networks are ours, a twentieth of the size of those in the authors' code and without its dropout.
"""

from __future__ import annotations

from dataclasses import dataclass

from gan_eval.errors import InputError
from nicegan.settings import LossSettings, NetworkSettings, at_least, setting

#: Below it the discriminator's last map has no pixel.
SMALLEST_SIDE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class EDGANNetwork(NetworkSettings):
    """An encoder, a decoder, a discriminator of pairs, and for ED//GAN a second decoder for the residual.

    channels: width of the first convolution of all. coupled: ED+GAN, the control: one decoder that every loss reaches.
    minibatch_kernels: features of minibatch discrimination (Salimans et al., 2016) that the discriminator reads
    besides; with one image a batch they are constant.
    """

    channels: int = setting(32, "Width of the first convolution.")
    minibatch_kernels: int = setting(0, "Features of minibatch discrimination that D reads; 0 for none.")
    coupled: bool = setting(False, "ED+GAN, the control: one decoder that both losses reach.")

    def __post_init__(self) -> None:
        NetworkSettings.__post_init__(self)
        at_least(1, channels=self.channels)
        at_least(0, minibatch_kernels=self.minibatch_kernels)
        for name, side in (("height", self.height), ("width", self.width)):
            if side % self.multiple or side < SMALLEST_SIDE:
                raise InputError(f"{name}: {side} is not a multiple of {self.multiple} from {SMALLEST_SIDE} up")

    @property
    def multiple(self) -> int:
        """The sides of an image that is translated are multiples of this many pixels."""
        return 8


@dataclass(frozen=True, slots=True, kw_only=True)
class EDGANLoss(LossSettings):
    """Weights of the losses (1 and 1; ED+GAN is sensitive to their ratio, which ED//GAN's Adams do not see).

    reconstruction: L1 weight. gan: of the generator's cross-entropy. real_label: target of the discriminator for real
    pairs; below 1 it is one-sided label smoothing. feature_matching: weight of the distance between the mean features
    that the discriminator has of real and of made pairs, beside the adversarial loss.
    """

    reconstruction: float = setting(1.0, "Weight of the reconstruction loss.")
    gan: float = setting(1.0, "Weight of the adversarial loss.")
    real_label: float = setting(1.0, "What D should say to real images, above 0 and at most 1.")
    feature_matching: float = setting(0.0, "Weight of the distance of D's mean features; 0 for none.")

    def __post_init__(self) -> None:
        LossSettings.__post_init__(self)
        at_least(0, reconstruction=self.reconstruction, gan=self.gan, feature_matching=self.feature_matching)
        if not 0 < self.real_label <= 1:
            raise InputError(f"real-label: {self.real_label} is not above 0 and at most 1")
