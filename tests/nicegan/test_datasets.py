"""Fetching against a local server: whole, counted and inside its folder, or nothing at all."""

from __future__ import annotations

import functools
import http.server
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gan_eval.errors import InputError
from gan_eval.files import sha256_file
from nicegan.datasets import FOLDERS, PAPER_SETS, PaperSet, count_images, extract, fetch

COUNTS = {"trainA": 3, "trainB": 4, "testA": 1, "testB": 2}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address under which a server on the loopback offers it."""
    folder = tmp_path / "host"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def write_archive(path: Path, counts: dict[str, int], *, extra: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, count in counts.items():
            for number in range(count):
                archive.writestr(f"set/{name}/{number}.jpg", f"{name} {number}")
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path


def paper_set(url: str, sha256: str | None = None) -> PaperSet:
    return PaperSet("tiny", ("a", "b"), url, COUNTS, sha256)


def test_fetch_writes_the_four_folders_and_reports(host: tuple[Path, str], tmp_path: Path) -> None:
    archive = write_archive(
        host[0] / "tiny.zip", COUNTS, extra={"set/README.txt": b"x", "__MACOSX/set/trainA/0.jpg": b"x"}
    )
    seen: list[tuple[str, int, int | None]] = []
    wanted = paper_set(f"{host[1]}/tiny.zip", sha256_file(archive))
    assert fetch(wanted, tmp_path / "out", report=lambda *call: seen.append(call))
    assert count_images(tmp_path / "out") == COUNTS
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(FOLDERS)
    assert (tmp_path / "out/trainB/3.jpg").read_text() == "trainB 3"
    assert seen[-1] == ("downloading tiny", archive.stat().st_size, archive.stat().st_size)


def test_fetch_of_a_set_that_is_there_does_nothing(host: tuple[Path, str], tmp_path: Path) -> None:
    write_archive(host[0] / "tiny.zip", COUNTS)
    wanted = paper_set(f"{host[1]}/tiny.zip")
    assert fetch(wanted, tmp_path / "out")
    (host[0] / "tiny.zip").unlink()
    assert not fetch(wanted, tmp_path / "out")


def test_fetch_takes_a_local_archive(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "copy.zip", COUNTS)
    assert fetch(paper_set("http://127.0.0.1:1/none.zip"), tmp_path / "out", origin=str(archive))


def wrong_count(archive: Path) -> PaperSet:
    write_archive(archive, {**COUNTS, "trainA": 2})
    return paper_set("")


def wrong_hash(archive: Path) -> PaperSet:
    write_archive(archive, COUNTS)
    return paper_set("", sha256="0" * 64)


def not_an_archive(archive: Path) -> PaperSet:
    archive.write_text("<html>moved</html>")
    return paper_set("")


def nothing(archive: Path) -> PaperSet:
    return paper_set("")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (wrong_count, "trainA has 2 images instead of 3"),
        (wrong_hash, "SHA-256 is"),
        (not_an_archive, "a damaged, encrypted or unsupported zip archive"),
        (nothing, "cannot be had: answered 404"),
    ],
)
def test_wrong_archive_leaves_nothing(
    host: tuple[Path, str], tmp_path: Path, prepare: Callable[[Path], PaperSet], message: str
) -> None:
    wanted = replace(prepare(host[0] / "tiny.zip"), url=f"{host[1]}/tiny.zip")
    with pytest.raises(InputError, match=message):
        fetch(wanted, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["host"]


def test_host_that_does_not_answer_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="origin=FILE"):
        fetch(paper_set("http://127.0.0.1:1/tiny.zip"), tmp_path / "out")


def test_other_content_at_the_destination_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.tex").write_text("precious")
    with pytest.raises(InputError, match="is not a whole tiny"):
        fetch(paper_set("http://127.0.0.1:1/tiny.zip"), tmp_path / "out")
    assert (tmp_path / "out/thesis.tex").read_text() == "precious"


@pytest.mark.parametrize(
    "name", ["set/trainA/../../../evil.jpg", "/trainA/evil.jpg", "set\\trainA\\..\\..\\evil.jpg", "C:/trainA/x.jpg"]
)
def test_member_that_would_escape_is_refused(tmp_path: Path, name: str) -> None:
    archive = write_archive(tmp_path / "a.zip", COUNTS, extra={name: b"evil"})
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="outside its folder"):
        extract(archive, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_link_in_the_archive_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("set/trainA/link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="is a link"):
        extract(tmp_path / "a.zip", tmp_path / "out")


def test_damaged_content_is_an_error(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.zip", COUNTS)
    archive.write_bytes(archive.read_bytes().replace(b"trainB 3", b"trainB 4"))
    with pytest.raises(InputError, match="damaged, encrypted or unsupported"):
        extract(archive, tmp_path / "out")


def test_the_papers_sets_have_the_papers_counts() -> None:
    sizes = {name: tuple(entry.counts[folder] for folder in FOLDERS) for name, entry in PAPER_SETS.items()}
    assert sizes == {
        "cat2dog": (771, 1264, 100, 100),
        "horse2zebra": (1067, 1334, 120, 140),
        "summer2winter_yosemite": (1231, 962, 309, 238),
        "vangogh2photo": (400, 6287, 400, 751),
    }
