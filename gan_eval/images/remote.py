"""Files at addresses (`https://`, `s3://` …), read once from beginning to end while the network works.

fsspec speaks the protocols. What is added here: reading ahead in a thread, going on after a fault where the file stood,
and messages for those who read them.
"""

from __future__ import annotations

import contextlib
import io
import queue
import re
import threading
import time
from collections.abc import Generator
from typing import Any
from urllib.parse import urlsplit

from gan_eval.errors import InputError, NetworkError, NotFoundError, UnreadableError

#: Bytes of one request, and how many of them wait to be used.
BLOCK = 4 << 20
AHEAD = 4
#: Seconds to wait before each further try at one block; a block that came sets the count back.
WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
#: A server that sends nothing for this long has stalled.
STALL_SECONDS = 60.0


def is_address(text: str) -> bool:
    """Whether a source is named by an address with a protocol of at least two letters, and not by a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text) is not None


class RemoteFile:
    """A file at an address, whose reading goes on where it stood after a fault.

    Parameters
    ----------
    address : of the file.
    waits : seconds before each further try.

    Raises
    ------
    InputError : there is no such file, it may not be read, or the protocol is not known or not installed.
    """

    def __init__(self, address: str, waits: tuple[float, ...] = WAITS) -> None:
        self.address = address
        self._waits = waits
        self._files, self._faults = _file_system(address)
        self._place = 0
        self._block = BLOCK
        self._stream: Any = None
        self._size = self._retried(self._find_size)

    def blocks(self) -> Generator[bytes]:
        """The file's bytes. Raises InputError where a fault lasts, or the file has become another one."""
        try:
            while block := self._retried(self._next):
                self._place += len(block)
                yield block
            if self._size is not None and self._place != self._size:
                raise NetworkError(f"{self.address}: ended after {self._place:,} of {self._size:,} bytes (try again)")
        finally:
            self._close()

    def _next(self) -> bytes:
        if self._stream is None:
            if self._place and self._find_size() != self._size:
                raise InputError(f"{self.address}: has changed while it was read (start again)")
            self._stream = self._files.open(self.address, "rb", block_size=self._block, cache_type="none")
            self._skip(self._place)
        left = BLOCK if self._size is None else min(BLOCK, self._size - self._place)
        try:
            block: bytes = self._stream.read(left)
        except ValueError:  # a server that gives whole files alone
            if not self._block:
                raise
            self._block = 0
            self._close()
            return self._next()
        if not block and self._size is not None and self._place < self._size:
            raise EOFError("the connection ended early")
        return block

    def _skip(self, count: int) -> None:
        """Stand at byte `count` of a stream that has just been opened, also where the server cannot jump there."""
        try:
            self._stream.seek(count)
        except (ValueError, OSError, NotImplementedError):
            while count:
                count -= len(self._stream.read(min(BLOCK, count))) or count

    def _find_size(self) -> int | None:
        size = self._files.info(self.address).get("size")
        return int(size) if size is not None else None

    def _retried(self, step: Any) -> Any:
        for wait in (*self._waits, None):
            try:
                return step()
            except InputError:
                raise
            except PermissionError as error:
                raise UnreadableError(f"{self.address}: may not be read (are the credentials set?)") from error
            except self._faults as error:
                self._close()
                if _is_absent(error):
                    raise NotFoundError(f"{self.address}: no such file there") from error
                if wait is None:
                    tries = f"{len(self._waits) + 1} tries" if self._waits else "one try"
                    raise NetworkError(f"{self.address}: cannot be read after {tries} ({_reason(error)})") from error
                time.sleep(wait)
        raise AssertionError("unreachable")

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        with contextlib.suppress(*self._faults):
            if stream is not None:
                stream.close()


class ReadAhead(io.RawIOBase):
    """A stream over the blocks of a remote file, which a thread reads before they are asked for."""

    def __init__(self, file: RemoteFile) -> None:
        self._blocks: queue.Queue[bytes | Exception | None] = queue.Queue(AHEAD)
        self._rest = memoryview(b"")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._fetch, args=(file,), daemon=True)
        self._thread.start()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a part of `buffer`; 0 at the end. Raises what the reading raised."""
        if not self._rest:
            block = self._blocks.get()
            if not isinstance(block, bytes):
                self._blocks.put(block)  # the end stays the end
                if block is None:
                    return 0
                raise block
            self._rest = memoryview(block)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        """Stop reading ahead."""
        self._ended.set()
        super().close()

    def _fetch(self, file: RemoteFile) -> None:
        try:
            with contextlib.closing(file.blocks()) as blocks:
                for block in blocks:
                    if not self._put(block):
                        return
            self._put(None)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that reads
            self._put(error)

    def _put(self, block: bytes | Exception | None) -> bool:
        """Hand a block on, once there is room for it; False where nobody wants it any more."""
        while not self._ended.is_set():
            with contextlib.suppress(queue.Full):
                self._blocks.put(block, timeout=0.2)
                return True
        return False


def open_remote(address: str) -> io.BufferedReader:
    """A stream of the file at an address. Raises InputError where it is not there."""
    return io.BufferedReader(ReadAhead(RemoteFile(address)), BLOCK)


def _file_system(address: str) -> tuple[Any, tuple[type[Exception], ...]]:
    """What opens the address, and the errors with which a fault of the network shows itself there."""
    import fsspec

    protocol = urlsplit(address).scheme.lower()
    faults: tuple[type[Exception], ...] = (OSError, EOFError, ValueError)
    options: dict[str, Any] = {"skip_instance_cache": True}
    try:
        if protocol in ("http", "https"):
            import aiohttp

            timeout = aiohttp.ClientTimeout(total=None, sock_connect=STALL_SECONDS, sock_read=STALL_SECONDS)
            options["client_kwargs"] = {"timeout": timeout}
            faults = (*faults, aiohttp.ClientError)
        return fsspec.filesystem(protocol, **options), faults
    except ImportError as error:
        raise InputError(f'{address}: reading from {protocol} needs pip install "gan-eval[remote]"') from error
    except ValueError as error:
        raise InputError(f"{address}: {protocol} is not a protocol that can be read") from error


def _is_absent(error: Exception) -> bool:
    """Whether an error means that there is no such file; fsspec says so of a server that was not reached, too."""
    cause = error.__cause__
    status = getattr(cause, "status", None)
    absent = cause is None or isinstance(cause, FileNotFoundError) or status in (404, 410)
    return isinstance(error, FileNotFoundError) and absent


def _reason(error: Exception) -> str:
    """A few words; of an error that hides the network's own, those of the latter."""
    cause = error.__cause__ if isinstance(error, FileNotFoundError) else None
    text = " ".join(str(cause or error).split()) or type(error).__name__
    return f"{text[:99]}…" if len(text) > 100 else text
