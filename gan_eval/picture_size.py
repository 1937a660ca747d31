"""Sizes of pictures as users write them: 256 or 256x192."""

from __future__ import annotations

import re
from typing import NamedTuple

from gan_eval.errors import InputError


class PictureSize(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}×{self.height}"


def parse_size(text: str) -> PictureSize:
    """Read a size.

    Parameters
    ----------
    text : str
        One number for both sides, or width and height with an x or × between them; pixels, 1 to 99999.

    Raises
    ------
    InputError
        For any other text.
    """
    match = re.fullmatch(r"([0-9]{1,5})(?:[x×]([0-9]{1,5}))?", text)
    if match is None or int(match[1]) == 0 or (match[2] is not None and int(match[2]) == 0):
        raise InputError(f"{text!r} is not a size in pixels (write 256, or 256x192 for width and height)")
    return PictureSize(int(match[1]), int(match[2] or match[1]))
