"""A 2015 Inception with random weights, for tests and measurements that need no trained network.

    python benchmarks/random_inception.py --images DIR --out random_inception.pth

The file has the published file's names and shapes, so every tool that reads that one can read this one. Convolutions
are He-initialised. Batch normalisations have random gains and shifts, and statistics measured on the images, layer
after layer: activations keep a natural scale to the last layer, as in a trained network, and features differ between
images. Same seed and images, same file.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from gan_eval.extractors.inception import Inception, published_shapes
from gan_eval.resize import resize

_EPS = 1e-3


def random_state_dict(images: Tensor, *, seed: int = 0) -> dict[str, Tensor]:
    """Tensors of the published names, calibrated on `images`, (B, 3, 299, 299) float32 in about −1..1."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {name: _initial(name, shape, generator) for name, shape in published_shapes().items()}
    network = Inception().eval()
    hooks = [conv.register_forward_hook(_calibrate(name, tensors)) for name, conv in network.published_names()]
    with torch.inference_mode():
        for name, conv in network.published_names():
            conv.load_state_dict({"weight": tensors[f"{name}.conv.weight"], "bias": torch.zeros(conv.out_channels)})
        network(images)
    for hook in hooks:
        hook.remove()
    return tensors


def _initial(name: str, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    if name.endswith("conv.weight"):
        return torch.randn(shape, generator=generator) * math.sqrt(2 / math.prod(shape[1:]))
    if name.endswith("bn.weight"):
        return torch.empty(shape).uniform_(0.75, 1.25, generator=generator)
    if name == "fc.weight":
        return torch.randn(shape, generator=generator) * 0.25  # classes differ from image to image
    # Shifts as large as the gains make most units lean one way, as training does. With small ones a random network of
    # 94 layers is chaotic: it amplifies float32 rounding to 1e-4 of the features in every implementation.
    return torch.randn(shape, generator=generator)


def _calibrate(name: str, tensors: dict[str, Tensor]) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]:
    """A hook that measures a convolution's outputs, keeps their statistics, and passes them on normalised."""

    def hook(conv: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        variance, mean = torch.var_mean(output, (0, 2, 3))
        tensors[f"{name}.bn.running_mean"], tensors[f"{name}.bn.running_var"] = mean, variance
        gain = tensors[f"{name}.bn.weight"] / torch.sqrt(variance + _EPS)
        shift = tensors[f"{name}.bn.bias"] - mean * gain
        return output * gain[:, None, None] + shift[:, None, None]

    return hook


def read_images(folder: Path, count: int) -> Tensor:
    """The first images of a folder by name, (count, 3, 299, 299) float32 in −1..1."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))[:count]
    if not paths:
        raise SystemExit(f"{folder}: no .jpg or .png images")
    pixels = [resize(np.asarray(Image.open(path).convert("RGB")), (299, 299), "clean-fid") for path in paths]
    return torch.from_numpy(np.stack(pixels) - 128) / 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, help="folder that statistics are measured on")
    parser.add_argument("--out", type=Path, required=True, help="the .pth file to write")
    parser.add_argument("--count", type=int, default=64, help="how many images")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    tensors = random_state_dict(read_images(given.images, given.count), seed=given.seed)
    torch.save({name: value.contiguous() for name, value in tensors.items()}, given.out)


if __name__ == "__main__":
    main()
