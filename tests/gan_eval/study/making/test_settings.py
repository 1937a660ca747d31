"""Settings files, secrets, sizes, platforms, limits: small things that a user may get wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan_eval.errors import InputError
from gan_eval.study.collecting.limits import HourlyCount, TokenBucket
from gan_eval.study.making.pictures import PictureSize
from gan_eval.study.making.settings import parse_size, read_secret, read_settings
from gan_eval.study.schema.ids import participant_id, participants_token, researcher_token, session_token
from gan_eval.study.schema.manifest import Rules
from gan_eval.study.schema.platforms import checked_url, completion_url, platform


def test_settings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text('[text]\nquestion = "Which?"\n[rules]\nmedian_rt_ms_min = 500\n[analysis]\nbootstrap = 2000\n')
    found = read_settings(path)
    assert found.text == {"question": "Which?"}
    assert found.rules == Rules(median_rt_ms_min=500)
    assert found.analysis is not None
    assert found.analysis.bootstrap == 2000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[texts]", "unknown table 'texts'"),
        ("[text]\nheadline = 'x'", "no text 'headline'"),
        ("[text]\ntitle = 1", "texts only"),
        ("[rules]\nmedian = 1", "unknown field 'median'"),
        ("[rules]\nmin_answers_share = 2", "from 0 to 1"),
        ("[analysis]\nties = 'maybe'", "wanted"),
        ("x = ", "not valid TOML"),
    ],
)
def test_bad_settings_are_named(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(content)
    with pytest.raises(InputError, match=message):
        read_settings(tmp_path / "s.toml")


@pytest.mark.parametrize("content", [bytes(range(32)), bytes(range(32)).hex().encode() + b"\n"])
def test_secret_may_be_raw_or_hexadecimal(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(content)
    assert read_secret(tmp_path / "secret") == bytes(range(32))


def test_secret_of_another_length_is_refused_and_fresh_ones_differ(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(InputError, match="32 bytes"):
        read_secret(tmp_path / "secret")
    assert read_secret(None) != read_secret(None)


@pytest.mark.parametrize(
    ("text", "size"), [("256", PictureSize(256, 256)), ("256x192", PictureSize(256, 192)), ("8×9", PictureSize(8, 9))]
)
def test_sizes(text: str, size: PictureSize) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["0", "x", "256x", "256x0", "-1", "1e3", "256 256"])
def test_bad_sizes(text: str) -> None:
    with pytest.raises(InputError, match="is not a size"):
        parse_size(text)


def test_prolific_code_becomes_an_address() -> None:
    assert completion_url("prolific", "C 1&x") == "https://app.prolific.com/submissions/complete?cc=C%201%26x"
    assert completion_url("generic", "https://panel.example/done") == "https://panel.example/done"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//x", "x", "https://", "ftp://x/y", "https://x y"])
def test_addresses_are_whole(url: str) -> None:
    with pytest.raises(InputError, match="not a whole"):
        checked_url(url)


def test_platform_without_a_redirect_takes_no_completion() -> None:
    with pytest.raises(InputError, match="--completion goes with"):
        completion_url("mturk", "C0DE")
    assert platform("generic", id_param="sona").id_params == ("sona",)


def test_tokens_differ_by_purpose_study_and_secret() -> None:
    secret, other = bytes(32), bytes(range(32))
    makers = (participants_token, researcher_token)
    tokens = [make(key, study) for make in makers for key in (secret, other) for study in "ab"]
    tokens += [session_token(secret, "a", session, form) for session in "st" for form in "fg"]
    tokens += [participant_id(key, "a", "p", person) for key in (secret, other) for person in "xy"]
    assert len({token[:16] for token in tokens}) == len(tokens)


def test_bucket_fills_with_time() -> None:
    now = [0.0]
    bucket = TokenBucket(2.0, 3, clock=lambda: now[0])
    assert [bucket.allows("a") for _ in range(4)] == [True, True, True, False]
    assert bucket.allows("b")
    now[0] = 1.0
    assert [bucket.allows("a") for _ in range(3)] == [True, True, False]
    assert TokenBucket(0, 1).allows("a")


def test_hourly_count() -> None:
    now = [0.0]
    count = HourlyCount(2, clock=lambda: now[0])
    assert [count.allows() for _ in range(3)] == [True, True, False]
    now[0] = 1800.0
    assert [count.allows() for _ in range(2)] == [True, False]
