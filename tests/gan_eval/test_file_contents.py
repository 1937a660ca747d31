"""Reading bounded files, and holding files against what was noted of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gan_eval.errors import InputError
from gan_eval.files import FileContent, content_of, is_as_noted, read_bytes, read_json, read_text


def test_a_file_is_as_noted_until_a_byte_changes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    noted = content_of(path)
    assert noted.bytes == 3
    assert is_as_noted(path, noted)
    path.write_bytes(b"abd")
    assert not is_as_noted(path, noted)
    assert is_as_noted(path, noted, hashed=False)
    path.write_bytes(b"abcd")
    assert not is_as_noted(path, noted, hashed=False)


def test_a_size_alone_can_be_noted(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert is_as_noted(tmp_path / "a", FileContent(3))
    assert not is_as_noted(tmp_path / "a", FileContent(4))


def test_what_is_missing_or_no_file_is_not_as_noted(tmp_path: Path) -> None:
    assert not is_as_noted(tmp_path / "a", FileContent(0))
    assert not is_as_noted(tmp_path, FileContent(tmp_path.stat().st_size))


@pytest.mark.parametrize("read", [read_bytes, read_text, read_json])
def test_readers_take_regular_files_of_bounded_length_alone(read: object, tmp_path: Path) -> None:
    assert callable(read)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "long").write_bytes(b"1" * 11)
    for name, message in {
        "pipe": "not a regular file",
        "long": "longer than the 10 bytes",
        "none": "no such file",
        ".": "Is a directory",
    }.items():
        with pytest.raises(InputError, match=message):
            read(tmp_path / name, longest=10)


def test_text_is_utf_8(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfab")
    assert read_text(tmp_path / "a", encoding="utf-8-sig") == "ab"
    (tmp_path / "a").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"a: cannot be read: not UTF-8 text"):
        read_text(tmp_path / "a")
