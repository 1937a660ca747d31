"""Writes files whole or not at all, and hashes them.

Everything the project writes goes through `atomic_file` or `atomic_folder`: the content is made under a temporary
name beside its destination, flushed to disk, and renamed. A process killed at any moment leaves either the old state
or the new one, and at worst a hidden `.name.*.tmp` beside it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import lzma
import os
import pickle
import shutil
import stat
import struct
import tarfile
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Annotated, Any, TypeVar

from gan_eval.errors import InputError, NotFoundError, OutputError, UnreadableError
from gan_eval.strict_json import LONGEST, Between, DocumentFormat, Matches, parse_json

T = TypeVar("T")

#: Whatever the parsers of the libraries raise on bytes that are damaged or were made to do harm. Only what reads such
#: bytes may catch these, in the smallest block; memory runs out where a file declares more than there is.
DAMAGE: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
    pickle.UnpicklingError,
)
#: What a disk says that is full, broken, or not to be written to.
DISK_FAULTS = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM))


def sha256_bytes(data: bytes) -> str:
    """SHA-256 of `data`, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """SHA-256 of a regular file's content, hexadecimal. Raises OSError."""
    with open_regular(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class FileContent:
    """Size in bytes and SHA-256 of a file; sha256 is None where an older version noted the size alone."""

    bytes: Annotated[int, Between(0, 2**63)]
    sha256: Annotated[str, Matches(r"[0-9a-f]{64}")] | None = None


def content_of(path: Path) -> FileContent:
    """Size and hash of a regular file. Raises OSError."""
    return FileContent(path.stat().st_size, sha256_file(path))


def is_as_noted(path: Path, content: FileContent, *, hashed: bool = True) -> bool:
    """Whether a file is there with this content.

    Parameters
    ----------
    path: the file.
    content: what was noted of it.
    hashed: whether its hash is compared too; else its size alone, which takes no time.
    """
    try:
        if path.stat().st_size != content.bytes or not path.is_file():
            return False
        return not hashed or content.sha256 is None or sha256_file(path) == content.sha256
    except OSError:
        return False


def open_regular(path: str | os.PathLike[str]) -> BufferedReader:
    """Open a regular file, or a link to one, for reading.

    A pipe is never waited for and a device never read, as neither need ever end.

    Raises
    ------
    OSError: there is no such file, it is something else, it cannot be read, or the name cannot be a file's.
    """
    try:
        _refuse_irregular(os.stat(path), path)
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # a NUL character, or half a surrogate pair
        raise OSError(errno.EINVAL, "no file can have this name", str(path)) from error
    try:
        _refuse_irregular(os.fstat(handle), path)  # it may have changed since
    except OSError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def _refuse_irregular(status: os.stat_result, path: str | os.PathLike[str]) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def check_output(destination: Path, *, folder: bool = False) -> None:
    """Find out whether a file, or a folder, can be written, before the work whose result it will hold.

    Nothing is made on the disk. Raises OutputError where `destination` is something else, a device or a pipe, or has a
    name that no file can have, or where its folder, or the one that would hold that folder, cannot be written to.
    """
    place = _place(destination, folder=folder).absolute()
    above = next((one for one in (place, *place.parents) if one.exists() and (folder or one != place)), Path())
    if not above.is_dir():
        raise OutputError(f"{destination}: cannot be written: {above} is not a folder (choose another place)")
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputError(f"{destination}: cannot be written: no permission in {above} (choose another place)")


@contextlib.contextmanager
def atomic_file(destination: Path) -> Iterator[Path]:
    """Yield a temporary path; rename it onto `destination` when the block ends without an error.

    A link stays, and its target is replaced. Raises OutputError when `destination` is a device, a pipe or a folder,
    when its folder cannot be written to, and when the disk is full.
    """
    place = _place(destination)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=_prefix(place), suffix=".tmp")
    except OSError as error:
        raise _unwritable(destination, error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        with _disk_faults(destination):
            yield temporary
            _flush(temporary)
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)


def _place(destination: Path, *, folder: bool = False) -> Path:
    """Where a file, or a folder, of this name is put: at the end of its links."""
    try:
        mode = destination.stat().st_mode
    except FileNotFoundError:
        mode = None
    except (OSError, ValueError) as error:
        raise _unwritable(destination, error) from error
    if mode is not None and not (stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode)):
        kind = "a folder" if stat.S_ISDIR(mode) else "a file" if stat.S_ISREG(mode) else "a device or a pipe"
        raise OutputError(f"{destination}: is {kind} and is not written over (choose another place)")
    return Path(os.path.realpath(destination)) if destination.is_symlink() else destination


def _prefix(destination: Path) -> str:
    """Beginning of a temporary name; the whole of it is never too long, as that of `destination` may nearly be."""
    return os.fsdecode(b"." + os.fsencode(destination.name)[:200] + b".")


@contextlib.contextmanager
def _disk_faults(destination: Path) -> Iterator[None]:
    """Turns what the disk itself refuses, while a file is written, into OutputError."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FAULTS:
            raise
        raise _unwritable(destination, error) from error


def _unwritable(destination: Path, error: OSError | ValueError) -> OutputError:
    reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
    return OutputError(f"{destination}: cannot be written: {reason} (choose another place)")


@contextlib.contextmanager
def atomic_folder(destination: Path) -> Iterator[Path]:
    """Yield a temporary folder; rename it to `destination` when the block ends without an error.

    An existing folder at `destination` is replaced as a whole; between the two renames it lies beside it under a
    hidden name. A link stays, and its target is replaced. Raises OutputError when `destination` is a file, when its
    parent cannot be written to, and when the disk is full.
    """
    place = _place(destination, folder=True)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=place.parent, prefix=_prefix(place), suffix=".tmp"))
    except OSError as error:
        raise _unwritable(destination, error) from error
    try:
        with _disk_faults(destination):
            yield temporary
            _finish_folder(temporary, place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _finish_folder(temporary: Path, destination: Path) -> None:
    for path in temporary.rglob("*"):
        if path.is_file():
            _flush(path)
    temporary.chmod(0o777 & ~_umask())
    _put(temporary, destination)


def _put(temporary: Path, destination: Path) -> None:
    """Rename one folder onto another, which is moved aside first; two processes may do so at once."""
    try:
        temporary.rename(destination)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        aside = Path(tempfile.mkdtemp(dir=destination.parent, prefix=_prefix(destination), suffix=".old"))
        with contextlib.suppress(FileNotFoundError):
            destination.rename(aside / "old")
        _put(temporary, destination)
        shutil.rmtree(aside, ignore_errors=True)


def write_text(destination: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all.

    What is not text, such as the bytes of a name that is not UTF-8, is written as in JSON: \\udce9.
    """
    with atomic_file(destination) as temporary:
        temporary.write_bytes(text.encode("utf-8", "backslashreplace"))


def write_json(destination: Path, document: Any) -> None:
    """Write a readable JSON file, whole or not at all. NaN and infinities are refused (ValueError)."""
    write_text(destination, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_bytes(path: Path, *, longest: int = LONGEST) -> bytes:
    """Read a regular file of at most `longest` bytes.

    Raises
    ------
    InputError: it names the file, and says whether it is missing, unreadable or too long.
    """
    try:
        with open_regular(path) as stream:
            content = stream.read(longest + 1)
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: no such file") from error
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > longest:
        raise InputError(f"{path}: longer than the {longest:,} bytes that are read")
    return content


def read_text(path: Path, *, longest: int = LONGEST, encoding: str = "utf-8") -> str:
    """Read a regular text file of at most `longest` bytes.

    Parameters
    ----------
    path: a regular file.
    longest: refuse a longer file, in bytes.
    encoding: "utf-8", or "utf-8-sig" where a byte order mark may stand in front.

    Raises
    ------
    InputError: it names the file, and says whether it is missing, unreadable, too long or not UTF-8.
    """
    try:
        return read_bytes(path, longest=longest).decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path}: cannot be read: not UTF-8 text") from error


def read_json(path: Path, *, longest: int = LONGEST) -> Any:
    """Read a JSON file by `strict_json.parse_json`.

    Parameters
    ----------
    path: a regular file.
    longest: refuse a longer file, in bytes.

    Raises
    ------
    InputError: it names the file, and says whether it is missing, unreadable, too long or not JSON.
    """
    return parse_json(read_text(path, longest=longest), where=str(path), longest=longest)


def read_document(path: Path, form: DocumentFormat[T], *, longest: int = LONGEST) -> T:
    """Read a JSON file that carries its version; older versions are brought up to date.

    Raises
    ------
    InputError: the file cannot be read, or holds something else, or a newer version.
    """
    return form.parse(read_bytes(path, longest=longest), where=str(path), longest=longest)


def _flush(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _umask() -> int:
    # Python offers no way to read the mask without setting it.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
