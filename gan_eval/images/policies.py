"""Named policies that turn an opened file into (H, W, 3) uint8 pixels.

`peers` is what `PIL.Image.open(...).convert("RGB")` gives, and so what pytorch-fid, clean-fid and torch-fidelity see:
alpha is dropped, values above 255 are cut, EXIF rotation is not applied. Scores are made with it, where no pixels are
deeper than 8 bits or `deep="clip"` is chosen. `peers_scaled` (`deep="scale"`) differs for such pixels alone: their full
range is mapped to 8 bits. `peers_shallow` (`deep="fail"`) refuses them.

`photographs` gives what a person sees: EXIF rotation is applied, 12-bit, 16-bit and floating-point pixels are scaled to
8 bits, transparency is laid over a background, and an embedded colour profile is converted to sRGB. Training,
translation and studies use it.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from gan_eval.settings import Deep

Colour = tuple[int, int, int]

#: Turns an opened image into (H, W, 3) uint8. Raises what Pillow raises on damage, or UnusablePixels.
Policy = Callable[[Image.Image], NDArray[np.uint8]]

WHITE: Colour = (255, 255, 255)

#: The values that mean white at the usual depths: floating point, and 8, 10, 12, 14 and 16 bits.
_SCALES = (1.0, 255.0, 1023.0, 4095.0, 16383.0, 65535.0)


#: What to do about images that `deep="fail"` refuses.
DEEP_REMEDY = (
    "pass deep='scale' to map their full range to 8 bits, or deep='clip' to cut values above 255 to white, as other "
    "tools do"
)


class UnusablePixels(ValueError):
    """An undamaged image whose pixel values or colours cannot be turned into 8 bits."""


class DeepPixels(ValueError):
    """An undamaged image of more than 8 bits where no way to 8 bits was chosen."""


def peers(image: Image.Image) -> NDArray[np.uint8]:
    """Pixels as other FID tools read them: `convert("RGB")` of the first frame.

    Parameters
    ----------
    image: an image that Pillow has opened.

    Returns
    -------
    (H, W, 3) uint8, RGB.

    Source: what pytorch-fid 0.3.0, clean-fid 0.1.35 and torch-fidelity 0.4.0 do when they load a file.
    """
    # Pillow warns that transparency is lost, which is what the peers do and what is wanted.
    image.info.pop("transparency", None)
    return _in_strips(image, lambda strip: strip.convert("RGB"))


def peers_scaled(image: Image.Image) -> NDArray[np.uint8]:
    """As `peers`, but pixels deeper than 8 bits are mapped from their full range: 0–1, 0–4095 or 0–65535 to 0–255.

    The range follows from the file's type and never from its values, so that all images are scaled alike: floating
    point 0–1, 12-bit TIFF 0–4095, all others 0–65535.

    Raises
    ------
    UnusablePixels: values outside the range, NaN.
    """
    if not is_deep(image):
        return peers(image)
    values, top = np.asarray(image).astype(np.float64), _full_range(image)
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= top):
        low, high = float(values.min()), float(values.max())
        raise UnusablePixels(f"pixel values from {low:.6g} to {high:.6g} are not in 0–{top:g} (rescale them)")
    return np.repeat(np.round(values / top * 255).astype(np.uint8)[..., None], 3, axis=-1)


def peers_shallow(image: Image.Image) -> NDArray[np.uint8]:
    """As `peers`. Raises DeepPixels for pixels deeper than 8 bits."""
    if is_deep(image):
        raise DeepPixels(f"deeper than 8 bits ({DEEP_REMEDY.replace('their', 'its')})")
    return peers(image)


#: The policy of each value of the option `deep`.
PEERS: Mapping[Deep, Policy] = {"fail": peers_shallow, "clip": peers, "scale": peers_scaled}


def deep_subject(count: int, names: str) -> str:
    """So many images, with the names of the first, as the beginning of a sentence."""
    return f"{count} {'images are' if count > 1 else 'image is'} deeper than 8 bits ({names})"


def deep_note(count: int, names: str, deep: Deep) -> str:
    """The sentence about images deeper than 8 bits that a reader of a number must know."""
    subject = deep_subject(count, names)
    if deep == "scale":
        return f"{subject}: their full range is mapped to 8 bits, which other tools do not do"
    return (
        f"{subject}: values above 255 become white, as in other tools, so the numbers do not describe these images; "
        "convert them to 8 bits first"
    )


def photographs(image: Image.Image, *, background: Colour = WHITE, white: float | None = None) -> NDArray[np.uint8]:
    """Pixels as a person sees them.

    Parameters
    ----------
    image: an image that Pillow has opened.
    background: RGB colour, each 0–255, that shows where the image is transparent.
    white: for an image deeper than 8 bits, the value that becomes 255; larger values are cut. Default: `white_of` the
        image alone. Give it for a set of images, so that all are scaled alike.

    Returns
    -------
    (H, W, 3) uint8, RGB in sRGB, upright.

    Raises
    ------
    UnusablePixels: pixels deeper than 8 bits that are negative, NaN or infinite, or, where no `white` is given, exceed
        65535.
    """
    if is_deep(image):
        return np.asarray(_upright(_eight_bits(image, white), image).convert("RGB"))
    profile = image.info.get("icc_profile")
    picture = _upright(image, image)
    clear = picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info
    rgb = _in_strips(picture, lambda strip: (_over(strip, background) if clear else strip).convert("RGB"))
    return np.asarray(_in_srgb(Image.fromarray(rgb), profile)) if profile and image.mode in ("RGB", "RGBA") else rgb


#: Pixels that are converted at once; a whole picture of the largest size would take four times its own memory.
_AT_ONCE = 1 << 22


def _in_strips(image: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> NDArray[np.uint8]:
    """Convert an image to (H, W, 3) uint8, some rows at a time where it is large."""
    image.load()
    if image.width * image.height <= _AT_ONCE:
        return np.asarray(convert(image))
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    rows = max(_AT_ONCE // image.width, 1)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        pixels[top:bottom] = np.asarray(convert(image.crop((0, top, image.width, bottom))))
    return pixels


def is_deep(image: Image.Image) -> bool:
    """Whether pixels are wider than 8 bits and `peers` cuts them: Pillow's modes I, F, I;16 and their kin.

    16-bit colour is not among them: Pillow reads it as its upper 8 bits.
    """
    return image.mode in ("I", "F") or image.mode.startswith("I;")


def brightest(image: Image.Image) -> float | None:
    """The largest value of an image deeper than 8 bits; None for an ordinary one."""
    return float(np.asarray(image).max()) if is_deep(image) else None


def white_of(brightest_values: Iterable[float], *, floating: bool = False) -> float:
    """The value that means white in a set of images deeper than 8 bits.

    Parameters
    ----------
    brightest_values: the largest value of each image, at least one.
    floating: whether the pixels are floating point, for which 1 and 255 are usual as well.

    Returns
    -------
    The smallest usual full scale that no image exceeds: 1023, 4095, 16383 or 65535, or of floating-point pixels 1 or
    255 before these.

    Raises
    ------
    UnusablePixels: an image exceeds 65535.
    """
    top = max(brightest_values)
    scales = _SCALES if floating else _SCALES[2:]
    for scale in scales:
        if top <= scale:
            return scale
    raise UnusablePixels(f"pixel values reach {top:.6g}, beyond 16 bits: say which value is white")


def _full_range(image: Image.Image) -> float:
    """The value that is white in a file of this type."""
    if image.mode == "F":
        return 1.0
    bits = getattr(image, "tag_v2", {}).get(258, (16,))  # BitsPerSample of a TIFF
    return 4095.0 if tuple(bits) == (12,) else 65535.0


def _eight_bits(image: Image.Image, white: float | None) -> Image.Image:
    values = np.asarray(image).astype(np.float64)
    if not np.isfinite(values).all() or values.min() < 0:
        raise UnusablePixels("pixels deeper than 8 bits are negative, NaN or infinite")
    full = white if white is not None else white_of([float(values.max())], floating=image.mode == "F")
    return Image.fromarray(np.round(np.minimum(values / full, 1) * 255).astype(np.uint8))


def _upright(picture: Image.Image, original: Image.Image) -> Image.Image:
    """`picture` turned as the EXIF data of `original` says; damaged EXIF data turns nothing."""
    try:
        exif = original.getexif()
        turned = exif.get(0x0112, 1) in range(2, 9)
        if turned and picture is not original:
            picture.info["exif"] = exif.tobytes()
    except (struct.error, SyntaxError, ValueError, TypeError, KeyError, OverflowError):
        return picture
    return ImageOps.exif_transpose(picture) if turned else picture


def _over(picture: Image.Image, background: Colour) -> Image.Image:
    layer = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, (*background, 255)), layer)


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError) as error:
        raise UnusablePixels("its colour profile cannot be applied (remove the profile, or convert to sRGB)") from error
    return picture if converted is None else converted
