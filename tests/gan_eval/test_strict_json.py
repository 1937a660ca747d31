"""Strict decoding: what the class declares and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from gan_eval.errors import InputError
from gan_eval.strict_json import (
    AtMost,
    Between,
    DocumentFormat,
    Matches,
    PathText,
    canonical_sha256,
    decode,
    encode,
    parse_json,
)


@dataclass(frozen=True)
class Left:
    slot: Annotated[int, Between(0, 2)]


@dataclass(frozen=True)
class Right:
    label: Literal["real", "fake"]


@dataclass(frozen=True)
class Whole:
    name: Annotated[str, Matches(r"[a-z]+"), AtMost(5)]
    share: float
    choice: Left | Right
    pair: tuple[int, bool]
    table: Mapping[str, int]
    many: tuple[str, ...] = ()
    note: str | None = None


GOOD: dict[str, Any] = {"name": "abc", "share": 0.5, "choice": {"slot": 1}, "pair": [3, True], "table": {"a": 1}}


def test_a_good_document_becomes_the_instance_and_back() -> None:
    record = decode(Whole, GOOD, where="x")
    assert record == Whole("abc", 0.5, Left(1), (3, True), {"a": 1})
    assert decode(Whole, encode(record), where="x") == record


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "ABC"}, "x.name: wanted a text like"),
        ({"name": "abcdef"}, "length of at most 5"),
        ({"name": "a\ud800"}, "whole characters"),
        ({"share": "0.5"}, "x.share: wanted a number"),
        ({"share": True}, "wanted a number"),
        ({"share": float("inf")}, "wanted a number"),
        ({"choice": {"slot": 3}}, "x.choice.slot: wanted a number from 0 to 2"),
        ({"choice": {"slot": True}}, "wanted an integer"),
        ({"choice": {"label": "maybe"}}, 'wanted "real" or "fake"'),
        ({"choice": {"slot": 1, "label": "real"}}, "x.choice: wanted"),
        ({"pair": [1]}, "x.pair: wanted a list of 2"),
        ({"table": {"a": None}}, "x.table.a: wanted an integer"),
        ({"many": "abc"}, "x.many: wanted a list"),
        ({"note": 1}, "x.note: wanted a text"),
        ({"extra": 1}, "unknown field 'extra'"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        decode(Whole, GOOD | change, where="x")


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InputError, match="x: share is missing"):
        decode(Whole, {name: value for name, value in GOOD.items() if name != "share"}, where="x")


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": 1, "a": 2}', "{", "[" * 100_000, "9" * 5000])
def test_hostile_json_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="here: "):
        parse_json(text, where="here")


def test_the_canonical_form_has_the_published_hash() -> None:
    document = {"a": 1.5, "b": [1, 2, {"a": "é</script>", "z": None}]}
    assert canonical_sha256(document) == "00b0e34ed7d3dc2c76e2ef7e874be9f52c6e67f4554595b5f792d3affc3a9eac"


@dataclass(frozen=True)
class Chosen:
    kind: str
    part: Left | Right

    @classmethod
    def field_kinds(cls, document: Mapping[str, Any]) -> Mapping[str, type]:
        return {"part": Left if document.get("kind") == "left" else Empty}


@dataclass(frozen=True)
class Empty:
    count: int = 3


@dataclass(frozen=True)
class Limited:
    size: int

    def __post_init__(self) -> None:
        if self.size > 9:
            raise InputError("size: too large")


def test_a_field_may_depend_on_another() -> None:
    assert decode(Chosen, {"kind": "left", "part": {"slot": 2}}, where="x").part == Left(2)
    assert decode(Chosen, {"kind": "other"}, where="x").part == Empty(3)
    with pytest.raises(InputError, match=r"x\.part: slot is missing"):
        decode(Chosen, {"kind": "left"}, where="x")


SEALED = DocumentFormat("box", Limited, unversioned=1, remedy="buy a box", sealed=True)


def test_a_seal_goes_with_the_document_and_is_not_part_of_the_record() -> None:
    document = SEALED.encode(Limited(3))
    assert list(document) == ["schema", "size", "sha256"]
    assert SEALED.decode(document, where="x") == Limited(3)
    assert SEALED.decode({"size": 3}, where="x") == Limited(3)
    with pytest.raises(InputError, match=r"^x: its content does not have the hash that it carries \(buy a box\)$"):
        SEALED.decode({**document, "size": 4}, where="x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"size": 10}', "x: size: too large"),
        ('{"size": NaN}', "x: not valid JSON"),
        (b'{"size": "\xff"}', "x: not UTF-8 text"),
        ('{"size": 3}'.encode("utf-16"), "x: not UTF-8 text"),
        ('{"size": 3, "sha256": 5}', "x: its content does not have the hash"),
        ('{"schema": "box/0", "size": 3}', "x: schema: wanted box/1"),
        ('{"schema": "box/2", "size": 3}', r"x: box/2 is newer than this program, .* \(update gan-eval\)"),
    ],
)
def test_every_refusal_says_where_and_what_to_do(text: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}.*\\)$|^{message}$"):
        SEALED.parse(text, where="x")


def test_a_format_of_a_mapping() -> None:
    form = DocumentFormat("line", dict[str, float], sealed=True)
    assert form.decode(form.encode({"a": 1.5}), where="x") == {"a": 1.5}
    with pytest.raises(InputError, match=r"x\.a: wanted a number"):
        form.decode({"schema": "line/1", "a": "b"}, where="x")


@dataclass(frozen=True)
class Placed:
    path: Annotated[str, PathText()]


@pytest.mark.parametrize("path", ["a", "/b/c", "caf\udce9"])
def test_a_path_need_not_be_text(path: str) -> None:
    assert decode(Placed, {"path": path}, where="x").path == path


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800", "a" * 40_000, 3, None])
def test_what_can_be_no_path_is_refused(path: object) -> None:
    with pytest.raises(InputError, match=r"x\.path: wanted a path"):
        decode(Placed, {"path": path}, where="x")
