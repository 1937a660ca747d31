"""Files of torch.save: tensors come back, code and harmful pickles do not."""

from __future__ import annotations

import collections
import errno
import io
import os
import pickle
import time
import zipfile
from pathlib import Path

import pytest
import torch

from gan_eval.files import DAMAGE
from gan_eval.torch_files import load_torch_file, save_torch_file

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "n": 3, "o": collections.OrderedDict(b=torch.ones(1))}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("mapped", [True, False])
def test_tensors_and_plain_values_come_back(tmp_path: Path, zipped: bool, mapped: bool) -> None:
    torch.save(STATE, tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
    read = load_torch_file(tmp_path / "a.pt", mapped=mapped)
    assert isinstance(read, dict)
    assert torch.equal(read["a.weight"], STATE["a.weight"])
    assert read["n"] == 3


def with_pickle(path: Path, data: bytes) -> Path:
    """A file of torch.save whose pickle is another one."""
    stream = io.BytesIO()
    torch.save({"a": torch.zeros(1)}, stream)
    with zipfile.ZipFile(stream) as sound, zipfile.ZipFile(path, "w") as made:
        for member in sound.infolist():
            made.writestr(member.filename, data if member.filename.endswith(".pkl") else sound.read(member))
    return path


def test_a_name_of_many_letters_is_refused_at_once(tmp_path: Path) -> None:
    path = with_pickle(tmp_path / "a.pt", b"\x80\x02c" + b"a." * 100_000 + b"\nb\n.")
    begun = time.perf_counter()
    with pytest.raises(pickle.UnpicklingError, match="name too long"):
        load_torch_file(path)
    assert time.perf_counter() - begun < 5  # torch's own search of such a name takes minutes


def test_the_format_of_old_is_held_to_the_same(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    data = (tmp_path / "a.pt").read_bytes()
    (tmp_path / "a.pt").write_bytes(data.replace(b"ctorch._utils\n", b"c" + b"torch." * 300 + b"\n"))
    with pytest.raises(pickle.UnpicklingError, match="name too long"):
        load_torch_file(tmp_path / "a.pt")


@pytest.mark.parametrize(
    "data",
    [pickle.dumps(print), b"\x80\x02cposix\nsystem\n(X\x01\0\0\0atR.", b"\x80\x02" + b"(" * 5000 + b".", b"\x80\x00}."],
)
def test_code_and_nonsense_are_damage_and_say_nothing(tmp_path: Path, data: bytes) -> None:
    path = with_pickle(tmp_path / "a.pt", data)
    try:
        read = load_torch_file(path)
    except DAMAGE:
        return
    assert read == {}  # an unusual pickle of an empty dict, without a warning


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_torch_file(tmp_path / "a.pt")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_an_os_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match=os.strerror(errno.EIO)) as caught:
        save_torch_file(STATE, Path("/dev/full"))
    assert caught.value.errno == errno.EIO
    monkeypatch.setattr("gan_eval.torch_files._NEARLY_NOTHING", 1 << 62)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        save_torch_file(STATE, Path("/dev/full"))
