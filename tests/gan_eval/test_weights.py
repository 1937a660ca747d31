"""Weights are fetched whole and verified, or not at all. Against a real server on the loopback address."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gan_eval import download, weights
from gan_eval.errors import WeightsError
from gan_eval.extractors.known import INCEPTION_2015, LITE0_PACKAGE, Published
from gan_eval.weights import fetch, find, find_or_fetch, identify, installed_file

PAYLOAD = bytes(range(256)) * 4000  # 1 MB: several chunks
Answer = Callable[[BaseHTTPRequestHandler], None]


def good(request: BaseHTTPRequestHandler, body: bytes = PAYLOAD) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def other_file(request: BaseHTTPRequestHandler) -> None:
    good(request, b"<html>please log in</html>")


def truncated(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(PAYLOAD)))
    request.end_headers()
    request.wfile.write(PAYLOAD[:300_000])


def stalled(request: BaseHTTPRequestHandler) -> None:
    truncated(request)
    request.wfile.flush()
    time.sleep(5)


def missing(request: BaseHTTPRequestHandler) -> None:
    request.send_error(404)


class Server(ThreadingHTTPServer):
    """Answers each request as the next of `answers` says; the last one stays."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = [good]
        self.requests = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/weights.pth"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what some of the tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests += 1
        answer = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        answer(self)

    def log_message(self, format: str, *arguments: object) -> None:
        """Not on the test's stderr."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A web server on a free port of this machine."""
    with Server() as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture(autouse=True)
def nothing_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Other tools' folders are empty, and no proxy stands between."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("GAN_EVAL_OFFLINE", raising=False)
    monkeypatch.delenv("GAN_EVAL_WEIGHTS_URL", raising=False)


@pytest.fixture
def published(server: Server) -> Published:
    """A file of 1 MB that the server has."""
    return Published("toy", "toy.pth", hashlib.sha256(PAYLOAD).hexdigest(), (server.url,))


def left_over() -> list[str]:
    folder = weights.cache_folder() / "weights"
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".failed.txt"))


def test_a_good_file_is_kept_under_its_name(published: Published) -> None:
    file = fetch(published)
    assert file.path.read_bytes() == PAYLOAD
    assert left_over() == ["toy.pth"]
    assert find(published) == file


def test_progress_ends_at_the_whole(published: Published) -> None:
    seen: list[tuple[int, int | None]] = []
    fetch(published, progress=lambda what, done, total: seen.append((done, total)))
    assert seen[-1] == (len(PAYLOAD), len(PAYLOAD))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_another_file_is_refused_and_leaves_nothing(server: Server, published: Published) -> None:
    server.answers = [other_file]
    with pytest.raises(WeightsError, match="gave another file"):
        fetch(published)
    assert left_over() == []


def test_a_broken_download_leaves_nothing_and_the_next_try_succeeds(server: Server, published: Published) -> None:
    server.answers = [truncated, good]
    with pytest.raises(WeightsError, match="broke off"):
        fetch(published)
    assert left_over() == []
    assert fetch(published).path.read_bytes() == PAYLOAD


def test_a_stalled_server_is_given_up(server: Server, published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "STALL_SECONDS", 0.2)
    server.answers = [stalled]
    with pytest.raises(WeightsError, match=r"weights missing, and no download succeeded \(127"):
        fetch(published)
    assert left_over() == []


def trickling(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(PAYLOAD)))
    request.end_headers()
    for byte in PAYLOAD[:200]:
        request.wfile.write(bytes([byte]))
        request.wfile.flush()
        time.sleep(0.02)


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    while True:  # until the other side has gone
        request.wfile.write(PAYLOAD)


def announcing(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(1 << 50))
    request.end_headers()
    request.wfile.write(PAYLOAD)


def test_a_server_that_trickles_is_given_up(
    server: Server, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "PACE_SECONDS", 0.5)
    server.answers = [trickling]
    begun = time.monotonic()
    with pytest.raises(WeightsError, match="sent less than 256 KiB in 0 s"):
        fetch(published)
    assert time.monotonic() - begun < 3
    assert left_over() == []


@pytest.mark.parametrize("answer", [endless, announcing])
def test_a_server_that_sends_too_much_is_given_up(
    server: Server, published: Published, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MOST_BYTES", 3_000_000)
    server.answers = [answer]
    with pytest.raises(WeightsError, match="sent more than 3,000,000 bytes"):
        fetch(published)
    assert left_over() == []


def test_a_slow_line_is_not_given_up_while_enough_comes() -> None:
    pace = download._Pace(0.0)
    assert not any(pace.is_too_slow(second, second * 10_000) for second in range(600))
    assert pace.is_too_slow(700, 599 * 10_000)


def test_a_file_that_changed_while_it_was_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    path.write_bytes(b"one")
    sha256 = identify(path).sha256
    weights.require_unchanged(path, sha256)
    path.write_bytes(b"two")
    with pytest.raises(WeightsError, match=r"a\.pth: changed while it was being read"):
        weights.require_unchanged(path, sha256)


def test_the_next_place_is_tried(server: Server, published: Published) -> None:
    server.answers = [missing, good]
    two = replace(published, urls=(server.url, server.url))
    assert fetch(two).path.read_bytes() == PAYLOAD


def test_a_refused_connection_names_host_and_remedies(published: Published) -> None:
    with Server() as closed:
        url = closed.url
    with pytest.raises(WeightsError, match=r"127\.0\.0\.1:\d+: no connection .*weights fetch toy.*weights=FILE"):
        fetch(replace(published, urls=(url,)))


def test_a_network_that_swallows_everything_costs_the_connect_time_out_once(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def silence(address: tuple[str, int], timeout: float) -> None:
        asked.append(address)
        time.sleep(1)
        raise TimeoutError

    monkeypatch.setattr(download, "CONNECT_SECONDS", 0.1)
    monkeypatch.setattr(download.socket, "create_connection", silence)
    with pytest.raises(WeightsError, match="no connection within"):
        fetch(replace(published, urls=(published.urls[0], published.urls[0] + "?second")))
    assert len(asked) == 1


def test_auto_does_not_try_again_at_once_but_who_insists_may(server: Server, published: Published) -> None:
    server.answers = [missing, good]
    for _ in range(2):
        with pytest.raises(WeightsError):
            find_or_fetch(published)
    assert server.requests == 1
    assert find_or_fetch(published, insist=True).path.is_file()


def test_auto_tries_again_later(server: Server, published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers = [missing, good]
    with pytest.raises(WeightsError):
        find_or_fetch(published)
    monkeypatch.setattr(weights, "RETRY_AFTER_SECONDS", 0)
    assert find_or_fetch(published).path.is_file()


def test_offline_is_never_tried(server: Server, published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_EVAL_OFFLINE", "1")
    with pytest.raises(WeightsError, match="GAN_EVAL_OFFLINE is set"):
        find_or_fetch(published, insist=True)
    assert server.requests == 0


def test_a_mirror_from_the_environment_comes_first(
    server: Server, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    official = replace(published, urls=("http://127.0.0.1:9/never",), mirror_variable="GAN_EVAL_WEIGHTS_URL")
    monkeypatch.setenv("GAN_EVAL_WEIGHTS_URL", server.url)
    assert find_or_fetch(official).path.read_bytes() == PAYLOAD


def test_a_mirror_that_is_no_address_is_named(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    official = replace(published, urls=("http://127.0.0.1:9/never",), mirror_variable="GAN_EVAL_WEIGHTS_URL")
    monkeypatch.setenv("GAN_EVAL_WEIGHTS_URL", "mirror/weights.pth")
    with pytest.raises(WeightsError, match=r"mirror/weights\.pth: not an http or https address"):
        fetch(official)


def test_a_file_damaged_on_disk_is_fetched_again(server: Server, published: Published) -> None:
    fetch(published).path.write_bytes(b"half")
    assert find(published) is None
    assert find_or_fetch(published).path.read_bytes() == PAYLOAD
    assert server.requests == 2


def test_the_file_of_pytorch_fid_is_found(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    official = replace(published, urls=("https://example.org/pt_inception.pth",))
    elsewhere = Path(os.environ["TORCH_HOME"]) / "hub" / "checkpoints" / "pt_inception.pth"
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_bytes(PAYLOAD)
    found = find(official)
    assert found is not None
    assert found.path == elsewhere


FETCH = """
import sys
from gan_eval.extractors.known import Published
from gan_eval.weights import fetch
print(fetch(Published("toy", "toy.pth", sys.argv[1], (sys.argv[2],))).path)
"""


def fetching(published: Published) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", FETCH, published.sha256, published.urls[0]]
    root = Path(weights.__file__).parent.parent
    return subprocess.Popen(arguments, cwd=root, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_two_processes_at_once_end_with_the_same_whole_file(server: Server, published: Published) -> None:
    both = threading.Barrier(2, timeout=30)

    def together(request: BaseHTTPRequestHandler) -> None:
        both.wait()
        good(request)

    server.answers = [together]
    running = [fetching(published), fetching(published)]
    outputs = [process.communicate(timeout=30) for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    assert find(published) is not None
    assert left_over() == ["toy.pth"]


def test_a_killed_download_leaves_no_file_and_the_next_is_right(server: Server, published: Published) -> None:
    half_sent = threading.Event()

    def half(request: BaseHTTPRequestHandler) -> None:
        truncated(request)
        request.wfile.flush()
        half_sent.set()
        time.sleep(5)

    server.answers = [half, good]
    with fetching(published) as process:
        assert half_sent.wait(30)
        process.kill()
    assert find(published) is None
    assert fetch(published).path.read_bytes() == PAYLOAD


def test_what_killed_downloads_left_is_swept_after_a_day(published: Published) -> None:
    folder = weights.cache_folder() / "weights"
    folder.mkdir(parents=True)
    for name, age in ((".toy.pth.old.tmp", 100_000), (".toy.pth.new.tmp", 10)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (time.time() - age,) * 2)
    fetch(published)
    assert left_over() == [".toy.pth.new.tmp", "toy.pth"]


def test_identify_knows_the_embedded_network() -> None:
    assert identify(installed_file(LITE0_PACKAGE)).published is LITE0_PACKAGE


def test_identify_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.pth: no such weights file"):
        identify(tmp_path / "none.pth")


def test_the_hash_is_in_the_name_of_the_published_file() -> None:
    assert INCEPTION_2015.sha256.startswith("6726825d")
    assert all("6726825d" in url for url in INCEPTION_2015.urls)
