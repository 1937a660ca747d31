"""What an option is: its type, default, range and meaning, written once and read by everybody.

A `TypedDict` whose fields are annotated with an `Option` is a table of options:

    class KidOptions(TypedDict, total=False):
        subset_size: Annotated[int, Option(1000, "Images in each subset.", least=2)]

A type checker reads the names and types from it (`**options: Unpack[KidOptions]`), `checked` the ranges,
`takes_options` the signature and the docstring of a function, and the command line its flags and its help.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import math
import operator
import os
import re
import textwrap
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from gan_eval.errors import InputError

F = TypeVar("F", bound=Callable[..., Any])
Kind = Literal["bool", "int", "float", "text", "choice", "path"]


@dataclass(frozen=True, slots=True)
class Option:
    """What the annotation of an option says beside its type.

    Parameters
    ----------
    default : the value where none is given.
    help : a sentence that tells users what the option does; it serves the command line and the docstrings.
    least, most : the range of a number, ends included.
    pattern : a regular expression that a text matches as a whole.
    wanted : the pattern in words, for messages.
    metavar : what stands for the value in the command line's help.
    shown_default : the default in words, where None stands for something else.
    offered : texts that a shell completes to; the nearest one is told where a value does not fit.
    objects : which objects are taken as they are in Python, beside the values of the type.
    objects_named : these objects in words.
    """

    default: Any
    help: str
    least: float | None = None
    most: float | None = None
    pattern: str | None = None
    wanted: str = ""
    metavar: str | None = None
    shown_default: str = ""
    offered: tuple[str, ...] = ()
    objects: Callable[[Any], bool] | None = None
    objects_named: str = ""


class OptionRow(NamedTuple):
    """An option with its name and type: one row of a table of options.

    kind: what its values are. choices: the values of a choice. optional: whether None is a value of its own.
    """

    name: str
    kind: Kind
    choices: tuple[str, ...]
    optional: bool
    option: Option

    def check(self, value: Any) -> Any:
        """Return the value in its plain form (`torch.device("cpu")` as "cpu", a path as a `Path`).

        Raises InputError, which names the parameter, for a value of another type or out of range.
        """
        if value is None and self.optional:
            return None
        if self.option.objects is not None and self.option.objects(value):
            return value
        try:
            return _CONVERT[self.kind](self, value)
        except (TypeError, ValueError) as error:
            also = f"; in Python also a {self.option.objects_named}" if self.option.objects_named else ""
            raise InputError(f"{self.name}={shown(value)}: {self.wanted()}{also}{self.hint(value)}") from error

    def hint(self, value: Any) -> str:
        """What was probably meant by a value that does not fit, as the end of a sentence; empty where none is near."""
        near = difflib.get_close_matches(value.lower(), self.option.offered, 1) if isinstance(value, str) else []
        return f"; did you mean {near[0]!r}?" if near else ""

    def wanted(self) -> str:
        """The values that the option takes, as the end of a sentence."""
        none = " or None" if self.optional else ""
        if self.kind == "choice":
            return f"use {_listed((*map(repr, self.choices), *(['None'] if self.optional else [])))}"
        if self.kind in ("int", "float"):
            noun = "a whole number" if self.kind == "int" else "a number"
            return f"use {noun}{_range(self.option)}{none}"
        words = {"bool": "True or False", "path": "a path", "text": self.option.wanted or "a text that is not empty"}
        return f"use {words[self.kind]}{none}"

    def help_text(self) -> str:
        """What the option does, with the range of a number as a sentence of its own."""
        limits = _range(self.option).strip().removeprefix("of ")
        return f"{self.option.help} {limits[0].upper()}{limits[1:]}." if limits else self.option.help

    def type_in_words(self) -> str:
        """The type as a docstring tells it."""
        words = {"text": "str", "path": "str or path", "choice": f"{{{', '.join(map(repr, self.choices))}}}"}
        also = f", {self.option.objects_named}" if self.option.objects_named else ""
        return words.get(self.kind, self.kind) + also + (" or None" if self.optional else "")


@functools.cache
def option_rows(table: type) -> Mapping[str, OptionRow]:
    """The rows of a table of options, by name and in the table's order."""
    hints = get_type_hints(table, include_extras=True)
    return {name: _row(name, hint) for name, hint in hints.items()}


def defaults(table: type) -> dict[str, Any]:
    """Every option of a table with its default."""
    return {name: row.option.default for name, row in option_rows(table).items()}


def checked(table: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every option of a table: the given values, checked, and the defaults of the others.

    Raises InputError for a value that does not fit, TypeError for a name that the table does not have.
    """
    rows = option_rows(table)
    _refuse_strangers(given, rows)
    return {name: row.check(given[name]) if name in given else row.option.default for name, row in rows.items()}


def takes_options(*tables: type) -> Callable[[F], F]:
    """Let a function with `**options: Unpack[…]` of these tables show, document and check each of its options.

    `inspect.signature` and `help` then list the options by name, type and default, a value that does not fit raises
    InputError before the function begins, and an unknown name raises TypeError, as it does for any function.
    """

    def decorate(function: F) -> F:
        rows = {name: row for table in tables for name, row in option_rows(table).items()}
        hints = {name: hint for table in tables for name, hint in get_type_hints(table).items()}
        signature = _expanded(inspect.signature(function), rows, hints)
        known = signature.parameters

        @functools.wraps(function)
        def call(*arguments: Any, **given: Any) -> Any:
            _refuse_strangers(given, known, f"{function.__qualname__}() ")
            return function(*arguments, **{n: rows[n].check(v) if n in rows else v for n, v in given.items()})

        call.__signature__ = signature  # type: ignore[attr-defined]
        call.__doc__ = _documented(inspect.getdoc(function) or "", rows)
        return call  # type: ignore[return-value]

    return decorate


def shown(value: Any) -> str:
    """A value as a message shows it: short, and by its type alone where it is no plain value."""
    if isinstance(value, (str, bool, int, float, os.PathLike, type(None))):
        text = repr(os.fspath(value)) if isinstance(value, os.PathLike) else repr(value)
        return text if len(text) <= 80 else f"{text[:77]}…"
    return f"<{type(value).__name__}>"


def _row(name: str, hint: Any) -> OptionRow:
    inner, option = get_args(hint)[:2] if get_origin(hint) is Annotated else (hint, None)
    if not isinstance(option, Option):
        raise TypeError(f"the option {name} is not annotated with an Option")
    members = get_args(inner) if get_origin(inner) in (Union, types.UnionType) else (inner,)
    plain = [member for member in members if member is not type(None)]
    choices = get_args(plain[0]) if get_origin(plain[0]) is Literal else ()
    kind = "choice" if choices else _kind(plain)
    return OptionRow(name, kind, choices, len(plain) < len(members), option)


def _kind(members: list[Any]) -> Kind:
    kinds: dict[Any, Kind] = {bool: "bool", int: "int", float: "float"}
    if members[0] in kinds:
        return kinds[members[0]]
    return "path" if any(member is Path or get_origin(member) is os.PathLike for member in members) else "text"


def _bool(row: OptionRow, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _int(row: OptionRow, value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    return int(_in_range(row, operator.index(value)))


def _float(row: OptionRow, value: Any) -> float:
    if isinstance(value, (bool, str)) or not math.isfinite(value):
        raise TypeError
    return float(_in_range(row, value))


def _in_range(row: OptionRow, value: float) -> float:
    least, most = row.option.least, row.option.most
    if (least is not None and value < least) or (most is not None and value > most):
        raise ValueError
    return value


def _choice(row: OptionRow, value: Any) -> str:
    if not isinstance(value, str) or value not in row.choices:
        raise ValueError
    return value


def _path(row: OptionRow, value: Any) -> Path:
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
        raise TypeError
    return Path(value)


def _text(row: OptionRow, value: Any) -> str:
    is_device = row.name == "device" and hasattr(value, "type") and hasattr(value, "index")  # a torch.device
    if not isinstance(value, str) and not is_device:
        raise TypeError
    text = str(value)
    if not text or (row.option.pattern is not None and re.fullmatch(row.option.pattern, text) is None):
        raise ValueError
    return text


_CONVERT: dict[Kind, Callable[[OptionRow, Any], Any]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "text": _text,
    "choice": _choice,
    "path": _path,
}


def _listed(words: tuple[str, ...]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _range(option: Option) -> str:
    if option.least is not None and option.most is not None:
        return f" from {option.least:g} to {option.most:g}"
    if option.least is not None:
        return f" of at least {option.least:g}"
    return f" of at most {option.most:g}" if option.most is not None else ""


def _refuse_strangers(given: Mapping[str, Any], known: Mapping[str, Any], who: str = "") -> None:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"{who}got an unexpected keyword argument {name!r}{hint}")


def _expanded(
    signature: inspect.Signature, rows: Mapping[str, OptionRow], hints: Mapping[str, Any]
) -> inspect.Signature:
    own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=row.option.default, annotation=hints[name])
        for name, row in rows.items()
    ]
    return signature.replace(parameters=[*own, *options])


def _documented(text: str, rows: Mapping[str, OptionRow]) -> str:
    """A numpy-style docstring with the options at the end of its Parameters."""
    lines: list[str] = []
    for row in rows.values():
        default = f" (default: {row.option.shown_default})" if row.option.shown_default else ""
        lines.append(f"{row.name} : {row.type_in_words()}, default {row.option.default!r}")
        lines += textwrap.wrap(row.help_text() + default, 108, initial_indent="    ", subsequent_indent="    ")
    before, returns, after = text.partition("\nReturns\n")
    return f"{before.rstrip()}\n" + "\n".join(lines) + (f"\n\nReturns\n{after}" if returns else "\n")
