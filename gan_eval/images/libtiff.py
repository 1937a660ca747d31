"""Keeps libtiff, which Pillow reads TIFF files with, from writing to stderr.

libtiff writes a line of its own for each fault that it meets, by C and not by Python. Pillow raises an error as well,
which is worded and told by `gan_eval.images.decoding`.
"""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path


@functools.cache
def silence() -> bool:
    """Take away the handlers that write, for this process; whether the library was found.

    It is found among the files that are mapped into the process, which Linux alone lists.
    """
    path = _mapped("libtiff")
    if path is None:
        return False
    library = ctypes.CDLL(path)
    for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        function = getattr(library, name)
        function.restype, function.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        function(None)
    return True


def _mapped(name: str) -> str | None:
    """Path of the first file mapped into this process whose name begins like this; None where there is none."""
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    paths = (line.split(maxsplit=5)[-1] for line in lines if name in line)
    return next((path for path in paths if Path(path).name.startswith(name)), None)
