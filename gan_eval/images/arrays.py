"""Converts arrays, tensors and PIL images to (N, H, W, 3) uint8.

The layout follows the library: numpy has channels last, torch has channels first. A shape that can be read in two ways
is refused, since the wrong reading changes the number of images without a word.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_eval.errors import InputError
from gan_eval.files import DAMAGE
from gan_eval.images.decoding import UnreadableImage, decode, has_deep_pixels
from gan_eval.images.policies import PEERS, DeepPixels, UnusablePixels, deep_note, is_deep
from gan_eval.images.source import Item
from gan_eval.settings import Deep

_LAST = (1, 3, 4)
_FIRST = (1, 3)


class ArraySource:
    """Images of one array or tensor, or of a list that holds one image in each place.

    Parameters
    ----------
    given: what `to_images` takes, or a list or tuple of single images (`is_single`).
    label: what the source is called in messages.
    notes: sentences about the source that a reader of a number must know.
    deep: what happens to pixels of PIL images and of files' bytes beyond 8 bits.
    """

    repeatable = True
    skipped = 0

    def __init__(self, given: Any, *, label: str = "array", notes: Sequence[str] = (), deep: Deep = "fail") -> None:
        self.label = label
        self.deep = deep
        self._images: Any = given if isinstance(given, (list, tuple)) else to_images(given)
        if not len(self._images):
            raise InputError(f"{label}: holds no images (shape {tuple(np.shape(given))})")
        self.notes = (*notes, *_black(self._images), *_deep_notes(self._images, label, deep))

    @property
    def count(self) -> int:
        """Number of images."""
        return len(self._images)

    def items(self) -> Iterator[Item]:
        """The images in order."""
        for index, image in enumerate(self._images):
            name = f"{self.label}[{index}]"
            yield Item(name, partial(single_pixels, image, name, self.deep))


def is_array(given: Any) -> bool:
    """Whether `given` is a numpy array, a torch tensor, or another library's array (JAX, TensorFlow, CuPy …)."""
    if isinstance(given, (Image.Image, list, tuple, str, bytes, type)):
        return False
    return isinstance(given, np.ndarray) or is_tensor(given) or hasattr(given, "__array__")


def is_single(given: Any) -> bool:
    """Whether `given` is one image: PIL, a file's bytes, (H, W, C) or (H, W) of an array, (C, H, W) of a tensor."""
    if isinstance(given, (Image.Image, bytes)):
        return True
    if not is_array(given) or not may_be_pixels(given):
        return False
    shape = tuple(given.shape)
    if is_tensor(given):
        return len(shape) == 3 and shape[0] in _FIRST
    return (len(shape) == 2 and given.dtype == np.uint8) or (len(shape) == 3 and shape[-1] in _LAST)


def has_deep(given: Any) -> bool:
    """Whether one image (`is_single`) is a PIL image, or a file's bytes, of pixels deeper than 8 bits."""
    return has_deep_pixels(given) if isinstance(given, bytes) else isinstance(given, Image.Image) and is_deep(given)


def single_pixels(given: Any, name: str, deep: Deep = "fail") -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of one image (`is_single`). Raises InputError, which for damaged bytes is an UnreadableImage."""
    if isinstance(given, bytes):
        return decode(given, name, policy=PEERS[deep])
    if not isinstance(given, Image.Image):
        given = given if is_array(given) and len(given.shape) > 2 else np.asarray(given)[..., None]
        one: NDArray[np.uint8] = to_images(given[None])[0]
        return one
    if getattr(given, "n_frames", 1) > 1:
        raise InputError(f"{name}: an animation of {given.n_frames} frames (give the frames one by one)")  # type: ignore[attr-defined]
    try:
        return PEERS[deep](given if is_deep(given) else given.copy())
    except DeepPixels as error:
        raise InputError(f"{name}: a PIL image of mode {given.mode}, {error}") from error
    except UnusablePixels as error:
        raise UnreadableImage(name, str(error)) from error
    except DAMAGE as error:  # a PIL image is read from its file at the first use
        raise UnreadableImage(name, "damaged, or of a kind that Pillow cannot decode") from error


def to_images(given: Any) -> NDArray[np.uint8]:
    """One batch as (N, H, W, 3) uint8.

    Parameters
    ----------
    given: one of
        numpy array: (N, H, W, 3), (N, H, W, 1), (N, H, W, 4) whose alpha is dropped, (N, H, W) grey, or one image
        (H, W, 3); uint8, or floating in 0–1, which becomes round(255 x);
        torch tensor (N, C, H, W) or one image (C, H, W), with C = 1 or 3: uint8, or floating in 0–1;
        an array of another library that numpy can read, as a numpy array;
        one PIL image.

    Returns
    -------
    (N, H, W, 3) uint8, RGB.

    Raises
    ------
    InputError: another shape or dtype, a shape that can be read in two ways, values outside 0–1, NaN.
    """
    if isinstance(given, Image.Image):
        return single_pixels(given, "image")[None]
    if is_tensor(given):
        return _rgb(np.moveaxis(_tensor_bytes(given), 1, -1))
    if not is_array(given):
        raise InputError(f"a batch is {kind_of(given)}; wanted images as an array, a tensor or PIL images")
    array = np.asarray(given)
    if np.ma.isMaskedArray(given):
        raise InputError("a masked array; fill it first (array.filled(0))")
    return _rgb(_eight_bits(_channels_last(array), f"an array of {array.dtype}"))


def kind_of(given: Any) -> str:
    """Describes `given` in words: its type, and for arrays the dtype and the shape."""
    if is_array(given) and hasattr(given, "shape"):
        what = "tensor" if is_tensor(given) else "array"
        return f"a {what} of {str(given.dtype).removeprefix('torch.')} {tuple(given.shape)}"
    if isinstance(given, (list, tuple)):
        return f"a {type(given).__name__} of {len(given)} ({', '.join(kind_of(one) for one in given[:3])} …)"
    return f"a {type(given).__name__}"


def _channels_last(array: NDArray[Any]) -> NDArray[Any]:
    """(N, H, W, C) of a numpy array of any of the forms."""
    shape = array.shape
    if array.ndim == 3 and shape[-1] in _LAST:
        if shape[0] in _FIRST and shape[-1] != 3:
            raise _ambiguous(shape)
        return array[None]
    if array.ndim == 3:
        if shape[0] in _FIRST:
            raise InputError(
                f"an array of shape {shape}: {shape[0]} grey images, or one with channels first? Give (N, H, W, 1) or "
                "(N, H, W, 3), channels last"
            )
        return array[..., None]
    if array.ndim != 4 or shape[-1] not in _LAST:
        raise InputError(f"an array of shape {shape}; wanted (N, H, W, 3), uint8 (channels last)")
    if shape[1] in _FIRST:
        raise _ambiguous(shape)
    return array


def _tensor_bytes(tensor: Any) -> NDArray[np.uint8]:
    """(N, C, H, W) uint8 of a torch tensor."""
    shape = tuple(tensor.shape)
    if tensor.ndim == 3 and shape[0] in _FIRST:
        tensor = tensor[None]
    if tensor.ndim != 4 or tensor.shape[1] not in _FIRST:
        raise InputError(f"a tensor of shape {shape}; wanted (N, 3, H, W) or (N, 1, H, W)")
    if tensor.shape[3] in _FIRST:
        raise _ambiguous(shape)
    return _eight_bits(_to_numpy(tensor), f"a tensor of {str(tensor.dtype).removeprefix('torch.')}")


def _ambiguous(shape: tuple[int, ...]) -> InputError:
    return InputError(f"shape {shape} can be read with channels first or last; images need more than 4 pixels a side")


def _eight_bits(values: NDArray[Any], what: str) -> NDArray[np.uint8]:
    """uint8 as it is; floating 0–1 as round(255 x)."""
    if 0 in values.shape[1:]:
        raise InputError(f"{what} of shape {values.shape}: its images have no pixels")
    if values.dtype == np.uint8:
        return values
    if not np.issubdtype(values.dtype, np.floating):
        raise InputError(f"{what}; wanted uint8, or floating point in 0–1")
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    # One part in a thousand forgives rounding in a generator's output; a range of −1…1 or 0…255 is another matter.
    if not (low >= -1e-3 and high <= 1 + 1e-3):
        remedy = "for −1…1 pass (x + 1) / 2, for 0…255 pass x.round() as uint8"
        raise InputError(f"{what} with values from {low:.3g} to {high:.3g}; wanted 0–1 ({remedy})")
    rounded: NDArray[np.uint8] = np.floor(np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
    return rounded


def _to_numpy(tensor: Any) -> NDArray[Any]:
    try:
        tensor = tensor.detach()
        if str(tensor.dtype) == "torch.bfloat16":  # which numpy does not have
            tensor = tensor.float()
        values: NDArray[Any] = tensor.cpu().numpy()
    except (TypeError, RuntimeError, NotImplementedError) as error:  # sparse, quantised, meta
        raise InputError(f"a tensor without plain values ({tensor.layout}, {tensor.device})") from error
    return values


def _rgb(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if images.shape[-1] == 1:
        return np.repeat(images, 3, axis=-1)
    return np.ascontiguousarray(images[..., :3])


def is_tensor(given: Any) -> bool:
    """Whether `given` is a torch tensor; torch stays unimported."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(given, torch.Tensor)


def may_be_pixels(given: Any) -> bool:
    """Whether an array's dtype is one that images have: uint8 or floating point."""
    kind = str(given.dtype).removeprefix("torch.")
    return kind == "uint8" or "float" in kind


def _black(images: Any) -> tuple[str, ...]:
    """A note where uint8 pixels are all 0 or 1, which is what a cast of 0–1 to uint8 gives."""
    if isinstance(images, np.ndarray) and images.max() <= 1:
        return ("all pixels are 0 or 1 of 255: values in 0–1 must be given as floating point, not as uint8",)
    return ()


def _deep_notes(images: Iterable[Any], label: str, deep: Deep) -> tuple[str, ...]:
    """A note where images of a list are deeper than 8 bits; with `deep="fail"` they are refused when they are read."""
    if deep == "fail" or isinstance(images, np.ndarray):
        return ()
    names = [f"{label}[{place}]" for place, image in enumerate(images) if has_deep(image)]
    more = " …" if len(names) > 3 else ""
    return (deep_note(len(names), ", ".join(names[:3]) + more, deep),) if names else ()
