from __future__ import annotations

import http.server
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_eval.cache import Cache
from gan_eval.errors import InputError
from gan_eval.features import FeatureReader, Needs
from gan_eval.images import Part, PartSource, open_source
from gan_eval.images import remote as module
from gan_eval.images.remote import ReadAhead, RemoteFile, is_address

MakeFolder = Callable[..., Path]
DATA = np.random.default_rng(0).integers(0, 256, 300_000, np.uint8).tobytes()


class Server(http.server.ThreadingHTTPServer):
    """Serves `files`. ranges: whether parts can be asked for. breaks: how many answers end in their middle."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.ranges = True
        self.breaks = 0
        self.status: int | None = None
        self.refuses_all = False
        self.requests: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        data = self.server.files.get(self.path)
        if data is None or (self.server.status and (body or self.server.refuses_all)):
            self.send_error(404 if data is None else self.server.status or 500)
            return
        wanted = self.headers.get("Range") if self.server.ranges else None
        first, _, last = wanted.removeprefix("bytes=").partition("-") if wanted else ("0", "", "")
        piece = data[int(first) : int(last) + 1 if last else None]
        self.send_response(206 if wanted else 200)
        if self.server.ranges:
            self.send_header("Accept-Ranges", "bytes")
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(piece) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(piece)))
        self.end_headers()
        if body and self.server.breaks:
            self.server.breaks -= 1
            self.wfile.write(piece[: len(piece) // 2])
            self.connection.close()
        elif body:
            self.wfile.write(piece)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server()
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield served
    served.shutdown()
    served.server_close()


@pytest.fixture(autouse=True)
def _small_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 1 << 16)


def _read(address: str, waits: tuple[float, ...] = (0.0, 0.0, 0.0)) -> bytes:
    return b"".join(RemoteFile(address, waits).blocks())


@pytest.mark.parametrize("text", ["https://a/b.tar", "s3://bucket/set-{0..3}.tar", "HTTP://A/b", "gs://x"])
def test_addresses_are_told_from_paths(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize("text", ["a/b.tar", "/a//b", "C://folder", "://x", "@list.txt", "a:b", "set.tar::field"])
def test_paths_are_told_from_addresses(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("breaks", [0, 1, 3])
def test_a_file_arrives_whole(server: Server, ranges: bool, breaks: int) -> None:
    server.files["/f"], server.ranges, server.breaks = DATA, ranges, breaks
    assert _read(f"{server.address}/f") == DATA


def test_an_empty_file_is_empty(server: Server) -> None:
    server.files["/f"] = b""
    assert _read(f"{server.address}/f") == b""


def test_a_fault_that_lasts_is_one_line(server: Server) -> None:
    server.files["/f"], server.breaks = DATA, 1000
    with pytest.raises(InputError, match=r"/f: cannot be read after 4 tries \(.{3,}\)$"):
        _read(f"{server.address}/f")


@pytest.mark.parametrize("status", [403, 500, 503])
@pytest.mark.parametrize("refuses_all", [False, True])
def test_a_refusal_is_one_line(server: Server, status: int, refuses_all: bool) -> None:
    server.files["/f"], server.status, server.refuses_all = DATA, status, refuses_all
    with pytest.raises(InputError, match=rf"/f: cannot be read after 2 tries .*{status}"):
        _read(f"{server.address}/f", (0.0,))


def test_a_file_that_is_not_there_is_not_asked_for_again(server: Server) -> None:
    with pytest.raises(InputError, match="/f: no such file there"):
        _read(f"{server.address}/f")
    assert len(server.requests) <= 2


def test_a_file_that_changes_is_refused(server: Server) -> None:
    server.files["/f"] = DATA
    blocks = RemoteFile(f"{server.address}/f", (0.0, 0.0)).blocks()
    next(blocks)
    server.files["/f"], server.breaks = DATA + b"more", 1
    with pytest.raises(InputError, match="has changed while it was read"):
        list(blocks)


def test_nothing_listens_there() -> None:
    with pytest.raises(InputError, match=r"127\.0\.0\.1:9/f: cannot be read after one try .*[Cc]onnect"):
        RemoteFile("http://127.0.0.1:9/f", ())


def test_a_protocol_that_is_not_known_is_named() -> None:
    with pytest.raises(InputError, match="bogus is not a protocol that can be read"):
        RemoteFile("bogus://x/y.tar")


def test_a_protocol_that_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    def missing(protocol: str, **options: Any) -> Any:
        raise ImportError(f"no module for {protocol}")

    monkeypatch.setattr(fsspec, "filesystem", missing)
    with pytest.raises(InputError, match=r'reading from s3 needs pip install "gan-eval\[remote\]"'):
        RemoteFile("s3://bucket/y.tar")


def test_reading_ahead_gives_the_bytes_in_order(server: Server) -> None:
    server.files["/f"] = DATA
    with io.BufferedReader(ReadAhead(RemoteFile(f"{server.address}/f"))) as stream:
        assert stream.read() == DATA
        assert stream.read() == b""


def test_an_error_while_reading_ahead_reaches_the_reader(server: Server) -> None:
    server.files["/f"] = DATA
    file = RemoteFile(f"{server.address}/f", ())
    server.breaks = 1000
    with io.BufferedReader(ReadAhead(file)) as stream, pytest.raises(InputError, match="cannot be read"):
        stream.read()


def test_reading_ahead_ends_with_its_stream(server: Server) -> None:
    server.files["/f"] = DATA * 10
    stream = ReadAhead(RemoteFile(f"{server.address}/f"))
    stream.close()
    stream._thread.join(5)
    assert not stream._thread.is_alive()


# --------------------------------------------------------------------------------------------- as a source


def _tar(paths: list[Path]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path in paths:
            archive.add(path, path.name)
    return stream.getvalue()


@pytest.fixture
def shards(server: Server, make_folder: MakeFolder) -> tuple[str, Path]:
    folder = make_folder("set", 12)
    paths = sorted(folder.iterdir())
    server.files = {f"/set-{i}.tar": _tar(paths[3 * i : 3 * i + 3]) for i in range(4)}
    return f"{server.address}/set-{{0..3}}.tar", folder


def test_shards_at_addresses_are_the_images(shards: tuple[str, Path]) -> None:
    address, folder = shards
    source = open_source(address)
    assert [item.name for item in source.items()] == [path.name for path in sorted(folder.iterdir())]
    assert not source.repeatable


def test_a_part_streams_its_own_shards(server: Server, shards: tuple[str, Path]) -> None:
    assert len(list(PartSource(open_source(shards[0]), Part(2, 2)).items())) == 6
    assert set(server.requests) == {"/set-2.tar", "/set-3.tar"}


def test_shards_are_streamed_once_and_give_the_numbers_of_files(
    server: Server, shards: tuple[str, Path], tiny: Any, tmp_path: Path
) -> None:
    address, folder = shards
    server.breaks = 1
    with FeatureReader(tiny.network, Cache(tmp_path), extractor=tiny) as reader:
        remote, local = (reader.read(given, Needs(vectors=True)) for given in (address, folder))
        np.testing.assert_array_equal(remote.statistics.cov, local.statistics.cov)
        assert remote.sha256 == local.sha256


def test_what_is_not_a_tar_at_an_address_is_refused() -> None:
    with pytest.raises(InputError, match=r"at an address, one or several \.tar are"):
        open_source("https://example.org/folder/")
