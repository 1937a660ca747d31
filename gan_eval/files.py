"""Files that appear whole or not at all, and their hashes.

Everything the project writes goes through `atomic_file` or `atomic_folder`: the content is made under a temporary
name beside its destination, flushed to disk, and renamed. A process killed at any moment leaves either the old state
or the new one, and at worst a hidden `.name.*.tmp` beside it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from gan_eval.errors import InputError
from gan_eval.strict_json import LONGEST, DocumentFormat, parse_json

T = TypeVar("T")


def sha256_bytes(data: bytes) -> str:
    """SHA-256 of `data`, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def atomic_file(destination: Path) -> Iterator[Path]:
    """Yield a temporary path; rename it onto `destination` when the block ends without an error.

    Raises InputError when the folder cannot be written to.
    """
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=destination.parent, prefix=f".{destination.name}.", suffix=".tmp")
    except OSError as error:
        raise InputError(f"{destination}: cannot be written: {error.strerror} (choose another place)") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _flush(temporary)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(destination)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(destination: Path) -> Iterator[Path]:
    """Yield a temporary folder; rename it to `destination` when the block ends without an error.

    An existing folder at `destination` is replaced as a whole; between the two renames it lies beside it under a
    hidden name. Raises InputError when the parent cannot be written to.
    """
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=destination.parent, prefix=f".{destination.name}.", suffix=".tmp"))
    except OSError as error:
        raise InputError(f"{destination}: cannot be written: {error.strerror} (choose another place)") from error
    try:
        yield temporary
        for path in temporary.rglob("*"):
            if path.is_file():
                _flush(path)
        temporary.chmod(0o777 & ~_umask())
        _put(temporary, destination)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put(temporary: Path, destination: Path) -> None:
    """Rename one folder onto another, which is moved aside first; two processes may do so at once."""
    try:
        temporary.rename(destination)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        aside = Path(tempfile.mkdtemp(dir=destination.parent, prefix=f".{destination.name}.", suffix=".old"))
        with contextlib.suppress(FileNotFoundError):
            destination.rename(aside / "old")
        _put(temporary, destination)
        shutil.rmtree(aside, ignore_errors=True)


def write_text(destination: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all."""
    with atomic_file(destination) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(destination: Path, document: Any) -> None:
    """Write a readable JSON file, whole or not at all. NaN and infinities are refused (ValueError)."""
    write_text(destination, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


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
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: not a file")
        with path.open("rb") as stream:
            content = stream.read(longest + 1)
        return parse_json(content.decode("utf-8"), where=str(path), longest=longest)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: cannot be read: not UTF-8 text") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def read_document(path: Path, form: DocumentFormat[T], *, longest: int = LONGEST) -> T:
    """Read a JSON file that carries its version; older versions are brought up to date.

    Raises
    ------
    InputError: the file cannot be read, or holds something else, or a newer version.
    """
    return form.decode(read_json(path, longest=longest), where=str(path))


def _flush(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _umask() -> int:
    # Python offers no way to read the mask without setting it.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
