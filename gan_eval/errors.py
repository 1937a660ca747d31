"""Errors that a user can correct. The command line prints each as one line and exits with its code.

GanEvalError                exit 3
├── InputError              a source or an argument's content: empty, of the wrong shape, out of range …
│   ├── NotFoundError       nothing is where a path or an address says
│   ├── UnreadableError     something is there and cannot be read: damaged, of another format, not permitted
│   │   └── BadImagesError  some files of a source cannot be decoded; names the first five and the count
│   ├── NetworkError        an address that does not answer, or not with what was asked for
│   └── OutputError         a file or folder that cannot be written: no permission, a full disk, a device
├── WeightsError            a network's weights: missing, broken, not what they claim to be
│   ├── WeightsNotFoundError    also a NotFoundError
│   ├── WeightsUnreadableError  also an UnreadableError
│   └── WeightsDownloadError    also a NetworkError
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


class NotFoundError(InputError):
    """Nothing is where a path or an address says."""


class UnreadableError(InputError):
    """Something is there and cannot be read: it is damaged, of another format, or may not be read."""


class NetworkError(InputError):
    """An address that does not answer, or not with what was asked for."""


class BadImagesError(UnreadableError):
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


class WeightsNotFoundError(WeightsError, NotFoundError):
    """Weights that are not on this machine, where nothing was to be fetched or the file named is not there."""


class WeightsUnreadableError(WeightsError, UnreadableError):
    """A weights file that is damaged or may not be read."""


class WeightsDownloadError(WeightsError, NetworkError):
    """Weights that are not on this machine and could not be fetched."""


class MismatchError(GanEvalError):
    """Two inputs that must not be mixed, such as bf16 features and fp32 statistics."""


class TooFewError(GanEvalError):
    """Too few samples for the quantity asked for."""


class CheckFailed(GanEvalError):
    """A check that was asked for did not hold."""

    exit_code = 4
