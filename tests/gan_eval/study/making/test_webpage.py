"""The document: policy and program belong together, data cannot become markup, every language is whole."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from dataclasses import replace
from typing import Any

import pytest

from gan_eval.errors import InputError
from gan_eval.study.analysing.kinds.table import KINDS, kind_spec
from gan_eval.study.making.webpage import LANGUAGES, Page, default_text, parse, policy, render, script, strings, style
from gan_eval.study.schema.platforms import PRESETS
from tests.gan_eval.study.studies import small_study

MANIFEST, _ = small_study()
EVIL = "</script><!-- <script> {{ script }} \u2028 & \" ' é"


def test_policy_allows_this_script_and_style_alone() -> None:
    document = render(Page(MANIFEST))
    for tag, text in (("script", script()), ("style", style())):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in document
        assert f"<{tag}>{text}</{tag}>" in document


def test_policy_names_no_other_host() -> None:
    assert "default-src 'none'" in policy(MANIFEST)
    assert "http" not in policy(MANIFEST)
    posting = replace(MANIFEST, post_url="https://lab.example:8443/s/x/api/")
    assert "connect-src 'self' https://lab.example:8443;" in policy(posting)
    assert "form-action https://www.mturk.com" in policy(replace(MANIFEST, platform=PRESETS["mturk"]))


def test_page_asks_nobody_for_anything() -> None:
    own = script() + style()
    assert not re.search(r"https?://|//[a-z]+\.|@import|url\(", own)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function", script())


def test_hostile_texts_come_back_unharmed() -> None:
    text = replace(MANIFEST.text, title=EVIL, question=EVIL)
    page = Page(replace(MANIFEST, text=text), {"i" + "0" * 20: EVIL.encode()}, {"t": EVIL}, {"api": EVIL})
    document = render(page)
    assert parse(document, where="x") == page
    assert document.count("</script>") == 5
    assert f"<title>{html.escape(EVIL)}</title>" in document


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.replace('id="study"', 'id="other"'),
        lambda it: it.replace('{"manifest":', '{"manifest":NaN,"x":'),
        lambda it: it.replace('id="images">null', 'id="images">{"a":"!"}'),
        lambda it: it.replace('id="images">null', 'id="images">[1]'),
        lambda it: "",
    ],
)
def test_other_documents_are_refused(change: Any) -> None:
    with pytest.raises(InputError, match="x"):
        parse(change(render(Page(MANIFEST))), where="x")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_languages_have_the_same_strings_and_placeholders(lang: str, kind: str) -> None:
    english, other = strings("en", kind), strings(lang, kind)
    assert other.keys() == english.keys()
    for name, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", other[name])) == sorted(re.findall(r"\{\w+\}", text)), name


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_words_in_every_language(kind: str, lang: str) -> None:
    trial, words = kind_spec(kind).trial, strings(lang, kind)
    text = default_text(lang, kind, with_input=trial.shows_input)
    assert all((text.title, text.consent, text.instructions, text.question, text.debrief))
    assert all(words[label] for label in trial.labels)
    assert trial.truth is None or all(words[f"was_{label}"] for label in trial.labels)


@pytest.mark.parametrize("kind", KINDS)
def test_words_of_a_kind_hide_none_of_the_page(kind: str) -> None:
    own = set(strings("en", kind)) - set(strings("en", "pairwise"))
    expected = {name for label in kind_spec(kind).trial.labels for name in (label, f"was_{label}")}
    assert own <= expected
    assert not expected & {"picture", "tie", "both_bad", "skip", "timeout"}


def test_strings_of_the_program_exist_and_all_are_used() -> None:
    used = set(re.findall(r"strings\.(\w+)", script())) | {"noscript"}
    assert used == set(strings("en", "pairwise"))
