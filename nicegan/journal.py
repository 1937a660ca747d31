"""What a run writes about itself: JSON lines that a resumed run continues as if it had never stopped, TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

from gan_eval.files import write_text

LOG, METRICS = "log.jsonl", "metrics.jsonl"


class Journal:
    """The records of a run that continues after `step`; what a killed run recorded beyond that is dropped."""

    def __init__(self, run: Path, *, step: int, tensorboard: bool = True) -> None:
        self._run = run
        for name in (LOG, METRICS):
            kept = [json.dumps(record) + "\n" for record in records(run / name) if record["step"] <= step]
            write_text(run / name, "".join(kept))
        self._board = SummaryWriter(str(run / "tensorboard"), purge_step=step + 1) if tensorboard else None

    def write(self, name: str, step: int, values: Mapping[str, Any]) -> None:
        """Append {"step": step, **values} to a file of JSON lines, and its numbers to TensorBoard."""
        with (self._run / name).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"step": step, **values}, allow_nan=False) + "\n")
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
    """The records of a file of JSON lines, none if it is absent; a last line cut short by a kill is passed over."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(record, dict) and isinstance(record.get("step"), int):
            yield record
