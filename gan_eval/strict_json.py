"""Strict JSON for frozen dataclasses: a document must have exactly the fields that the class declares.

The manifest, the key file and the events that participants send are declared as dataclasses; `decode` turns untrusted
JSON into them and refuses unknown fields, missing fields, wrong types, NaN, and values outside an annotation such as
`Annotated[str, Matches(r"i[0-9a-f]{20}")]`. Each refusal names the place, what was found and what was wanted.

A class whose fields' types depend on its other fields has a class method `field_kinds(document)`: name → dataclass. A
`DocumentFormat` that is sealed writes a hash of the document into it, so that a damaged copy is noticed.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import math
import os
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeVar, cast

from gan_eval.errors import InputError, UnreadableError

T = TypeVar("T")
FieldReader = Callable[[Any, str], Any]
#: Turns a document of one version into one of the next version.
Patch = Callable[[dict[str, Any]], dict[str, Any]]

#: No document of ours is longer, in bytes or characters.
LONGEST = 256 * 1024 * 1024
#: No number of ours has more digits than a 64-bit integer.
MOST_DIGITS = 20


class Matches(NamedTuple):
    """The whole string matches this regular expression."""

    pattern: str


class Between(NamedTuple):
    """low ≤ number ≤ high."""

    low: float
    high: float


class PathText(NamedTuple):
    """A string that is a path of this machine: bytes that are not UTF-8 stand in it as Python has them."""


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


def document_sha256(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document's fields, as text of ASCII alone, since a path need not be UTF-8."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def parse_json(text: str | bytes, *, where: str, longest: int = LONGEST) -> Any:
    """Parse JSON of bounded length, depth and digits, without NaN, infinities or repeated keys.

    Parameters
    ----------
    text: the document, as text or as UTF-8 bytes.
    where: what the document is called in the error's line.
    longest: refuse a longer text, in characters or bytes.

    Raises
    ------
    InputError: the text is no such document.
    """
    if len(text) > longest:
        raise UnreadableError(f"{where}: {len(text):,} characters long; at most {longest:,} are read")
    try:
        return json.loads(
            text.decode("utf-8") if isinstance(text, bytes) else text,
            parse_constant=_refuse_constant,
            parse_int=_bounded_integer,
            parse_float=_finite_number,
            object_pairs_hook=_refuse_repeats,
        )
    except RecursionError as error:
        raise UnreadableError(f"{where}: nested too deeply") from error
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{where}: not UTF-8 text") from error
    except ValueError as error:
        raise UnreadableError(f"{where}: not valid JSON ({error})") from error


def encode(record: Any) -> dict[str, Any]:
    """The JSON-ready form of a dataclass instance or of a mapping; `decode` gives it back."""
    return dict(record) if isinstance(record, Mapping) else dataclasses.asdict(record)


@dataclass(frozen=True)
class DocumentFormat(Generic[T]):
    """A kind of document that carries its version, and the functions that bring older versions up to date.

    A document says what it is in its field `schema`, as "name/version".

    Parameters
    ----------
    name: the part of `schema` before the slash.
    kind: dataclass of the newest version; a field `schema` of it is optional.
    patches: the first one turns version 1 into version 2, the next one 2 into 3, and so on. The newest version is one
        more than their number. A patch gets an object with unchecked fields and must not fail on any of them.
    unversioned: version of a document without `schema`; None where such a document is refused.
    remedy: what a user is told to do about a document that is damaged or of another kind.
    sealed: whether `encode` adds the field `sha256`, over all others in canonical form. A document without it is read,
        as older versions have none; one that its hash contradicts is refused.
    """

    name: str
    kind: type[T]
    patches: tuple[Patch, ...] = ()
    unversioned: int | None = None
    remedy: str = "made by another program or damaged; make it again"
    sealed: bool = False

    @property
    def version(self) -> int:
        """The newest version, which is the one that is written."""
        return len(self.patches) + 1

    @property
    def schema(self) -> str:
        """Value of the field `schema` in the documents that are written."""
        return f"{self.name}/{self.version}"

    def encode(self, record: T) -> dict[str, Any]:
        """The JSON-ready document of a record, `schema` first and the seal last."""
        document = {"schema": self.schema, **encode(record)}
        return {**document, "sha256": document_sha256(document)} if self.sealed else document

    def parse(self, text: str | bytes, *, where: str, longest: int = LONGEST) -> T:
        """The record that a text holds, by `parse_json` and `decode`, whose errors it raises with the remedy."""
        return self.decode(self.parsed(text, where=where, longest=longest), where=where)

    def parsed(self, text: str | bytes, *, where: str, longest: int = LONGEST) -> Any:
        """What `parse_json` gives, whose errors it raises with the remedy."""
        try:
            return parse_json(text, where=where, longest=longest)
        except InputError as error:
            raise UnreadableError(f"{error} ({self.remedy})") from error

    def decode(self, document: Any, *, where: str) -> T:
        """The record that a parsed document of this or an older version holds.

        Raises
        ------
        InputError: it is another kind of document, of a newer version, or its fields are not as declared.
        """
        try:
            version = self._version_of(document, where)
            if version <= self.version:
                unsealed = self._unsealed(document, where)
                return decode(self.kind, self._up_to_date(unsealed, version), where=where)
        except InputError as error:
            text = str(error)
            raise UnreadableError(
                f"{text if text.startswith(where) else f'{where}: {text}'} ({self.remedy})"
            ) from error
        raise UnreadableError(
            f"{where}: {self.name}/{version} is newer than this program, which reads up to {self.schema} "
            "(update gan-eval)"
        )

    def _unsealed(self, document: dict[str, Any], where: str) -> dict[str, Any]:
        """The document without its seal, which must be right where there is one."""
        if not self.sealed or "sha256" not in document:
            return document
        content = {name: value for name, value in document.items() if name != "sha256"}
        try:
            found = document_sha256(content)
        except (ValueError, RecursionError) as error:
            raise UnreadableError(f"{where}: holds what is never written") from error
        if found != document["sha256"]:
            raise UnreadableError(f"{where}: its content does not have the hash that it carries")
        return content

    def _up_to_date(self, document: dict[str, Any], version: int) -> dict[str, Any]:
        for number, patch in enumerate(self.patches[version - 1 :], version + 1):
            document = {**patch(document), "schema": f"{self.name}/{number}"}
        kind: Any = self.kind
        if dataclasses.is_dataclass(kind) and "schema" in {field.name for field in dataclasses.fields(kind)}:
            return {**document, "schema": self.schema}
        return {name: value for name, value in document.items() if name != "schema"}

    def _version_of(self, document: Any, where: str) -> int:
        if not isinstance(document, dict):
            raise _wanted(where, f"an object with schema {self.schema}", document)
        schema = document.get("schema")
        if schema is None and self.unversioned is not None:
            return self.unversioned
        match = re.fullmatch(rf"{re.escape(self.name)}/([1-9]\d{{0,8}})", schema) if isinstance(schema, str) else None
        if match is None:
            raise _wanted(f"{where}: schema", self.schema, schema)
        return int(match[1])


def decode(kind: type[T], document: Any, *, where: str) -> T:
    """An instance of the dataclass `kind` from parsed JSON.

    Raises InputError that names the place (`where.field[3]`), what was found and what was wanted.
    """
    reader: FieldReader = _reader(cast(Any, kind))
    return cast(T, reader(document, where))


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _bounded_integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"an integer of {len(digits):,} digits")
    return int(digits)


def _finite_number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is not a finite number")
    return number


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
        if any(isinstance(each, PathText) for each in arguments[1:]):
            return _path_reader
        return _constrained_reader(_reader(arguments[0]), arguments[1:])
    if origin is Literal:
        return _literal_reader(arguments)
    if origin in (typing.Union, types.UnionType):
        return _union_reader(arguments)
    if origin is tuple:
        return _list_reader(arguments)
    if kind is Any:
        return lambda value, where: value
    if origin in (dict, Mapping) or getattr(origin, "__name__", "") == "Mapping":
        return _mapping_reader(_reader(arguments[0]), _reader(arguments[1]))
    return _scalar_reader(kind)


def _scalar_reader(kind: Any) -> FieldReader:
    names = {str: "a text", int: "an integer", float: "a number", bool: "true or false", types.NoneType: "null"}
    name = names[kind]

    def read(value: Any, where: str) -> Any:
        if kind is float and type(value) in (int, float) and abs(value) <= sys.float_info.max:
            return float(value)
        if type(value) is not kind or kind is float:
            raise _wanted(where, name, value)
        if kind is str and not value.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise _wanted(where, "a text of whole characters", value)
        return value

    return read


def _path_reader(value: Any, where: str) -> str:
    try:
        os.fsencode(value)
    except (TypeError, ValueError) as error:
        raise _wanted(where, "a path", value) from error
    if not isinstance(value, str) or not 0 < len(value) <= 32_768 or "\0" in value:
        raise _wanted(where, "a path", value)
    return value


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
    kinds_of: Callable[[Mapping[str, Any]], Mapping[str, Any]] = getattr(kind, "field_kinds", lambda _: {})
    missing = dataclasses.MISSING
    required = {f.name for f in dataclasses.fields(kind) if f.default is missing and f.default_factory is missing}

    def read(value: Any, where: str) -> Any:
        if not isinstance(value, Mapping):
            raise _wanted(where, "an object", value)
        kinds = {name: _reader(each) for name, each in kinds_of(value).items()}
        value = {**{name: {} for name in kinds}, **value}
        if unknown := sorted(value.keys() - fields.keys()):
            raise UnreadableError(f"{where}: unknown field {ascii(unknown[0])[:60]}")
        if absent := sorted(required - value.keys()):
            raise UnreadableError(f"{where}: {absent[0]} is missing")
        readers = {**fields, **kinds}
        return kind(**{name: readers[name](item, f"{where}.{name}") for name, item in value.items()})

    return read
