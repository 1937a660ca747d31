"""Files that a command will write."""

from __future__ import annotations

from pathlib import Path


def check_outputs(*files: Path | None, folder: Path | None = None) -> None:
    """Find out before the work whether files, or a folder, can be written. Raises OutputError."""
    from gan_eval.files import check_output

    for file in files:
        if file is not None:
            check_output(file)
    if folder is not None:
        check_output(folder, folder=True)
