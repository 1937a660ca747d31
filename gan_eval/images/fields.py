"""Samples of an archive that hold several pictures each, as WebDataset shards do.

A member's name up to the first dot is its sample, what follows is its field: `000123.input.png` is the field
`input.png` of the sample `000123`. Where two samples hold the same two fields of pictures, one field must be chosen;
otherwise inputs and outputs would be scored as one set.
"""

from __future__ import annotations

import re
from collections import defaultdict

from gan_eval.errors import InputError


class Fields:
    """Decides, member by member, whether a picture belongs to the field asked for.

    Parameters
    ----------
    label: of the archive, for messages.
    field: `output.png`, or without its ending `output`; None where every sample holds one picture.
    """

    def __init__(self, label: str, field: str | None = None) -> None:
        self._label = label
        self._field = field
        self._found = False
        self._samples: dict[str, str] = {}
        self._pairs: dict[tuple[str, str], int] = defaultdict(int)

    def takes(self, name: str) -> bool:
        """Whether the picture `name` is to be read.

        Raises InputError where no field was asked for and samples turn out to hold several.
        """
        sample, field = split_sample(name)
        if self._field is not None:
            taken = self._field in (field, field.rpartition(".")[0])
            self._found |= taken
            return taken
        if re.match(r"\d+\.", field):  # a number, as in cat.0001.png, tells pictures apart and names no field
            return True
        earlier = self._samples.setdefault(sample, field)
        if earlier != field:
            self._pairs[earlier, field] += 1
            if self._pairs[earlier, field] == 2:
                raise InputError(
                    f"{self._label}: its samples hold several pictures, {earlier} and {field}: choose one as "
                    f"{self._label}::{field}, or with column={field}"
                )
        return True

    def check(self) -> None:
        """Raise InputError where the field asked for was in no sample; to be called after the last member."""
        if self._field is not None and not self._found:
            raise InputError(f"{self._label}: no sample has a picture called {self._field!r}")


def split_sample(name: str) -> tuple[str, str]:
    """(sample, field) of a member's name: `a/b/0001.input.png` → (`a/b/0001`, `input.png`)."""
    folder, slash, file = name.rpartition("/")
    stem, _, field = file.partition(".")
    return f"{folder}{slash}{stem}", field
