"""The interface of a source of images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gan_eval.images.decoding import decode
from gan_eval.images.policies import PEERS
from gan_eval.settings import Deep
from gan_eval.settings import OnBadImage as OnBadImage


class Item(NamedTuple):
    """One image of a source. `read` gives the file's bytes, or the pixels of one that never was a file."""

    name: str
    read: Callable[[], bytes | NDArray[np.uint8]]

    def pixels(self, deep: Deep = "fail") -> NDArray[np.uint8]:
        """(H, W, 3) uint8. Raises as `decoded` does."""
        return self.decoded(self.read(), deep)

    def decoded(self, data: bytes | NDArray[np.uint8], deep: Deep = "fail") -> NDArray[np.uint8]:
        """The pixels of what `read` gave, (H, W, 3) uint8.

        deep: what happens to pixels of a file beyond 8 bits. Raises UnreadableImage, and InputError for pixels that
        `deep="fail"` refuses.
        """
        return decode(data, self.name, policy=PEERS[deep]) if isinstance(data, bytes) else data


class Source(Protocol):
    """A sequence of images in a fixed order.

    label: what the user gave, for messages and the JSON. count: number of images, None where only a pass over the
    source can tell. skipped: hidden and foreign files passed over, complete once `items` has run to its end.
    repeatable: whether `items` may be called again and gives the same images. notes: sentences that a reader of a
    number must know, such as which of several arrays was taken; complete once `items` has run to its end.
    """

    @property
    def label(self) -> str: ...
    @property
    def count(self) -> int | None: ...
    @property
    def skipped(self) -> int: ...
    @property
    def repeatable(self) -> bool: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    def items(self) -> Iterator[Item]:
        """The images in order. Reading may be done in other threads, later, and in any order."""
        ...
