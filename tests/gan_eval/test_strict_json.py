"""Strict decoding: what the class declares and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from gan_eval.errors import InputError
from gan_eval.strict_json import AtMost, Between, Matches, canonical_sha256, decode, encode, parse_json


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
