"""What a pass over a source has given so far, kept so that a killed pass goes on where it stood.

Features, class scores and hashes are appended to files as they come; moments are added up in memory. From time to time
`keep` writes the moments, and how much of each file belongs to them. The next process reads that, cuts off what came
later, and goes on; the results are to the bit those of one pass.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, cast

import numpy as np
from numpy.typing import NDArray

from gan_eval.errors import InputError, OutputError
from gan_eval.feature_set import write_entry
from gan_eval.files import DAMAGE, atomic_file, read_bytes
from gan_eval.images.numpy_files import read_array
from gan_eval.metrics.moments import StreamingMoments
from gan_eval.metrics.sides import Needs
from gan_eval.strict_json import Between, DocumentFormat, canonical, parse_json
from gan_eval.vectors import FileExtent, VectorWriter

#: Seconds between two times at which a pass keeps what it has.
INTERVAL = 60.0

_STATE = "pass.npz"
_MOMENTS = ("kept", "mean", "lower", "counts")
#: What reading raises where nothing was kept, or not whole.
_NOT_KEPT: tuple[type[Exception], ...] = (InputError, *DAMAGE)
#: A hash of 32 bytes is written as so many numbers of four bytes.
_NUMBERS = 8


@dataclass(frozen=True, slots=True)
class PassState:
    """How far a pass has come.

    items: images taken from the source, readable or not. bad: "name: reason" of unreadable ones. files: what each file
    of vectors holds, by its name.
    """

    items: Annotated[int, Between(0, 2**63)]
    bad: tuple[str, ...]
    files: Mapping[str, FileExtent]


PASS_STATE = DocumentFormat("gan-eval-pass", PassState)


class PassResults:
    """Results of one pass, in a folder; a context manager, which closes its files.

    Parameters
    ----------
    room : the folder; what an earlier pass kept there is gone on with, unless it is damaged.
    needs : which vectors are kept.
    interval : seconds between two times at which `keep_now_and_then` keeps.
    """

    def __init__(self, room: Path, needs: Needs, *, interval: float = INTERVAL) -> None:
        self._room = room
        self._names = ["digests", *(["features"] if needs.vectors else []), *(["logits"] if needs.logits else [])]
        self._interval = interval
        self._kept_at = time.monotonic()
        self._open = contextlib.ExitStack()
        self._moments: StreamingMoments | None = None
        self._writers: dict[str, VectorWriter] = {}
        self.items = 0
        self.bad: list[str] = []
        self.digests = b""
        """Hashes of the images of earlier processes, one after the other."""

    def __enter__(self) -> PassResults:
        try:
            self._go_on()
        except _NOT_KEPT:  # nothing was kept, or it is not as it was written: begin anew
            self._open.close()
            self._moments, self.items, self.bad, self.digests = None, 0, [], b""
            self._writers = {name: self._writer(name) for name in self._names}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is not None and not issubclass(kind, Exception):
                self._keep_or_clear()
        finally:
            self._open.close()

    @property
    def count(self) -> int:
        """Number of images whose features have been added."""
        return 0 if self._moments is None else self._moments.n

    def add_images(self, items: int, bad: Sequence[str], digests: bytes) -> None:
        """Count images, with the unreadable ones among them and the hashes of all that the scan has seen."""
        self.items += items
        self.bad += bad
        self._writers["digests"].append(np.frombuffer(digests, np.float32).reshape(-1, _NUMBERS))

    def add_features(self, features: NDArray[np.float32], logits: NDArray[np.float32] | None) -> None:
        """Take the features (B, D) of the images just counted, and their class scores (B, K) where they are kept."""
        self._moments = self._moments or StreamingMoments(features.shape[1])
        self._moments.update(features)
        for name, rows in (("features", features), ("logits", logits)):
            if name in self._writers and rows is not None:
                self._writers[name].append(rows)

    def keep_now_and_then(self) -> None:
        """Keep what there is, where the last time is long enough ago."""
        if self._moments is not None and time.monotonic() - self._kept_at >= self._interval:
            self.keep()
            self._kept_at = time.monotonic()

    def keep(self) -> None:
        """Make what there is safe against the end of the process. Raises OutputError where the disk is full."""
        assert self._moments is not None, "nothing to keep yet"
        written = {name: writer.flush() for name, writer in self._writers.items()}
        about = PASS_STATE.encode(PassState(self.items, tuple(self.bad), written))
        with atomic_file(self._room / _STATE) as temporary, temporary.open("wb") as stream:
            np.savez(stream, about=np.array(canonical(about).decode()), **cast(Any, self._moments.state()))

    def _keep_or_clear(self) -> None:
        """Keep what there is when the run is interrupted; remove the files where there is nothing, or no room."""
        with contextlib.suppress(OutputError):
            if self._moments is not None:
                self.keep()
                return
        for path in self._room.iterdir():
            path.unlink()

    def finish(self, bad: Sequence[str]) -> None:
        """Turn the folder into a cache entry. bad: the unreadable images that belong to it.

        Raises InputError where no image was readable.
        """
        if self._moments is None or not self._moments.n:
            raise InputError("no readable images in it")
        for writer in self._writers.values():
            writer.finish()
        write_entry(self._room, self._moments.finish(), bad)
        for name in (_STATE, "digests.f32"):
            (self._room / name).unlink(missing_ok=True)

    def _go_on(self) -> None:
        state = {name: read_array(self._room / _STATE, name) for name in (*_MOMENTS, "about")}
        about = PASS_STATE.decode(parse_json(str(state["about"]), where=_STATE), where=_STATE)
        if [*about.files] != sorted(self._names):
            raise InputError(f"{_STATE}: kept for other metrics")
        self._writers = {name: self._writer(name, about.files[name]) for name in self._names}
        self._moments = StreamingMoments.from_state(state)
        self.items, self.bad = about.items, [*about.bad]
        extent = about.files["digests"]
        self.digests = read_bytes(self._room / "digests.f32", longest=4 * extent.n * extent.dim)

    def _writer(self, name: str, written: FileExtent | None = None) -> VectorWriter:
        return self._open.enter_context(VectorWriter(self._room / f"{name}.f32", written))
