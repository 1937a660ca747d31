from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gan_eval.errors import InputError, OutputError
from gan_eval.files import (
    atomic_file,
    atomic_folder,
    check_output,
    open_regular,
    read_json,
    sha256_bytes,
    sha256_file,
    write_json,
    write_text,
)


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


@pytest.mark.parametrize("where", ["here", "below", "chain"])
def test_a_link_stays_and_its_target_is_written(tmp_path: Path, where: str) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "a.txt"
    target.write_text("old")
    link = tmp_path / "link"
    first = tmp_path / "first"
    link.symlink_to({"here": target, "below": "real/a.txt", "chain": first}[where])
    first.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_link_to_nothing_yet_makes_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("later.txt")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "later.txt").read_text() == "new"
    assert (tmp_path / "link").is_symlink()


def unwritable(folder: Path, kind: str) -> Path:
    """A path that no file may be written to."""
    path = folder / kind
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "link to a device":
            path.symlink_to("/dev/null")
        case "loop":
            path.symlink_to(path)
        case "below a file":
            path.touch()
            path = path / "a.txt"
        case "long name":
            path = folder / ("n" * 256)
        case "NUL":
            path = folder / "a\0b"
    return path


UNWRITABLE = ["pipe", "folder", "link to a device", "loop", "below a file", "long name", "NUL"]


@pytest.mark.parametrize("kind", UNWRITABLE)
@pytest.mark.parametrize("act", [check_output, lambda path: write_text(path, "x")])
def test_what_no_file_may_replace_is_refused_and_stays(tmp_path: Path, kind: str, act: Callable[[Path], None]) -> None:
    path = unwritable(tmp_path, kind)
    before = names(tmp_path)
    with pytest.raises(OutputError, match="choose another place"):
        act(path)
    assert names(tmp_path) == before


def test_a_check_leaves_nothing_behind(tmp_path: Path) -> None:
    check_output(tmp_path / "new" / "folder" / "a.txt")
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["n" * 255, "é" * 127, "a\udce9b", "line\nend"])
def test_any_name_that_a_file_may_have(tmp_path: Path, name: str) -> None:
    write_text(tmp_path / name, "text")
    assert names(tmp_path) == [name]


def test_the_bytes_of_a_name_that_is_no_text_are_escaped(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"name": "caf\udce9"})
    assert read_json(tmp_path / "a.json") == {"name": "caf\udce9"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_disk_is_named_and_the_old_file_stays(tmp_path: Path, number: int) -> None:
    (tmp_path / "a.txt").write_text("old")

    def fill() -> None:
        with atomic_file(tmp_path / "a.txt"):
            raise OSError(number, os.strerror(number))

    with pytest.raises(OutputError, match=os.strerror(number)):
        fill()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("kind", ["pipe", "folder", "/dev/zero", "/dev/null", "missing", "NUL", "long name"])
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    path = Path(kind) if kind.startswith("/dev") else unwritable(tmp_path, kind)
    with pytest.raises(OSError, match=r"regular file|directory|No such file|too long|name"):
        open_regular(path)


def test_a_link_to_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    (tmp_path / "link").symlink_to("a")
    with open_regular(tmp_path / "link") as stream:
        assert stream.read() == b"text"
