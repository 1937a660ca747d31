"""What a NICE-GAN run is: plain frozen values, JSON in and out, presets as a table. Every default is the authors'.

Source: Chen et al., "Reusing Discriminators for Encoding", CVPR 2020, and the authors' PyTorch code. Values that the
paper does not have are marked "ours". A value that cannot be built raises InputError where it is made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from gan_eval.errors import InputError
from gan_eval.hardware import Precision

Shared = Literal[1, 2, 3]
Attention = Literal["residual", "plain", "none"]
Upsample = Literal["subpixel", "nearest"]
Decouple = Literal["decoupled", "joint", "no-adversarial"]
Fit = Literal["stretch", "crop"]

#: Smallest image side per scale of the discriminator: below it a reflection pad meets a map of one pixel.
SMALLEST_SIDE = {0: 8, 1: 24, 2: 96}


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
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

    height: int = 256
    width: int = 256
    channels: int = 64
    n_res: int = 6
    light: bool = True
    nice: bool = True
    attention: Attention = "residual"
    scales: tuple[int, ...] = (0, 1, 2)
    shared: Shared = 2
    upsample: Upsample = "subpixel"

    def __post_init__(self) -> None:
        _check_types(self)
        _at_least(1, channels=self.channels)
        _at_least(0, n_res=self.n_res)
        object.__setattr__(self, "scales", tuple(sorted(self.scales)))
        if not self.scales or set(self.scales) - {0, 1, 2} or len(set(self.scales)) < len(self.scales):
            raise InputError(f"scales: {list(self.scales)} is not a choice of 0, 1 and 2 (default: 0,1,2)")
        self._check_size()

    def _check_size(self) -> None:
        step = 8 if self.shared == 3 else 4
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
    def code_shape(self) -> tuple[int, int, int]:
        """Shape (channels, height, width) of the code z."""
        return (self.channels * 2 ** (self.shared - 1), self.height >> self.shared, self.width >> self.shared)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """Weights of the losses (paper: λ1, λ2, λ3 = 1, 10, 10).

    adversarial: least-squares weight of C0, C1, C2, in that order. cycle, reconstruction: L1 weights.
    identity: L1 weight of |G_A→B(x_B) − x_B|, CycleGAN's colour loss, which the author recommends where colours drift.
    real_label: target of the discriminator for real images (below 1: one-sided label smoothing; ours).
    """

    adversarial: tuple[float, float, float] = (1.0, 1.0, 1.0)
    cycle: float = 10.0
    reconstruction: float = 10.0
    identity: float = 0.0
    real_label: float = 1.0

    def __post_init__(self) -> None:
        _check_types(self)
        for index, weight in enumerate(self.adversarial):
            _at_least(0, **{f"adversarial of C{index}": weight})
        _at_least(0, cycle=self.cycle, reconstruction=self.reconstruction, identity=self.identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimConfig:
    """How the weights move: Adam with L2 in the gradient (not AdamW), one for D and one for G.

    iterations: length of the schedule; the rate falls linearly over its second half if `decay`. stop_at: step after
    which the run ends, None for `iterations` (the paper ran the 300K schedule and stopped at 100K).
    batch_size: images of each domain per forward pass; accumulation: passes per step, their mean gradient is used.
    ema: decay of the average of the generators' weights, 0 for none (ours). decouple: which gradient reaches the
    encoder: "decoupled" (the discriminator's alone: the paper), "joint" (all of G's losses too) or "no-adversarial"
    (G's cycle and reconstruction too, not its adversarial loss); the last two are our reading of the paper's
    NICE-GAN-1 and NICE-GAN-2, which it does not define.
    """

    learning_rate: float = 1e-4
    betas: tuple[float, float] = (0.5, 0.999)
    eps: float = 1e-8
    weight_decay: float = 1e-4
    iterations: int = 300_000
    decay: bool = True
    stop_at: int | None = None
    batch_size: int = 1
    accumulation: int = 1
    ema: float = 0.0
    decouple: Decouple = "decoupled"

    def __post_init__(self) -> None:
        _check_types(self)
        _at_least(1, iterations=self.iterations, batch_size=self.batch_size, accumulation=self.accumulation)
        _at_least(0, learning_rate=self.learning_rate, weight_decay=self.weight_decay, eps=self.eps)
        if self.stop_at is not None:
            _at_least(1, stop_at=self.stop_at)
        if not all(0 <= beta < 1 for beta in self.betas):
            raise InputError(f"betas: {list(self.betas)} are not in [0, 1)")
        if not 0 <= self.ema < 1:
            raise InputError(f"ema: {self.ema} is not in [0, 1)")

    @property
    def last_step(self) -> int:
        """The step after which the run ends."""
        return self.iterations if self.stop_at is None else min(self.stop_at, self.iterations)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """Training transform: flip with probability ½, resize to (height + margin, width + margin), crop at random.

    fit: "stretch" ignores the aspect ratio (the authors); "crop" keeps it and cuts the longer side (ours).
    """

    flip: bool = True
    margin: int = 30
    fit: Fit = "stretch"

    def __post_init__(self) -> None:
        _check_types(self)
        _at_least(0, margin=self.margin)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """All that a training run needs besides the images; `config.json` of a run and of a checkpoint holds it.

    log_every, sample_every, checkpoint_every, validate_every: steps between; 0 for never.
    keep_last: checkpoints that are kept beside the best one.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    data: DataConfig = field(default_factory=DataConfig)
    seed: int = 0
    precision: Precision = "fp32"
    channels_last: bool = True
    compile: bool = False
    workers: int = 2
    log_every: int = 10
    sample_every: int = 1000
    checkpoint_every: int = 1000
    validate_every: int = 10_000
    keep_last: int = 3

    def __post_init__(self) -> None:
        _check_types(self)
        counts = ("seed", "workers", "log_every", "sample_every", "checkpoint_every", "validate_every")
        _at_least(0, **{name: getattr(self, name) for name in counts})
        _at_least(1, keep_last=self.keep_last)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready document; `from_dict` turns it back into an equal value."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> RunConfig:
        """The configuration that `to_dict` wrote. Missing keys take their default; an unknown one is an InputError."""
        config: RunConfig = _from_dict(cls, document, "")
        return config


def _smaller_scales(side: int) -> str:
    fitting = [scale for scale, smallest in SMALLEST_SIDE.items() if side >= smallest]
    return f"--scales {','.join(map(str, fitting))}" if fitting else f"at least {SMALLEST_SIDE[0]} pixels"


def _at_least(minimum: float, **values: float) -> None:
    for name, value in values.items():
        if value < minimum:
            raise InputError(f"{name.replace('_', '-')}: {value} is below {minimum}")


def _check_types(config: Any) -> None:
    for name, hint in get_type_hints(type(config)).items():
        value = getattr(config, name)
        if not _fits(value, hint):
            shown = f"one of {', '.join(map(str, get_args(hint)))}" if get_origin(hint) is Literal else _named(hint)
            raise InputError(f"{name}: {value!r} is not {shown}")


def _named(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and get_origin(hint) is None else str(hint)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of the annotated type; whole numbers pass as float, truth values not as numbers."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return any(type(value) is type(part) and value == part for part in parts)
    if origin is UnionType:
        return any(_fits(value, part) for part in parts)
    if origin is tuple:
        wanted = [parts[0]] * len(value) if isinstance(value, tuple) and parts[-1] is Ellipsis else parts
        return isinstance(value, tuple) and len(value) == len(wanted) and all(map(_fits, value, wanted))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _from_dict(cls: type, document: Any, path: str) -> Any:
    where = path or "configuration"
    if not isinstance(document, Mapping):
        raise InputError(f"{where}: {document!r} is not a table of names and values")
    hints = get_type_hints(cls)
    unknown = sorted(set(document) - {field.name for field in fields(cls)})
    if unknown:
        raise InputError(f"{where}: unknown key {unknown[0]!r} (known: {', '.join(hints)})")
    values = {}
    for name, value in document.items():
        if is_dataclass(hints[name]):
            values[name] = _from_dict(hints[name], value, f"{path}.{name}" if path else name)
        else:
            values[name] = tuple(value) if isinstance(value, list) else value
    return cls(**values)


_PAPER = RunConfig(optim=OptimConfig(stop_at=100_000))

#: name → (configuration, what it is). `paper` and `light4` end at 100K of 300K, as the paper's models did.
PRESETS: Mapping[str, tuple[RunConfig, str]] = {
    "paper": (_PAPER, "NICE-GAN, light, 256 pixels: the paper's numbers"),
    "light4": (replace(_PAPER, network=NetworkConfig(n_res=4)), "NICE-GAN*: four residual blocks"),
    "full": (
        RunConfig(network=NetworkConfig(light=False)),
        "the authors' default: 553 M generator weights, untested by them",
    ),
    "demo": (
        RunConfig(
            network=NetworkConfig(height=64, width=64, channels=16, n_res=2, scales=(0, 1)),
            optim=OptimConfig(learning_rate=2e-4, iterations=1000, batch_size=4, ema=0.99),
            data=DataConfig(margin=8),
            sample_every=100,
            checkpoint_every=100,
            validate_every=100,
        ),
        "64 pixels and a quarter of the width: learns in minutes on two cores (ours)",
    ),
}


def preset(name: str) -> RunConfig:
    """The configuration of that name; InputError lists the names where there is none."""
    if name not in PRESETS:
        raise InputError(f"preset: there is no {name!r} (choose from {', '.join(PRESETS)})")
    return PRESETS[name][0]
