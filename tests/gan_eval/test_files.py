from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gan_eval.errors import InputError
from gan_eval.files import atomic_file, atomic_folder, read_json, sha256_bytes, sha256_file, write_json


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "deep" / "a.txt") as temporary:
        temporary.write_text("whole")
        assert not (tmp_path / "deep" / "a.txt").exists()
    assert (tmp_path / "deep" / "a.txt").read_text() == "whole"
    assert names(tmp_path / "deep") == ["a.txt"]


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    def fail() -> None:
        with atomic_file(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_replaces_the_old_one_as_a_whole(tmp_path: Path) -> None:
    for content in ("one", "two"):
        with atomic_folder(tmp_path / "made") as temporary:
            (temporary / content).write_text(content)
    assert names(tmp_path) == ["made"]
    assert names(tmp_path / "made") == ["two"]


def test_many_writers_of_one_folder_leave_one_whole(tmp_path: Path) -> None:
    def write(number: int) -> None:
        for _ in range(20):
            with atomic_folder(tmp_path / "made") as temporary:
                for part in ("a", "b"):
                    (temporary / part).write_text(str(number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(tmp_path) == ["made"]
    assert (tmp_path / "made" / "a").read_text() == (tmp_path / "made" / "b").read_text()


@pytest.mark.parametrize("make", [atomic_file, atomic_folder])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, make: object) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="choose another place"), make(tmp_path / "file" / "x"):  # type: ignore[operator]
        pass


def test_json_goes_there_and_back(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"ä": [1.5, None]})
    assert read_json(tmp_path / "a.json") == {"ä": [1.5, None]}


def test_nan_is_not_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "match"), [(None, "no such file"), (b"{", "line 1"), (b"\xff\xfe", "cannot be read")]
)
def test_json_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, match: str) -> None:
    if content is not None:
        (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError, match=match):
        read_json(tmp_path / "a.json")


def test_hashes_agree(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc" * 1000)
    assert sha256_file(tmp_path / "a") == sha256_bytes(b"abc" * 1000)
    assert sha256_bytes(b"").startswith("e3b0c442")
