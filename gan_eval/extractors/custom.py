"""Feature networks of the caller's own: any torch module, or any function of a batch of images.

Nothing is known of such a network beforehand, so its numbers have the names that the table of metrics gives them
elsewhere (`fd`, `kd`, `score_is`), and how images reach it is written in a `CustomNetwork`. A bare module or function
gets what torchmetrics hands to its `feature=Module`: (B, 3, H, W) uint8, at the images' own size.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from gan_eval import hardware
from gan_eval.errors import InputError, WeightsError
from gan_eval.extractors.base import Activations, Network
from gan_eval.extractors.known import AUTO, KNOWN, TIMM_PREFIX
from gan_eval.extractors.resolution import own_preprocessing
from gan_eval.options import shown
from gan_eval.resize import Resampling, resize

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from gan_eval.settings import Settings

PerChannel = float | tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class CustomNetwork:
    """A feature network of your own, and how images are handed to it.

    It runs without gradients, a module in evaluation mode and on the device that it lies on; its training mode is put
    back afterwards.

    Parameters
    ----------
    module : torch.nn.Module or callable
        Takes a batch of images (B, 3, H, W), RGB, and returns their features (B, D).
    name : str, default ''
        What scores call the network; empty for the name of the class or function.
    size : int, (height, width) or None, default None
        Every image is resized to it, without keeping its aspect ratio. None: images stay as they are, and all images
        of a batch must have one size.
    resample : str, default 'clean-fid'
        How images are resized where there is a `size`: `clean-fid`, `pytorch-fid`, `torch-fidelity`, `torchmetrics`,
        `pillow`, or another row of the table in `gan_eval.resize`.
    range : (low, high) or None, default None
        What black and white become; the module then gets floating point of its own precision. None: uint8, 0–255,
        rounded after resizing.
    mean, std : float or three floats, default 0 and 1
        The module gets (v - mean) / std of each channel's values v within `range`, which must be given with them.
    logits : bool, default False
        Whether the module returns (features, logits), the class scores (B, K) that the Inception score needs.

    Raises
    ------
    InputError
        For a value that does not fit; it names the parameter.
    """

    module: Callable[..., Any]
    _: KW_ONLY
    name: str = ""
    size: int | tuple[int, int] | None = None
    resample: Resampling = "clean-fid"
    range: tuple[float, float] | None = None
    mean: PerChannel = 0.0
    std: PerChannel = 1.0
    logits: bool = False

    def __post_init__(self) -> None:
        _check_module(self.module)
        object.__setattr__(self, "name", _checked_name(self.name, self.module))
        object.__setattr__(self, "size", _checked_size(self.size))
        object.__setattr__(self, "range", _checked_range(self.range))
        for name in ("mean", "std"):
            object.__setattr__(self, name, _per_channel(name, getattr(self, name)))
        if min(_triple(self.std)) <= 0:
            raise InputError(f"std={shown_numbers(self.std)}: use numbers above 0")
        if self.range is None and (_triple(self.mean), _triple(self.std)) != ((0.0,) * 3, (1.0,) * 3):
            raise InputError("range=None: mean and std need a range, such as range=(0, 1)")
        if not isinstance(self.logits, bool):
            raise InputError(f"logits={shown(self.logits)}: use True or False")
        if not isinstance(self.resample, str) or self.resample not in get_args(Resampling):
            known = ", ".join(map(repr, get_args(Resampling)))
            raise InputError(f"resample={shown(self.resample)}: use one of {known}")

    def prepare(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Resize one image, (H, W, 3) uint8, where there is a size: (3, h, w) float32 in 0..255."""
        if not isinstance(self.size, tuple):
            return np.ascontiguousarray(image.transpose(2, 0, 1), np.float32)
        return resize(image, self.size, self.resample)

    def preprocessing(self) -> str:
        """All of it as one text, for keys of what is kept."""
        own = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in ("module", "name")}
        return " ".join(f"{name}={value}" for name, value in own.items())


@dataclass(slots=True)
class CustomExtractor:
    """A `CustomNetwork` ready to compute.

    network: its description; dim is 0, since only a pass can tell it. custom: what was given.
    """

    network: Network
    custom: CustomNetwork
    _versions: tuple[int, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        self._versions = _versions(self.custom.module)

    def prepare(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Extractor`."""
        return self.custom.prepare(image)

    def __call__(self, batch: NDArray[np.float32]) -> Activations:
        """See `Extractor`. Raises InputError where the module fails, or returns something else than features."""
        import torch

        from gan_eval.extractors.torch_runtime import exact_float32

        self._check_unchanged()
        kind = torch.device(self.network.device).type
        half = torch.autocast(kind, dtype=torch.bfloat16, enabled=self.network.precision == "bf16")
        with torch.no_grad(), exact_float32(), half, _evaluating(self.custom.module):
            images = self._as_wanted(torch.from_numpy(batch))
            output = self._run(images)
        return self._activations(output, len(batch))

    def _check_unchanged(self) -> None:
        """What was kept and what follows must come from the same weights."""
        if _versions(self.custom.module) != self._versions:
            raise WeightsError(
                f"features={self.network.name}: the module's weights have changed since it was handed over; begin anew "
                "with a new Reference or Metric, or score with a copy of the module"
            )

    def _as_wanted(self, images: Tensor) -> Tensor:
        """(B, 3, h, w) float32 in 0..255 → the range, precision and device of the module."""
        import torch

        images = images.to(self.network.device)
        if self.custom.range is None:
            return images.round().clamp(0, 255).to(torch.uint8)
        low, high = self.custom.range
        mean, std = (images.new_tensor(_triple(value))[:, None, None] for value in (self.custom.mean, self.custom.std))
        return ((images / 255 * (high - low) + low - mean) / std).to(_precision(self.custom.module))

    def _run(self, images: Tensor) -> Any:
        try:
            return self.custom.module(images)
        except (RuntimeError, TypeError, ValueError, IndexError, AttributeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(
                f"features={self.network.name}: it failed on a batch of {str(images.dtype).removeprefix('torch.')} "
                f"{tuple(images.shape)} ({reason}); gan_eval.CustomNetwork(module, size=…, range=…) says what it gets"
            ) from error

    def _activations(self, output: Any, count: int) -> Activations:
        parts = output if isinstance(output, (tuple, list)) else (output,)
        if len(parts) != 1 + self.custom.logits:
            wanted = "(features, logits)" if self.custom.logits else "features alone (logits=True takes class scores)"
            raise InputError(
                f"features={self.network.name}: returned a {type(output).__name__} of {len(parts)}; wanted {wanted}"
            )
        features, *logits = (self._matrix(part, count) for part in parts)
        return Activations(features, logits[0] if logits else None)

    def _matrix(self, part: Any, count: int) -> NDArray[np.float32]:
        """One of the outputs as (count, D) float32."""
        import torch

        if isinstance(part, np.ndarray):
            part = torch.from_numpy(part)
        if not isinstance(part, torch.Tensor):
            raise InputError(f"features={self.network.name}: returned a {type(part).__name__}; wanted a tensor (B, D)")
        if count == 1 and part.ndim == 1:  # as a squeeze leaves a batch of one
            part = part[None]
        if part.ndim != 2 or len(part) != count or not part.shape[1]:
            raise InputError(
                f"features={self.network.name}: returned shape {tuple(part.shape)} for {count} images; wanted (B, D): "
                "pool or flatten what it returns"
            )
        values: NDArray[np.float32] = part.detach().float().cpu().numpy()
        return values


def own_extractor(settings: Settings) -> CustomExtractor:
    """The extractor of settings whose `features` is a module, a function or a `CustomNetwork`.

    Raises InputError for settings that such a network cannot follow.
    """
    given = settings.features
    custom = given if isinstance(given, CustomNetwork) else CustomNetwork(given)  # type: ignore[arg-type]
    if settings.weights is not None:
        raise InputError("weights: they belong to a network that is known by name; load them into the module instead")
    if settings.input_size is not None or settings.layer is not None:
        raise InputError(
            "input_size and layer: they belong to networks known by name; use gan_eval.CustomNetwork(module, size=…)"
        )
    if settings.runtime == "openvino":
        raise InputError("runtime='openvino': a module of your own is run by torch; use 'auto' or 'torch'")
    return extractor_of(custom, settings)


def extractor_of(custom: CustomNetwork, settings: Settings) -> CustomExtractor:
    """`custom` ready to compute, with the hash of its weights."""
    from gan_eval.extractors.fingerprint import fingerprint

    network = Network(
        name=custom.name,
        weights_path=Path(),
        weights_sha256=fingerprint(custom.module) or "",
        verified=False,
        like=settings.preprocessing,
        precision=settings.precision,
        runtime="torch",
        device=_device(custom, settings.device),
        dim=0,
        has_logits=custom.logits,
        notices=own_preprocessing(custom.name, settings.preprocessing),
        preprocessing=custom.preprocessing(),
    )
    return CustomExtractor(network, custom)


def _device(custom: CustomNetwork, wanted: str) -> str:
    """The device that the module lies on; the wanted one for what has no tensors."""
    own = next((str(tensor.device) for tensor in _tensors(custom.module)), None)
    if own is None:
        return hardware.choose_device(wanted)
    if wanted != "auto" and own.partition(":")[0] != wanted.partition(":")[0]:
        raise InputError(f"device={wanted!r}: the module {custom.name} lies on {own}; move it with .to({wanted!r})")
    return own


def _tensors(module: object) -> Iterator[torch.Tensor]:
    import torch

    if isinstance(module, torch.nn.Module):
        yield from module.parameters()
        yield from module.buffers()


def _versions(module: object) -> tuple[int, ...]:
    """How often each tensor of a module has been written to; batch normalisation's counters do not change features."""
    return tuple(0 if tensor.is_inference() else tensor._version for tensor in _tensors(module))


def _precision(module: object) -> torch.dtype:
    """Floating-point type of a module's weights."""
    import torch

    return next((tensor.dtype for tensor in _tensors(module) if tensor.is_floating_point()), torch.float32)


@contextlib.contextmanager
def _evaluating(module: object) -> Iterator[None]:
    """A module in evaluation mode; each of its parts has its own mode back afterwards."""
    import torch

    parts = list(module.modules()) if isinstance(module, torch.nn.Module) else []
    training = [part for part in parts if part.training]
    for part in training:
        part.training = False
    try:
        yield
    finally:
        for part in training:
            part.training = True


# ------------------------------------------------------------------------------------------------ checks


def _check_module(module: object) -> None:
    if isinstance(module, type) or not callable(module):
        kind = f"the class {module.__name__}" if isinstance(module, type) else shown(module)
        raise InputError(f"module: {kind} is no network; use a torch module or a function of a batch of images")


def _checked_name(name: object, module: object) -> str:
    if not isinstance(name, str):
        raise InputError(f"name={shown(name)}: use a text")
    name = name or _name_of(module)
    if name in KNOWN or name == AUTO or name.startswith(TIMM_PREFIX):
        raise InputError(f"name={name!r}: a known network is called so; choose another name")
    return name


def _name_of(module: object) -> str:
    while isinstance(module, functools.partial):
        module = module.func
    return str(getattr(module, "__name__", type(module).__name__))


def _checked_size(size: object) -> tuple[int, int] | None:
    if size is None:
        return None
    sides = (size, size) if isinstance(size, int) else size
    if (
        not isinstance(sides, (tuple, list))
        or len(sides) != 2
        or not all(isinstance(side, int) and not isinstance(side, bool) and side >= 1 for side in sides)
    ):
        raise InputError(f"size={shown_numbers(size)}: use a number of pixels, (height, width) or None")
    return sides[0], sides[1]


def _checked_range(given: object) -> tuple[float, float] | None:
    if given is None:
        return None
    if not isinstance(given, (tuple, list)) or len(given) != 2 or not all(map(_is_number, given)):
        raise InputError(f"range={shown_numbers(given)}: use (low, high), such as (0, 1), or None for uint8")
    low, high = float(given[0]), float(given[1])
    if low >= high:
        raise InputError(f"range={shown_numbers(given)}: low must be below high")
    return low, high


def _per_channel(name: str, value: object) -> PerChannel:
    if _is_number(value):
        return float(value)  # type: ignore[arg-type]
    if isinstance(value, (tuple, list)) and len(value) == 3 and all(map(_is_number, value)):
        red, green, blue = map(float, value)
        return red, green, blue
    raise InputError(f"{name}={shown_numbers(value)}: use a number, or three for red, green and blue")


def _triple(value: PerChannel) -> tuple[float, float, float]:
    return value if isinstance(value, tuple) else (value, value, value)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def shown_numbers(value: object) -> str:
    """A value as a message shows it, plain numbers of a sequence included."""
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) <= 4:
        return f"({', '.join(map(shown, value))})"
    return shown(value)
