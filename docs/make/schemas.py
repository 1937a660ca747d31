"""JSON Schemas (draft 2020-12) made from the dataclasses that `strict_json` reads.

A schema has the fields, types and bounds that the class declares, and allows no other field.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from gan_eval.strict_json import AtMost, Between, DocumentFormat, Matches, PathText

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean", types.NoneType: "null"}
_SEAL: Schema = {"description": "Hash of all other fields.", "type": "string", "pattern": "^[0-9a-f]{64}$"}
_LENGTHS = {"string": "maxLength", "array": "maxItems", "object": "maxProperties"}


def record(optional: Iterable[str] = (), /, **fields: Schema) -> Schema:
    """An object of these fields and no others; all but the optional ones are required."""
    required = [name for name in fields if name not in set(optional)]
    return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}


def table(value: Schema) -> Schema:
    """An object whose names are data, such as the names of models."""
    return {"type": "object", "additionalProperties": value}


def items(value: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": value}


def nullable(value: Schema) -> Schema:
    """The value, or null."""
    return {"anyOf": [value, {"type": "null"}]}


def titled(title: str, body: Schema) -> Schema:
    """The whole schema of a document."""
    return {"$schema": DRAFT, "title": title, **body}


def of_format(title: str, form: DocumentFormat[Any]) -> Schema:
    """Schema of the newest version of a document that carries its version."""
    body = of_class(form.kind)
    fields = {"schema": {"const": form.schema}, **{n: v for n, v in body["properties"].items() if n != "schema"}}
    if form.sealed:
        fields["sha256"] = _SEAL
    required = ["schema", *(name for name in body["required"] if name != "schema")]
    return titled(title, {**body, "properties": fields, "required": required})


def of_mapping(title: str, form: DocumentFormat[Any]) -> Schema:
    """Schema of the newest version of a sealed document whose other fields have names that are data."""
    fields: Schema = {"schema": {"const": form.schema}, "sha256": _SEAL}
    others = {r"^(?!schema$|sha256$)[a-z][a-z0-9_]*$": of_type(form.kind)["additionalProperties"]}
    return titled(title, {**record(("sha256",), **fields), "patternProperties": others})


def of_class(kind: type, *, without: Iterable[str] = (), may_lack_null: bool = False) -> Schema:
    """Schema of a dataclass or of a NamedTuple as `_asdict` has it.

    Parameters
    ----------
    kind: the class.
    without: fields that the document does not have.
    may_lack_null: whether fields that may be null are left out where they are.
    """
    hints = {n: v for n, v in typing.get_type_hints(kind, include_extras=True).items() if n in _names(kind)}
    fields = {name: of_type(hint) for name, hint in hints.items() if name not in set(without)}
    optional = {name for name in fields if _has_default(kind, name)}
    if may_lack_null:
        optional |= {name for name in fields if types.NoneType in typing.get_args(hints[name])}
    return {"description": (kind.__doc__ or "").partition("\n\n")[0], **record(optional, **fields)}


def of_type(hint: Any) -> Schema:
    """Schema of a type annotation."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _constrained(of_type(arguments[0]), arguments[1:])
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [of_type(argument) for argument in arguments]}
    if origin in (tuple, list):
        return _list(arguments)
    if origin is Sequence:
        return items(of_type(arguments[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(*arguments)
    if hint is Any:
        return {}
    return {"type": _SCALARS[hint]} if hint in _SCALARS else of_class(hint)


def _constrained(inner: Schema, constraints: tuple[Any, ...]) -> Schema:
    for constraint in constraints:
        if isinstance(constraint, Matches):
            inner = {**inner, "pattern": f"^(?:{constraint.pattern})$"}
        elif isinstance(constraint, Between):
            inner = {**inner, "minimum": constraint.low, "maximum": constraint.high}
        elif isinstance(constraint, PathText):
            inner = {**inner, "maxLength": 32_768}
        elif isinstance(constraint, AtMost):
            inner = {**inner, _LENGTHS[inner["type"]]: constraint.length}
        else:
            raise TypeError(f"{constraint!r} has no JSON Schema")
    return inner


def _list(arguments: tuple[Any, ...]) -> Schema:
    if arguments[-1] is Ellipsis or len(arguments) == 1:
        return items(of_type(arguments[0]))
    count = len(arguments)
    return {"type": "array", "prefixItems": [of_type(each) for each in arguments], "minItems": count, "maxItems": count}


def _mapping(key: Any, value: Any) -> Schema:
    names = {name: rule for name, rule in of_type(key).items() if name != "type"}
    return table(of_type(value)) | ({"propertyNames": names} if names else {})


def _names(kind: type) -> tuple[str, ...]:
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return tuple(kind._fields)  # type: ignore[attr-defined]


def _has_default(kind: type, name: str) -> bool:
    if not dataclasses.is_dataclass(kind):
        return False
    [field] = [field for field in dataclasses.fields(kind) if field.name == name]
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
