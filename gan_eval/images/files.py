"""Folders and lists of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from gan_eval.errors import InputError, NotFoundError, UnreadableError
from gan_eval.files import open_regular
from gan_eval.images.decoding import UnreadableImage
from gan_eval.images.source import Item

#: Endings, in lower case, of what is taken for an image; they count in any case.
EXTENSIONS = frozenset(
    "avif bmp gif jfif jp2 jpe jpeg jpg pbm pgm png pnm ppm tif tiff webp".split()  # noqa: SIM905 - reads as a list
)

#: A file that is larger is no image.
MAX_BYTES = 1 << 30


def is_image_name(name: str) -> bool:
    """Whether a path inside a source is an image by its ending, and no hidden or archiver's file."""
    parts = name.replace("\\", "/").split("/")
    if any(part.startswith(".") and part not in (".", "..") for part in parts) or "__MACOSX" in parts:
        return False
    stem, dot, ending = parts[-1].rpartition(".")
    return bool(stem and dot) and ending.lower() in EXTENSIONS


def list_images(folder: Path) -> list[Path]:
    """Every image below `folder`, recursively, sorted by path; hidden and foreign files are left out.

    Links to folders are followed, each folder once. Raises InputError where `folder` is not one.
    """
    return [folder / name for name in walk(folder)[0]]


class FilesSource:
    """Images that are files: a folder's, or those that a list names.

    Parameters
    ----------
    label: what the user gave.
    names: how each file is called in messages, in order.
    root: folder that the names are relative to (absolute names stand for themselves).
    skipped: files of the folder that are not images.
    paths: where each file is, if not at its name below `root`.
    """

    repeatable = True
    notes: tuple[str, ...] = ()

    def __init__(
        self, label: str, names: Sequence[str], root: Path, *, skipped: int = 0, paths: Sequence[str] | None = None
    ) -> None:
        self.label = label
        self.skipped = skipped
        self._names = names
        self._root, self._paths = str(root), paths
        self._walked: Path | None = None

    @classmethod
    def folder(cls, path: Path) -> FilesSource:
        """A folder's images, recursively, sorted by relative path. Raises InputError where there is none."""
        names, skipped = walk(path)
        if not names:
            raise InputError(f"{path}: no images in it {_others(skipped)}")
        source = cls(str(path), names, path, skipped=skipped)
        source._walked = path
        return source

    @classmethod
    def listing(cls, path: Path) -> FilesSource:
        """The files that a text file names, one a line, in its order.

        A relative path is looked for beside the list, then in the current folder. Empty lines and those that start
        with # are passed over. Raises InputError where the list or a file is missing.
        """
        try:
            with open_regular(path) as stream:
                lines = [line.strip() for line in stream.read(MAX_BYTES).decode("utf-8-sig").splitlines()]
        except OSError as error:
            kind = NotFoundError if isinstance(error, FileNotFoundError) else UnreadableError
            raise kind(f"@{path}: {error.strerror} (a list is a text file of image paths)") from error
        except UnicodeDecodeError as error:
            raise UnreadableError(f"@{path}: not a UTF-8 text file of image paths") from error
        wanted = [line for line in lines if line and not line.startswith("#")]
        if not wanted:
            raise InputError(f"@{path}: names no images")
        return cls.paths(f"@{path}", [_beside(path.parent, line) for line in wanted])

    @classmethod
    def paths(cls, label: str, paths: Sequence[str | os.PathLike[str]]) -> FilesSource:
        """Files given one by one. Raises InputError that names the first missing ones."""
        names = [os.fspath(path) for path in paths]
        missing = [name for name in names if not os.path.isfile(name)]
        if missing:
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            raise NotFoundError(
                f"{label}: {len(missing)} of {len(names)} files are missing: {', '.join(missing[:5])}{more}"
            )
        return cls(label, names, Path())

    @property
    def count(self) -> int:
        """Number of images."""
        return len(self._names)

    def items(self) -> Iterator[Item]:
        """The images in order. Raises InputError at the end where a folder has come to hold others meanwhile.

        Otherwise a file that was changed after another one was added would be scored without the other one: a set that
        was never there.
        """
        for number, name in enumerate(self._names):
            path = os.path.join(self._root, name) if self._paths is None else self._paths[number]
            yield Item(name, partial(_read, path, name))
        if self._walked is not None and walk(self._walked)[0] != list(self._names):
            raise InputError(f"{self.label}: changed while it was being read (run again when nothing writes to it)")


def _read(path: str, name: str) -> bytes:
    try:
        with open_regular(path) as stream:
            data = stream.read(MAX_BYTES + 1)
    except MemoryError as error:
        raise UnreadableImage(name, "larger than the memory") from error
    except OSError as error:
        raise UnreadableImage(name, error.strerror or str(error)) from error
    if len(data) > MAX_BYTES:
        raise UnreadableImage(name, f"more than {MAX_BYTES:,} bytes, not an image")
    return data


def walk(folder: Path, is_wanted: Callable[[str], bool] = is_image_name) -> tuple[list[str], int]:
    """Relative names of a folder's images (of what `is_wanted` by its name), sorted, and the number of other files."""
    if not folder.is_dir():
        if folder.exists():
            raise InputError(f"{folder}: not a folder")
        raise NotFoundError(f"{folder}: no such folder")
    names: list[str] = []
    skipped = 0
    seen: set[tuple[int, int]] = set()

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: {error.strerror}") from error

    for where, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        status = os.stat(where)
        identity = (status.st_dev, status.st_ino)
        folders[:] = [] if identity in seen else [name for name in folders if not name.startswith(".")]
        if identity in seen:
            continue
        seen.add(identity)
        below = Path(where).relative_to(folder).as_posix()
        prefix = "" if below == "." else below + "/"
        images = [prefix + name for name in files if is_wanted(prefix + name)]
        skipped += len(files) - len(images)
        names += images
    return sorted(names), skipped


def _beside(folder: Path, line: str) -> str:
    beside = folder / line
    return str(beside) if os.path.exists(beside) else line


def _others(skipped: int) -> str:
    found = f"({skipped} other files; " if skipped else "(it is empty; "
    return f"{found}images end in .png, .jpg, .webp, .bmp, .tif, .gif …)"
