from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_eval.printable import printable

HOSTILE = {
    "title": "\x1b]0;pwned\x1b\\",
    "C1 escape": "\x9b31mred",
    "override": "a\u202egnp.exe",
    "isolate": "a\u2066b\u2069",
    "line end": "a\nb\r\u2028c\u2029",
    "tag": "a\U000e0041b",
    "surrogate": "caf\udce9",
    "bell": "a\x07",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_acts_on_a_terminal_is_replaced(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert not {unicodedata.category(letter) for letter in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert "\N{REPLACEMENT CHARACTER}" in shown


@pytest.mark.parametrize("text", ["NICE-GAN*", "方法", "naïve", "مدل\u200cها", "👩\u200d🔬", "a b"])
def test_ordinary_text_stays(text: str) -> None:
    assert printable(text) == text


def test_kept_letters_stay() -> None:
    assert printable("a\nb\x1b", keep="\n") == "a\nb\N{REPLACEMENT CHARACTER}"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u3000", "\u202f"])
def test_other_spaces_become_plain_ones(space: str) -> None:
    assert printable(f"a{space}b") == "a b"


def test_each_letter_is_replaced_by_one_mark() -> None:
    assert printable("\x1bx\u202e") == "\N{REPLACEMENT CHARACTER}x\N{REPLACEMENT CHARACTER}"
