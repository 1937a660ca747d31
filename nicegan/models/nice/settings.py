"""What NICE-GAN's networks and losses are; every default is the authors'.

Source: Chen et al., "Reusing Discriminators for Encoding", CVPR 2020, and the authors' PyTorch code. Values that the
paper does not have are marked "ours".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gan_eval.errors import InputError
from nicegan.settings import LossSettings, NetworkSettings, at_least, setting

Shared = Literal[1, 2, 3]
Attention = Literal["residual", "plain", "none"]
Upsample = Literal["subpixel", "nearest"]
Decouple = Literal["decoupled", "joint", "no-adversarial"]

#: Smallest image side per scale of the discriminator: below it a reflection pad meets a map of one pixel.
SMALLEST_SIDE = {0: 8, 1: 24, 2: 96}


@dataclass(frozen=True, slots=True, kw_only=True)
class NiceNetwork(NetworkSettings):
    """The shape of the four networks, ablations included.

    height, width: pixels of the images, multiples of 4 (of 8 with `shared` 3). channels: width of the first
    convolution (64). n_res: residual blocks of a generator (6; NICE-GAN* has 4). light: γ and β come from pooled
    features (every number of the paper) and not from all of them (the authors' default, sixteen times the weights).
    nice: the generators' encoder is the discriminator's (the paper's idea); False gives each domain an independent
    encoder of the same shape that learns with the generators (ours; the paper's row is U-GAT-IT-light itself).
    attention: "residual" (γ·a(x) + x, the paper's RA), "plain" (U-GAT-IT's CAM, no γ and no skip) or "none" (ours).
    scales: which of C0, C1, C2 judge (receptive fields 10, 70 and 286 pixels).
    shared: stride-2 convolutions that the encoder shares with the discriminator (2; 1 and 3 are the paper's − and +;
    how a generator makes up for the size of z is ours: see `networks.Generator`).
    upsample: "subpixel" (the paper) or "nearest" (nearest neighbour and a 3×3 convolution, as in U-GAT-IT).
    """

    channels: int = setting(64, "Width of the first convolution (paper: 64).")
    n_res: int = setting(6, "Residual blocks of a generator (paper: 6; NICE-GAN*: 4).")
    light: bool = setting(True, "γ and β from pooled features (the paper), or from all.", flags="--light/--full")
    nice: bool = setting(True, "Share the discriminators' encoders, or train others.")
    attention: Attention = setting("residual", "CAM attention.")
    scales: tuple[int, ...] = setting((0, 1, 2), "Which of C0, C1, C2 judge, such as 0,1,2.")
    shared: Shared = setting(2, "Convolutions that the encoder shares (paper: 2).")
    upsample: Upsample = setting("subpixel", "How generators enlarge.")

    def __post_init__(self) -> None:
        NetworkSettings.__post_init__(self)
        at_least(1, channels=self.channels)
        at_least(0, n_res=self.n_res)
        object.__setattr__(self, "scales", tuple(sorted(self.scales)))
        if not self.scales or set(self.scales) - {0, 1, 2} or len(set(self.scales)) < len(self.scales):
            raise InputError(f"scales: {list(self.scales)} is not a choice of 0, 1 and 2 (default: 0,1,2)")
        self._check_size()

    def _check_size(self) -> None:
        step = self.multiple
        smallest = max(2 * step, *(SMALLEST_SIDE[scale] for scale in self.scales))
        for name, side in (("height", self.height), ("width", self.width)):
            if side % step:
                raise InputError(
                    f"{name}: {side} is not a multiple of {step} (nearest: {max(step, side // step * step)})"
                )
            if side < smallest:
                raise InputError(
                    f"{name}: {side} pixels are too few for scale C{self.scales[-1]}, which needs {smallest} "
                    f"(larger images, or {_smaller_scales(side)})"
                )

    @property
    def multiple(self) -> int:
        """The sides of an image that is translated are multiples of this many pixels."""
        return 8 if self.shared == 3 else 4

    @property
    def fixed_size(self) -> bool:
        """Whether images of the size of training alone can be translated."""
        return not self.light

    @property
    def code_shape(self) -> tuple[int, int, int]:
        """Shape (channels, height, width) of the code z."""
        return (self.channels * 2 ** (self.shared - 1), self.height >> self.shared, self.width >> self.shared)


@dataclass(frozen=True, slots=True, kw_only=True)
class NiceLoss(LossSettings):
    """Weights of the losses (paper: λ1, λ2, λ3 = 1, 10, 10), and what they reach.

    adversarial: least-squares weight of C0, C1, C2, in that order. cycle, reconstruction: L1 weights.
    identity: L1 weight of |G_A→B(x_B) − x_B|, CycleGAN's colour loss, which the author recommends where colours drift.
    real_label: target of the discriminator for real images (below 1: one-sided label smoothing; ours).
    decouple: which gradient reaches the encoder: "decoupled" (the discriminator's alone: the paper), "joint" (all of
    G's losses too) or "no-adversarial" (G's cycle and reconstruction too, not its adversarial loss); the last two are
    our reading of the paper's NICE-GAN-1 and NICE-GAN-2, which it does not define.
    """

    adversarial: tuple[float, float, float] = setting((1.0, 1.0, 1.0), "Weights of C0, C1, C2, such as 1,1,1.")
    cycle: float = setting(10.0, "Weight of the cycle loss (paper: 10).")
    reconstruction: float = setting(10.0, "Weight of the reconstruction loss (paper: 10).")
    identity: float = setting(0.0, "Weight of the identity loss, against colour drift (paper: 0).")
    real_label: float = setting(1.0, "What D should say to real images, above 0 and at most 1 (paper: 1).")
    decouple: Decouple = setting("decoupled", "Which losses of G also reach the encoders (paper: none).")

    def __post_init__(self) -> None:
        LossSettings.__post_init__(self)
        for index, weight in enumerate(self.adversarial):
            at_least(0, **{f"adversarial of C{index}": weight})
        at_least(0, cycle=self.cycle, reconstruction=self.reconstruction, identity=self.identity)
        if not 0 < self.real_label <= 1:
            raise InputError(f"real-label: {self.real_label} is not above 0 and at most 1")


def _smaller_scales(side: int) -> str:
    fitting = [scale for scale, smallest in SMALLEST_SIDE.items() if side >= smallest]
    return f"scales={','.join(map(str, fitting))}" if fitting else f"at least {SMALLEST_SIDE[0]} pixels"
