"""The logs of a run: JSON lines, which a resumed run continues as if it had never stopped, and TensorBoard.

Each line carries its version and a hash of itself. A line that is damaged, or that a kill cut short, counts as absent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

from gan_eval.errors import InputError
from gan_eval.files import read_bytes, write_text
from gan_eval.strict_json import Between, DocumentFormat, encode

LOG, METRICS = "log.jsonl", "metrics.jsonl"
_LONGEST_LINE = 100_000


@dataclass(frozen=True, slots=True)
class ValidationRecord:
    """A line of metrics.jsonl.

    AtoB, BtoA: score of a direction, None where it was not validated. mean: over the directions. images: whether the
    scored images were translated. n_real_fake: direction → numbers of real and of scored images. on: held-out training
    images or test images, None in lines of older versions, which are of test images. halves: scores of both halves of
    random splits, for an honest score of the best.
    """

    step: Annotated[int, Between(0, 10**12)]
    mean: float
    metric: str
    features: str
    direction: Literal["lower", "higher"]
    images: Literal["translated", "untranslated"]
    n_real_fake: Mapping[str, tuple[int, int]]
    AtoB: float | None = None
    BtoA: float | None = None
    on: Literal["train", "test"] | None = None
    halves: tuple[tuple[float, float], ...] | None = None


#: Of log.jsonl: the step, and the mean of each loss by its name.
LOG_LINE = DocumentFormat("nicegan-log", dict[str, float], unversioned=1, sealed=True)
VALIDATION_LINE = DocumentFormat("nicegan-validation", ValidationRecord, unversioned=1, sealed=True)


class Journal:
    """The records of a run that continues after `step`; what a killed run recorded beyond that is dropped."""

    def __init__(self, run: Path, *, step: int, tensorboard: bool = True) -> None:
        self._run = run
        for name in (LOG, METRICS):
            kept = [record for record in records(run / name) if record["step"] <= step]
            write_text(run / name, "".join(_line(name, record) for record in kept))
        self._board = SummaryWriter(str(run / "tensorboard"), purge_step=step + 1) if tensorboard else None

    def write(self, name: str, step: int, values: Mapping[str, Any]) -> None:
        """Append {"step": step, **values} to a file of JSON lines, and its numbers to TensorBoard."""
        with (self._run / name).open("a", encoding="utf-8") as stream:
            stream.write(_line(name, {"step": step, **values}))
        for key, value in values.items():
            if self._board is not None and isinstance(value, float):
                self._board.add_scalar(f"{Path(name).stem}/{key}", value, step)

    def picture(self, name: str, step: int, sheet: Image.Image) -> None:
        """Write a sheet to samples/ and to TensorBoard."""
        path = self._run / "samples" / f"{name}-{step:08d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        sheet.save(path)
        if self._board is not None:
            self._board.add_image(name, np.asarray(sheet), step, dataformats="HWC")

    def close(self) -> None:
        """Flush what TensorBoard has not written yet."""
        if self._board is not None:
            self._board.close()


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The whole records of a run's log.jsonl or metrics.jsonl, in order; none where the file is absent.

    Raises InputError for a file that cannot be read.
    """
    if not path.is_file():
        return
    for line in read_bytes(path).splitlines():
        try:
            yield _record(path.name, line)
        except InputError:
            continue


def _record(name: str, line: bytes) -> dict[str, Any]:
    if name == METRICS:
        validation = encode(VALIDATION_LINE.parse(line, where="line", longest=_LONGEST_LINE))
        return {key: value for key, value in validation.items() if value is not None}
    record: dict[str, Any] = LOG_LINE.parse(line, where="line", longest=_LONGEST_LINE)
    step = record.get("step")
    if step is None or step != int(step) or step < 0:
        raise InputError("line: has no step")
    return {**record, "step": int(step)}


def _line(name: str, record: Mapping[str, Any]) -> str:
    form: DocumentFormat[Any] = VALIDATION_LINE if name == METRICS else LOG_LINE
    return json.dumps(form.encode(record), allow_nan=False) + "\n"
