"""Strict JSON for frozen dataclasses: what a class declares is what a document must be, no more and no less.

The manifest, the key file and the events that participants send are declared as dataclasses; `decode` turns untrusted
JSON into them and refuses unknown fields, missing fields, wrong types, NaN, and values outside an annotation such as
`Annotated[str, Matches(r"i[0-9a-f]{20}")]`. Each refusal names the place, what was found and what was wanted.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import math
import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, TypeVar, cast

from gan_eval.errors import InputError

T = TypeVar("T")
FieldReader = Callable[[Any, str], Any]


class Matches(NamedTuple):
    """The whole string matches this regular expression."""

    pattern: str


class Between(NamedTuple):
    """low ≤ number ≤ high."""

    low: float
    high: float


class AtMost(NamedTuple):
    """A string, list or object of at most this length."""

    length: int


def canonical(document: Any) -> bytes:
    """The bytes that hashes are taken of: UTF-8, sorted keys, no spaces, no NaN (ValueError)."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def canonical_sha256(document: Any) -> str:
    """SHA-256 of the canonical form, hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def parse_json(text: str | bytes, *, where: str) -> Any:
    """JSON without NaN, infinities, repeated keys or depths that exhaust the stack (InputError)."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_repeats)
    except RecursionError as error:
        raise InputError(f"{where}: nested too deeply") from error
    except ValueError as error:
        raise InputError(f"{where}: not valid JSON ({error})") from error


def encode(record: Any) -> dict[str, Any]:
    """The JSON-ready form of a dataclass instance; `decode` gives the instance back."""
    return dataclasses.asdict(record)


def decode(kind: type[T], document: Any, *, where: str) -> T:
    """An instance of the dataclass `kind` from parsed JSON.

    Raises InputError that names the place (`where.field[3]`), what was found and what was wanted.
    """
    reader: FieldReader = _reader(cast(Any, kind))
    return cast(T, reader(document, where))


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _wanted(where: str, wanted: str, found: Any) -> InputError:
    if isinstance(found, dict | list | tuple):
        # Never its content: an object nested a thousand deep would exhaust the stack here.
        shown = f"{'an object' if isinstance(found, dict) else 'a list'} of {len(found)}"
    else:
        shown = ascii(found)
    return InputError(f"{where}: wanted {wanted}, found {shown if len(shown) <= 60 else shown[:57] + '...'}")


@functools.cache
def _reader(kind: Any) -> FieldReader:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _object_reader(cast(type, kind))
    if origin is typing.Annotated:
        return _constrained_reader(_reader(arguments[0]), arguments[1:])
    if origin is Literal:
        return _literal_reader(arguments)
    if origin in (typing.Union, types.UnionType):
        return _union_reader(arguments)
    if origin is tuple:
        return _list_reader(arguments)
    if origin in (dict, Mapping) or getattr(origin, "__name__", "") == "Mapping":
        return _mapping_reader(_reader(arguments[0]), _reader(arguments[1]))
    return _scalar_reader(kind)


def _scalar_reader(kind: Any) -> FieldReader:
    names = {str: "a text", int: "an integer", float: "a number", bool: "true or false", types.NoneType: "null"}
    name = names[kind]

    def read(value: Any, where: str) -> Any:
        if kind is float and type(value) in (int, float) and math.isfinite(value):
            return float(value)
        if type(value) is not kind or (kind is float and not math.isfinite(value)):
            raise _wanted(where, name, value)
        if kind is str and not value.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise _wanted(where, "a text of whole characters", value)
        return value

    return read


def _literal_reader(choices: tuple[Any, ...]) -> FieldReader:
    def read(value: Any, where: str) -> Any:
        if not any(type(value) is type(choice) and value == choice for choice in choices):
            raise _wanted(where, " or ".join(map(json.dumps, choices)), value)
        return value

    return read


def _constrained_reader(inner: FieldReader, constraints: tuple[Any, ...]) -> FieldReader:
    checks = [_check(constraint) for constraint in constraints]

    def read(value: Any, where: str) -> Any:
        result = inner(value, where)
        for holds, wanted in checks:
            if not holds(result):
                raise _wanted(where, wanted, value)
        return result

    return read


def _check(constraint: Any) -> tuple[Callable[[Any], bool], str]:
    if isinstance(constraint, Matches):
        pattern = re.compile(constraint.pattern)
        return lambda value: pattern.fullmatch(value) is not None, f"a text like {constraint.pattern}"
    if isinstance(constraint, Between):
        low, high = constraint
        return lambda value: low <= value <= high, f"a number from {low:g} to {high:g}"
    if isinstance(constraint, AtMost):
        length = constraint.length
        return lambda value: len(value) <= length, f"a length of at most {length}"
    raise TypeError(f"{constraint!r} is not a constraint")


def _union_reader(choices: tuple[Any, ...]) -> FieldReader:
    """null, one scalar kind, or dataclasses told apart by the names of their fields; an instance stays as it is."""
    nullable = types.NoneType in choices
    others = [choice for choice in choices if choice is not types.NoneType]
    if len(others) == 1:
        inner = _reader(others[0])
        return lambda value, where: None if value is None and nullable else inner(value, where)
    by_fields = {frozenset(field.name for field in dataclasses.fields(choice)): _reader(choice) for choice in others}
    wanted = " or ".join("{" + ", ".join(sorted(names)) + "}" for names in by_fields)
    classes = tuple(others)

    def read(value: Any, where: str) -> Any:
        if (value is None and nullable) or isinstance(value, classes):
            return value
        reader = by_fields.get(frozenset(value)) if isinstance(value, dict) else None
        if reader is None:
            raise _wanted(where, wanted, value)
        return reader(value, where)

    return read


def _list_reader(arguments: tuple[Any, ...]) -> FieldReader:
    length = None if arguments[-1] is Ellipsis else len(arguments)
    readers = [_reader(argument) for argument in arguments if argument is not Ellipsis]

    def read(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or (length is not None and len(value) != length):
            raise _wanted(where, "a list" if length is None else f"a list of {length}", value)
        return tuple(readers[n if length else 0](item, f"{where}[{n}]") for n, item in enumerate(value))

    return read


def _mapping_reader(key: FieldReader, inner: FieldReader) -> FieldReader:
    def read(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _wanted(where, "an object", value)
        return {key(name, f"{where} key"): inner(item, f"{where}.{name[:40]}") for name, item in value.items()}

    return read


def _object_reader(kind: type) -> FieldReader:
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = {field.name: _reader(hints[field.name]) for field in dataclasses.fields(kind)}
    missing = dataclasses.MISSING
    required = {f.name for f in dataclasses.fields(kind) if f.default is missing and f.default_factory is missing}

    def read(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise _wanted(where, "an object", value)
        if unknown := sorted(value.keys() - fields.keys()):
            raise InputError(f"{where}: unknown field {ascii(unknown[0])[:60]}")
        if absent := sorted(required - value.keys()):
            raise InputError(f"{where}: {absent[0]} is missing")
        return kind(**{name: fields[name](item, f"{where}.{name}") for name, item in value.items()})

    return read
