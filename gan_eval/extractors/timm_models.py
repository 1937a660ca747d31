"""Any image model of timm as a feature network: DINOv2, CLIP's and other vision transformers, ResNets, …

The features are what the model pools for its classifier (for a DINOv2 transformer the class token after the last norm).
The image is resized as a whole to the model's input size, with the interpolation, mean and standard deviation of the
model's own data configuration. There is no centre crop, unlike in classification: a generated image is judged to its
edges.

DINOv2 models follow the recipe of the published FD-DINOv2 instead: 224 pixels, where timm has 518 (`dinov2_positions`).

timm takes seconds to import. What has to be known of a model before its features are looked up is therefore kept in
the cache folder from the first time on.
"""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_eval import weights as weights_files
from gan_eval.download import DownloadError, require_connection
from gan_eval.errors import InputError, WeightsError
from gan_eval.files import read_document, write_json
from gan_eval.resize import resize
from gan_eval.strict_json import DocumentFormat

if TYPE_CHECKING:
    from torch import nn

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True)
class TimmModel:
    """Description of a timm model that can be read without importing timm.

    height, width: of its input. interpolation: bicubic, bilinear, …. mean, std: per channel, of values in 0..1.
    dim: features per image. repository, file: where its weights are published on the Hugging Face hub; empty where
    they are not. published: its input size and resizing are those of published numbers, not timm's own.
    """

    name: str
    height: int
    width: int
    interpolation: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    dim: int
    repository: str
    file: str
    published: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the input."""
        return self.height, self.width

    @property
    def centre(self) -> tuple[float, float, float]:
        """Mean of each channel in 0..255."""
        red, green, blue = self.mean
        return 255 * red, 255 * green, 255 * blue

    @property
    def scale(self) -> tuple[float, float, float]:
        """Standard deviation of each channel in 0..255."""
        red, green, blue = self.std
        return 255 * red, 255 * green, 255 * blue

    def prepare(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(H, W, 3) uint8 → (3, height, width) float32 in 0..255, antialiased; rounded as published recipes do."""
        if self.published:
            return resize(image, self.size, "pillow")
        if self.interpolation not in _FILTERS:
            return resize(image, self.size, "clean-fid")
        planes = [Image.fromarray(image[:, :, channel].astype(np.float32)) for channel in range(3)]
        resized = [plane.resize((self.width, self.height), _FILTERS[self.interpolation]) for plane in planes]
        return np.stack([np.asarray(plane) for plane in resized]).clip(0, 255)

    def build(self, weights: Path) -> nn.Module:
        """The model with the weights of a file and without its classifier, ready to run.

        Raises WeightsError when the file is not exactly this model's.
        """
        model: Any = built(self.name, weights, self.size)
        model.reset_classifier(0)
        module: nn.Module = model.eval().requires_grad_(False)
        return module


def built(name: str, weights: Path, size: tuple[int, int]) -> nn.Module:
    """timm's model for inputs of that size with the weights of a file, its classifier included.

    Raises WeightsError when the file is not exactly this model's.
    """
    from gan_eval.extractors.dinov2_positions import is_dinov2, resampled
    from gan_eval.extractors.state_dict import read_state_dict

    tensors = read_state_dict(weights)
    if is_dinov2(name):
        tensors = resampled(tensors, size, registers="reg4" in name)
    try:
        # timm translates the names that the model's authors used, and refuses missing and stray tensors.
        model: nn.Module = _created(name, size, pretrained=True, pretrained_cfg_overlay={"state_dict": tensors})
    except (RuntimeError, KeyError, ValueError) as error:
        reason = re.sub(r"\s+", " ", str(error))[:200]
        raise WeightsError(f"{weights}: not the weights of timm's {name} ({reason})") from error
    return model


def _created(name: str, size: tuple[int, int] | None, **named: Any) -> Any:
    """timm's model; transformers must be told the size of their input, and other networks take any."""
    import timm

    if size is None:
        return timm.create_model(name, **named)
    try:
        return timm.create_model(name, img_size=size, **named)
    except TypeError:
        return timm.create_model(name, **named)


#: A note of the cache, which spares the next process the import of timm.
TIMM_MODEL = DocumentFormat("gan-eval-timm-model", TimmModel, sealed=True)


def describe(name: str, size: int | None = None) -> TimmModel:
    """Data configuration and dimensions of a model. size: side of its input, None for its default.

    Raises InputError for a name that timm does not know, or a size that the model cannot take.
    """
    safe_name = re.sub(r"[^\w.-]", "_", name)
    note = weights_files.cache_folder() / "timm-2" / metadata.version("timm") / f"{safe_name}.json"
    try:
        model = read_document(note, TIMM_MODEL)
    except InputError:  # there is none, or it is damaged: it is made anew
        model = _ask_timm(name)
        with contextlib.suppress(InputError):  # a cache that cannot be written costs the next process the import
            write_json(note, TIMM_MODEL.encode(model))
    if size is None or (size, size) == model.size:
        return model
    _check_size(name, size)
    return replace(model, height=size, width=size, published=False)


def _check_size(name: str, size: int) -> None:
    """Raise InputError unless a model takes images of that size: its shapes are worked out without its numbers."""
    import torch

    from gan_eval.extractors.dinov2_positions import PATCH, is_dinov2

    if is_dinov2(name) and size % PATCH:
        raise InputError(f"input_size={size}: timm's {name} takes sizes that are multiples of {PATCH}")
    try:
        with torch.device("meta"), torch.inference_mode():
            _created(name, (size, size), pretrained=False, num_classes=0).eval()(torch.zeros(1, 3, size, size))
    except (AssertionError, RuntimeError, ValueError) as error:
        raise InputError(f"input_size={size}: timm's {name} cannot take images of that size ({error})") from error


def _ask_timm(name: str) -> TimmModel:
    import timm

    from gan_eval.extractors.dinov2_positions import SIZE, is_dinov2

    try:
        model = timm.create_model(name, pretrained=False, num_classes=0)
    except RuntimeError as error:
        near = difflib.get_close_matches(name, timm.list_models(), 3)
        hint = f"did you mean {', '.join(near)}?" if near else "timm.list_models() lists them"
        raise InputError(f"features='timm:{name}': timm has no model {name!r}: {hint}") from error
    config = timm.data.resolve_model_data_config(model)
    published = is_dinov2(name)
    _, height, width = (3, SIZE, SIZE) if published else config["input_size"]
    pretrained = model.pretrained_cfg
    return TimmModel(
        name=name,
        height=height,
        width=width,
        interpolation=config["interpolation"],
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        dim=getattr(model, "head_hidden_size", model.num_features),
        repository=pretrained.get("hf_hub_id") or "",
        file=pretrained.get("hf_hub_filename") or "model.safetensors",
        published=published,
    )


def find_weights(model: TimmModel, *, download: bool) -> Path:
    """The model's published weights, from the hub's cache on this machine or else from the hub.

    Raises WeightsError, with the remedies, where they cannot be fetched.
    """
    from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache

    remedy = f"give their file with weights=FILE, or run `timm.create_model({model.name!r}, pretrained=True)` once"
    if not model.repository:
        raise WeightsError(f"timm publishes no weights of {model.name}: give their file with weights=FILE")
    kept = try_to_load_from_cache(model.repository, model.file)
    if isinstance(kept, str):
        return Path(kept)
    where = f"{constants.ENDPOINT.removeprefix('https://')}/{model.repository}"
    if not download or weights_files.offline():
        raise WeightsError(f"weights of timm's {model.name} are not in the hub's cache ({where}): {remedy}")
    try:
        require_connection(constants.ENDPOINT)
        with _no_bars():
            return Path(hf_hub_download(model.repository, model.file))
    except (DownloadError, OSError) as error:  # the hub's own errors are OSErrors
        reason = str(error).partition("\n")[0]
        raise WeightsError(
            f"weights of timm's {model.name} could not be fetched from {where} ({reason}): {remedy}"
        ) from error


@contextlib.contextmanager
def _no_bars() -> Iterator[None]:
    """Turn off the hub's progress bars; the command line draws its own."""
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    drawn = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if drawn:
            enable_progress_bars()
