"""What CUT's networks and losses are; every default is the authors' for CUT, and a preset has FastCUT's.

Source: Park et al., "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV 2020, and the authors' PyTorch
code.
"""

from __future__ import annotations

from dataclasses import dataclass

from gan_eval.errors import InputError
from nicegan.settings import LossSettings, NetworkSettings, at_least, setting

#: Below it the discriminator's last normalised map has one pixel.
SMALLEST_SIDE = 24
#: Places in the generator of the padded image, of both convolutions that halve it, and of the first residual block.
_IMAGE, _HALVING, _FIRST_BLOCK = 0, (4, 8), 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CUTNetwork(NetworkSettings):
    """A generator, a discriminator of 70-pixel patches, and the maps whose patches are compared.

    channels: width of the first convolution of both. n_res: residual blocks of the generator. nce_layers: whose
    outputs are compared, as places in the authors' generator: 0 the image, 4 and 8 the convolutions that halve it, 12
    and on the residual blocks. nce_width: numbers that describe a patch.
    """

    channels: int = setting(64, "Width of the first convolution.")
    n_res: int = setting(9, "Residual blocks of a generator.")
    nce_layers: tuple[int, ...] = setting((0, 4, 8, 12, 16), "Layers whose patches are compared, such as 0,4,8,12,16.")
    nce_width: int = setting(256, "Numbers that describe a patch.")

    def __post_init__(self) -> None:
        NetworkSettings.__post_init__(self)
        at_least(1, channels=self.channels, nce_width=self.nce_width)
        at_least(0, n_res=self.n_res)
        known = (_IMAGE, *_HALVING, *range(_FIRST_BLOCK, _FIRST_BLOCK + self.n_res))
        object.__setattr__(self, "nce_layers", tuple(sorted(self.nce_layers)))
        chosen = set(self.nce_layers)
        if not chosen or chosen - set(known) or len(chosen) < len(self.nce_layers):
            listed = ",".join(map(str, self.nce_layers))
            raise InputError(f"nce-layers: {listed} is not a choice of {', '.join(map(str, known))}")
        for name, side in (("height", self.height), ("width", self.width)):
            if side % self.multiple or side < SMALLEST_SIDE:
                raise InputError(f"{name}: {side} is not a multiple of {self.multiple} from {SMALLEST_SIDE} up")

    def channels_at(self, layer: int) -> int:
        """Channels of the map after a layer of `nce_layers`."""
        return 3 if layer == _IMAGE else self.channels * (2 if layer == _HALVING[0] else 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class CUTLoss(LossSettings):
    """Weights of the losses.

    gan: of the least-squares loss. nce: of the contrast of patches. nce_identity: whether images of B that go through
    the generator must keep their patches too. patches: compared per layer and image. temperature: divides similarities.
    flip_equivariance: mirror the input every second time, and the patches back (FastCUT).
    """

    gan: float = setting(1.0, "Weight of the adversarial loss.")
    nce: float = setting(1.0, "Weight of the contrast of patches (CUT: 1, FastCUT: 10).")
    nce_identity: bool = setting(True, "Let images of B keep their patches too (CUT).")
    patches: int = setting(256, "Patches that are compared per layer and image.")
    temperature: float = setting(0.07, "Temperature of the contrast of patches.")
    flip_equivariance: bool = setting(False, "Mirror inputs at random and their patches back (FastCUT).")

    def __post_init__(self) -> None:
        LossSettings.__post_init__(self)
        at_least(0, gan=self.gan, nce=self.nce)
        at_least(1, patches=self.patches)
        if self.temperature <= 0:
            raise InputError(f"temperature: {self.temperature} is not above 0")
