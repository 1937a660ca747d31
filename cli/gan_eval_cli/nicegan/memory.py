"""When memory runs out: one line that says what to turn down."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from gan_eval.errors import GanEvalError

#: How PyTorch, oneDNN and CUDA say that there is no memory.
_WORDS = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "could not create a primitive",
    "could not create a memory",
    "bad_alloc",
    "ALLOC_FAILED",
)


def ran_out(error: BaseException) -> bool:
    """Whether an error says that there is no memory left."""
    return isinstance(error, MemoryError) or any(words in str(error) for words in _WORDS)


@contextlib.contextmanager
def told_of_memory(remedy: str, saved: str = "") -> Iterator[None]:
    """Turn an error that says that memory ran out into one line. remedy: options to turn down. saved: what is kept."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not ran_out(error):
            raise
        raise GanEvalError(f"memory ran out{saved} (turn down {remedy})") from error
