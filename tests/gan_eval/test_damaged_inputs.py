"""Bytes that are damaged, or were made to do harm, end in an error of ours: one kind a test, several readers each."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gan_eval.errors import GanEvalError, InputError
from gan_eval.extractors.state_dict import read_state_dict
from gan_eval.images import open_source
from gan_eval.statistics_file import open_statistics


def array_file(shape: str, dtype: str = "<f4", body: bytes = b"") -> bytes:
    """A .npy whose header claims what it is told to."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (64 - (len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + body


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return path


@pytest.mark.parametrize(
    "shape",
    ["(1000000, 1000000)", "(0, 10000000000)", "(10000000000, 0)", "(-1, 4)", "(1, (", "1e9", "(True, 'a')", "{}"],
)
@pytest.mark.parametrize("suffix", [".npz", ".npy"])
def test_a_declared_shape_is_held_against_the_bytes(tmp_path: Path, shape: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".npz":
        archive(path, features=array_file(shape))
    else:
        path.write_bytes(array_file(shape))
    with pytest.raises(InputError, match=r"a\.np"):
        open_statistics(path) or open_source(path)


@pytest.mark.parametrize("about", ["[1]", "3", "{", '{"network": 3}', '{"network": ["a"]}', "null"])
def test_about_is_an_object_or_the_file_is_refused(tmp_path: Path, about: str) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, mu=np.zeros(2), sigma=np.eye(2), n=np.int64(5), about=np.array(about))
    with pytest.raises(InputError, match=r"a\.npz"):
        open_statistics(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("place", [50, 60, 70])
def test_a_damaged_member_is_an_unreadable_image(tmp_path: Path, method: int, place: int) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        file.writestr("1.png", b"abc" * 400)
    data = bytearray(stream.getvalue())
    data[place] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(bytes(data))
    with pytest.raises(GanEvalError):
        read_any(tmp_path / "a.zip", tmp_path)


@pytest.mark.parametrize("data", [b"junk", b"", b"PK\3\4" + b"\0" * 60, b"\x80\x02}q\x00.", b"\xff" * 1000])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_junk_is_no_weights_file(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    with pytest.raises(GanEvalError) as caught:
        read_state_dict(path)
    assert str(path) in str(caught.value)
    assert "weights_only" not in str(caught.value)


def test_a_member_without_a_name_is_passed_over(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("a.png", b"x")
    data = stream.getvalue().replace(b"a.png", b"\0.png")  # zipfile ends a name at NUL
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(InputError, match="no images in it"):
        open_source(tmp_path / "a.zip")


def test_a_list_of_a_path_that_no_file_can_have(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("[" * 5000 + ".png")
    with pytest.raises(InputError, match="1 of 1 files are missing"):
        open_source(f"@{tmp_path / 'list.txt'}")


def hide_last_member(path: Path) -> None:
    """Let the comment of the last member but one cover the last one in the directory of a zip."""
    data = bytearray(path.read_bytes())
    places = [place for place in range(len(data)) if data[place : place + 4] == b"PK\1\2"]
    end = data.rfind(b"PK\5\6")
    data[places[-2] + 32 : places[-2] + 34] = struct.pack("<H", end - places[-1])
    path.write_bytes(bytes(data))


def test_members_that_vanish_from_a_directory_are_missed(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", mu=np.zeros(2), sigma=np.eye(2), n=np.int64(5))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for name in ("1.png", "2.png"):
            file.writestr(name, b"x")
    for name in ("a.npz", "a.zip"):
        hide_last_member(tmp_path / name)
        assert len(zipfile.ZipFile(tmp_path / name).infolist()) == (2 if name == "a.npz" else 1)
        with pytest.raises(InputError, match=rf"{name}.*damaged"):
            open_statistics(tmp_path / name) or open_source(tmp_path / name)


def test_an_array_is_never_read_without_its_checksum(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", features=array_file("(2, 3)", body=bytes(24)) + b"more")
    with pytest.raises(InputError, match="of another size than it announces"):
        open_statistics(path)


@pytest.mark.parametrize("value", [1e101, -1e300, 1.7e308])
def test_values_that_overflow_are_refused(tmp_path: Path, value: float) -> None:
    np.savez(tmp_path / "m.npz", mu=np.zeros(2), sigma=np.array([[1, value], [value, 1]]))
    np.savez(tmp_path / "f.npz", feats=np.array([[1, value], [2, 1]]))
    for name in ("m.npz", "f.npz"):
        with pytest.raises(InputError, match="values beyond 1e"):
            open_statistics(tmp_path / name)


def test_an_archive_of_no_arrays(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no arrays"):
        open_source(archive(tmp_path / "a.npz"))


@pytest.mark.parametrize("name", ["n" * 300, "a\0b", "a/" * 3000, "n" * 252 + ".npz"])
def test_a_name_that_no_file_can_have(name: str) -> None:
    with pytest.raises(InputError):
        open_source(name)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


def read_any(path: Path, root: Path) -> None:
    """Read a file by what its name says it is; one in a folder as an image of that folder."""
    if path.suffix in (".pth", ".safetensors"):
        read_state_dict(path)
    source = f"@{path}" if path.suffix == ".txt" else path if path.parent == root else path.parent
    for item in open_source(source).items():
        item.pixels()


@pytest.mark.parametrize("make", [pipe, zeros])
@pytest.mark.parametrize("name", ["a.zip", "a.npz", "a.npy", "a.pth", "a.safetensors", "list.txt", "f/a.png"])
def test_pipes_and_devices_are_never_read(tmp_path: Path, make: Callable[[Path], None], name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    make(path)
    with pytest.raises(GanEvalError):
        read_any(path, tmp_path)
