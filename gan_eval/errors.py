"""Errors that a user can correct. The command line prints each as one line and exits with its code.

GanEvalError                exit 3
├── InputError              a source or an argument's content: missing, empty, unreadable, of the wrong shape
│   ├── BadImagesError      some files of a source cannot be decoded; names the first five and the count
│   └── OutputError         a file or folder that cannot be written: no permission, a full disk, a device
├── WeightsError            a network's weights: missing, broken, not what they claim to be
├── MismatchError           two things that must not be mixed: precisions, networks, preprocessing, dimensions
├── TooFewError             a sample too small for what was asked
└── CheckFailed             exit 4: a check that was asked for did not hold

A message says what was found and where, what was wanted, and what to do, in one line.
Programming errors are not in this tree: they keep their traceback.
"""

from collections.abc import Sequence


class GanEvalError(Exception):
    """Base of every error that is the input's fault and not the program's."""

    exit_code = 3


class InputError(GanEvalError):
    """A source, file or value that cannot be used as given."""


class BadImagesError(InputError):
    """Images of a source that cannot be decoded.

    Parameters
    ----------
    source: what was being read.
    reasons: one "name: reason" per bad file, in source order; the message shows five.
    """

    def __init__(self, source: str, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        shown = "; ".join(self.reasons[:5])
        more = f"; and {len(self.reasons) - 5} more" if len(self.reasons) > 5 else ""
        noun = "file" if len(self.reasons) == 1 else "files"
        super().__init__(
            f"{source}: {len(self.reasons)} unreadable {noun}: {shown}{more} "
            "(repair or remove them, or pass on_bad_image='skip')"
        )


class OutputError(InputError):
    """A file or folder that cannot be written."""


class WeightsError(GanEvalError):
    """Weights that are missing, broken, or not of the network they were given for."""


class MismatchError(GanEvalError):
    """Two inputs that must not be mixed, such as bf16 features and fp32 statistics."""


class TooFewError(GanEvalError):
    """Too few samples for the quantity asked for."""


class CheckFailed(GanEvalError):
    """A check that was asked for did not hold."""

    exit_code = 4
