"""Sheets of sample images: a column for each image, a row for each stage of its translation and back.

Which rows there are is the model's to say. Everything is computed where the
networks are, without gradients, and in evaluation mode, so that drawing a sheet leaves the training untouched.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn import functional as F

from gan_eval.hardware import Precision
from gan_eval.translation import TranslationDirection
from nicegan.models.protocol import TranslationModel
from nicegan.pictures import to_pixels

_GAP = 4
_PAPER, _INK = (255, 255, 255), (20, 20, 20)


def stages(
    model: TranslationModel, real: Tensor, direction: TranslationDirection, *, precision: Precision = "fp32"
) -> dict[str, NDArray[np.uint8]]:
    """The rows of a sheet for images of the source domain; maps are coloured and brought to the images' size.

    real: (N, 3, H, W) in [-1, 1], on the model's device. Returned: for each row of the model, (N, H, W, 3) uint8.
    """
    with evaluating(model), torch.autocast(real.device.type, torch.bfloat16, enabled=precision == "bf16"):
        rows = model.stages(real, direction)
    return {name: _picture(values, real) for name, values in rows.items()}


def _picture(values: Tensor, like: Tensor) -> NDArray[np.uint8]:
    if values.shape[1] == 1:
        return colour(F.interpolate(values.float(), size=like.shape[2:], mode="bilinear", align_corners=False)[:, 0])
    pixels: NDArray[np.uint8] = to_pixels(values).permute(0, 2, 3, 1).cpu().numpy()
    return pixels


@contextlib.contextmanager
def evaluating(networks: torch.nn.Module) -> Iterator[None]:
    """Switches gradients and power iterations off within the block, and restores the mode after it."""
    training = networks.training
    networks.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        networks.train(training)


def colour(heat: Tensor) -> NDArray[np.uint8]:
    """Maps (N, H, W) of any range → (N, H, W, 3) uint8, each scaled to 0…1 by itself, in the colours of "jet".

    A constant map has no range and becomes the colour of 0.
    """
    from matplotlib import colormaps

    low, high = heat.amin((1, 2), keepdim=True), heat.amax((1, 2), keepdim=True)
    scaled = (heat - low) / (high - low).clamp_min(torch.finfo(heat.dtype).tiny)
    coloured: NDArray[np.uint8] = colormaps["jet"](scaled.cpu().numpy(), bytes=True)[..., :3]
    return coloured


def draw_sheet(rows: Mapping[str, NDArray[np.uint8]], *, groups: Mapping[str, int], title: str) -> Image.Image:
    """One picture of all rows, each with its name.

    rows: name → (N, H, W, 3) uint8. groups: heading → number of consecutive columns under it, N in all.
    """
    count, height, width, _ = next(iter(rows.values())).shape
    points = max(11, min(18, height // 8))
    font = ImageFont.load_default(size=points)
    margin = int(max(font.getlength(name) for name in rows)) + 3 * _GAP
    head = 2 * (points + _GAP) + _GAP
    sheet = Image.new("RGB", (margin + count * (width + _GAP), head + len(rows) * (height + _GAP)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, _GAP), title, _INK, font)
    column = 0
    for heading, columns in groups.items():
        draw.text((margin + column * (width + _GAP), 2 * _GAP + points), heading, _INK, font)
        column += columns
    for row, (name, pictures) in enumerate(rows.items()):
        top = head + row * (height + _GAP)
        draw.text((_GAP, top + height // 2), name, _INK, font, anchor="lm")
        for column, picture in enumerate(pictures):
            sheet.paste(Image.fromarray(picture), (margin + column * (width + _GAP), top))
    return sheet
