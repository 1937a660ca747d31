from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gan_eval.cache import Cache
from gan_eval.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
KEY = {"what": "test", "contents": "abc"}


def put(cache: Cache, text: str = "42", key: dict[str, str] = KEY) -> Path:
    with cache.scratch() as room:
        (room / "answer.txt").write_text(text)
        return cache.store(key, room)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "results")


def test_what_was_stored_is_found(cache: Cache) -> None:
    put(cache)
    found = cache.find(KEY)
    assert found is not None
    assert (found / "answer.txt").read_text() == "42"


@pytest.mark.parametrize("change", [{"what": "other"}, {"contents": "abd"}, {"more": "x"}])
def test_another_key_is_not_found(cache: Cache, change: dict[str, str]) -> None:
    put(cache)
    assert cache.find({**KEY, **change}) is None


def test_another_version_is_not_found(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    put(cache)
    monkeypatch.setattr("gan_eval.cache.__version__", "999")
    assert cache.find(KEY) is None


def test_an_entry_that_lies_under_another_key_is_absent(cache: Cache) -> None:
    other = {**KEY, "contents": "abd"}
    made, meant = put(cache), put(cache, "43", other)
    shutil.rmtree(meant)
    shutil.copytree(made, meant)
    assert cache.find(other) is None
    assert cache.find(KEY) is not None


def test_an_interrupted_entry_is_absent_and_leaves_nothing(cache: Cache) -> None:
    def interrupted() -> None:
        with cache.scratch() as room:
            (room / "half.txt").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert cache.find(KEY) is None
    assert cache.usage().bytes == 0


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2])


def flipped(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize("damage", [truncated, flipped, Path.unlink, lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize("name", ["answer.txt", "key.json"])
def test_a_damaged_entry_is_absent_and_can_be_made_anew(
    cache: Cache, damage: Callable[[Path], object], name: str
) -> None:
    damage(put(cache) / name)
    assert cache.find(KEY) is None
    put(cache)
    assert cache.find(KEY) is not None


def test_an_entry_with_a_file_too_many_is_absent(cache: Cache) -> None:
    (put(cache) / "more.txt").write_text("")
    assert cache.find(KEY) is None


@pytest.mark.parametrize("text", ["[]", "9" * 10_000, "[" * 100_000, '{"schema": "gan-eval-cache-entry/2"}', "{}"])
def test_an_entry_that_tells_nothing_of_its_files_is_absent(cache: Cache, text: str) -> None:
    (put(cache) / "key.json").write_text(text)
    assert cache.find(KEY) is None


def test_an_entry_that_its_reader_refuses_is_removed(cache: Cache) -> None:
    def refuse(entry: Path) -> None:
        raise InputError(f"{entry}: of another build")

    entry = put(cache)
    assert cache.read(KEY, refuse) is None
    assert not entry.exists()


def test_the_second_of_two_writers_finds_it_there(cache: Cache) -> None:
    with cache.scratch() as mine:
        (mine / "answer.txt").write_text("42")
        put(cache)
        cache.store(KEY, mine)
    found = cache.find(KEY)
    assert found is not None
    assert (found / "answer.txt").read_text() == "42"


def test_a_cache_that_keeps_nothing_still_gives_room(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "results", keep=False)
    put(cache)
    assert cache.find(KEY) is None
    assert not (tmp_path / "results").exists()


def test_clear_tells_what_there_was(cache: Cache) -> None:
    put(cache)
    put(cache, key={"what": "second"})
    assert cache.clear().entries == 2
    assert cache.usage()[1:] == (0, 0)


def made_long_ago(path: Path) -> None:
    os.utime(path, (time.time() - 90_000,) * 2)


def test_what_dead_processes_left_is_swept(cache: Cache) -> None:
    old, new = cache.folder / "unfinished" / "old", cache.folder / "unfinished" / "new"
    for path in (old, new):
        path.mkdir(parents=True)
    old.with_name("old.lock").touch()
    made_long_ago(old)
    put(cache)
    put(cache)
    assert sorted(path.name for path in old.parent.iterdir()) == ["new"]


@pytest.mark.parametrize("beside", ["clear", "another run"])
def test_what_a_living_run_has_not_finished_stays_however_long_it_takes(cache: Cache, beside: str) -> None:
    with cache.scratch() as mine:
        (mine / "answer.txt").write_text("42")
        made_long_ago(mine)
        if beside == "clear":
            Cache(cache.folder).clear()
        else:
            put(Cache(cache.folder), key={"what": "other"})
        assert (cache.store(KEY, mine) / "answer.txt").read_text() == "42"


def test_a_folder_that_cannot_be_written_is_done_without_and_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file" / "results")
    with cache.scratch() as room:
        assert room.is_dir()
        assert cache.store(KEY, room) == room
    assert "GAN_EVAL_CACHE" in cache.notes[0]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_an_entry_that_the_disk_refuses_is_absent_and_said(cache: Cache, number: int) -> None:
    def refused(room: Path) -> None:
        (room / "half.txt").write_text("x")
        raise OSError(number, os.strerror(number))

    cache.add(KEY, refused)
    assert cache.find(KEY) is None
    assert os.strerror(number) in cache.notes[0]
    assert not any((cache.folder / "unfinished").iterdir())


def test_a_programming_error_is_not_taken_for_the_disks(cache: Cache) -> None:
    with pytest.raises(KeyError):
        cache.add(KEY, lambda room: os.environ["NO SUCH VARIABLE"] and None)


STORE_FOREVER = """
import sys
from pathlib import Path
from gan_eval.cache import Cache
cache = Cache(Path(sys.argv[1]))
for index in range(100_000):
    with cache.scratch() as room:
        (room / "answer.txt").write_text("x" * 10_000)
        cache.store({"n": str(index % 50)}, room)
"""


def test_a_killed_writer_never_leaves_half_an_entry(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", STORE_FOREVER, str(tmp_path)], cwd=ROOT)
    deadline = time.time() + 60
    while Cache(tmp_path).usage().entries < 5 and time.time() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    whole = [Cache(tmp_path).find({"n": str(index)}) for index in range(50)]
    assert any(whole)
    assert all((entry / "answer.txt").stat().st_size == 10_000 for entry in whole if entry)
