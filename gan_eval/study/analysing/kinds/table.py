"""The kinds of study, one row each. The file of a kind is named like it, and is imported when it is first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from gan_eval.errors import InputError

if TYPE_CHECKING:
    from gan_eval.study.analysing.kinds.spec import KindSpec

#: Name → what a participant does, as the help of the CLI puts it.
KINDS: Mapping[str, str] = {
    "best-of-k": "the best of all methods",
    "pairwise": "the better of two",
    "real-fake": "real or fake",
    "two-alternative": "which of two is real",
    "rating": "one to five points for a picture",
    "rank-k": "the order of all methods",
}


def kind_spec(name: str) -> KindSpec:
    """The specification of a kind.

    Parameters
    ----------
    name : str
        A key of `KINDS`.

    Returns
    -------
    KindSpec
        All that is particular to the kind.

    Raises
    ------
    InputError
        There is no kind of that name.
    """
    if name not in KINDS:
        raise InputError(f"there is no kind of study called {name!r} (there are {', '.join(KINDS)})")
    module = importlib.import_module(f"gan_eval.study.analysing.kinds.{name.replace('-', '_')}")
    return cast("KindSpec", module.SPEC)
