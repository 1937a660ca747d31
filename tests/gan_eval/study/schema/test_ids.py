"""A study's secret and what is derived from it: each purpose has names of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan_eval.errors import InputError
from gan_eval.study.schema.ids import (
    image_id,
    participant_id,
    participants_token,
    read_secret,
    researcher_token,
    session_token,
    trial_id,
)

SECRET = bytes(range(32))


@pytest.mark.parametrize("content", [bytes(range(32)), bytes(range(32)).hex().encode() + b"\n"])
def test_secret_may_be_raw_or_hexadecimal(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(content)
    assert read_secret(tmp_path / "secret") == bytes(range(32))


def test_secret_of_another_length_is_refused_and_fresh_ones_differ(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(InputError, match="32 bytes"):
        read_secret(tmp_path / "secret")
    assert read_secret(None) != read_secret(None)


@pytest.mark.parametrize(("source", "name"), [("m0", "i3a388ef237bb5960411e"), ("m1", "i91e02e518d122264cead")])
def test_image_ids_of_the_published_vectors(source: str, name: str) -> None:
    assert image_id(SECRET, "demo-study", source, "item0001") == name


def test_trial_ids_depend_on_every_part() -> None:
    parts = [("main", ["m0", "m1"], "a"), ("repeat", ["m0", "m1"], "a"), ("main", ["m1"], "a"), ("main", ["m0"], "b")]
    assert len({trial_id(SECRET, "s", *part) for part in parts} | {trial_id(SECRET, "t", *parts[0])}) == 5


def test_tokens_differ_by_purpose_study_and_secret() -> None:
    secret, other = bytes(32), bytes(range(32))
    makers = (participants_token, researcher_token)
    tokens = [make(key, study) for make in makers for key in (secret, other) for study in "ab"]
    tokens += [session_token(secret, "a", session, form) for session in "st" for form in "fg"]
    tokens += [participant_id(key, "a", "p", person) for key in (secret, other) for person in "xy"]
    assert len({token[:16] for token in tokens}) == len(tokens)
