"""What the machine can do, without importing torch."""

from __future__ import annotations

import os

import pytest
import torch

from gan_eval import hardware
from gan_eval.errors import InputError


def test_cuda_is_counted_as_torch_counts_it() -> None:
    assert hardware.cuda_devices() == (torch.cuda.device_count() if torch.cuda.is_available() else 0)


def test_torchs_version_file_says_what_torch_says() -> None:
    assert hardware._torch_has_cuda() == (torch.version.cuda is not None)


@pytest.mark.parametrize(("devices", "chosen"), [(0, "cpu"), (2, "cuda")])
def test_auto_takes_what_there_is(monkeypatch: pytest.MonkeyPatch, devices: int, chosen: str) -> None:
    monkeypatch.setattr(hardware, "cuda_devices", lambda: devices)
    assert hardware.choose_device("auto") == chosen


def test_a_numbered_device_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "cuda_devices", lambda: 2)
    assert hardware.choose_device("cuda:1") == "cuda:1"
    with pytest.raises(InputError, match=r"cuda:2 asked for.*2 CUDA devices"):
        hardware.choose_device("cuda:2")


def test_cores_are_those_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert 1 <= hardware.cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(("set_to", "cores"), [("1", 1), ("0", None), ("4,2", None), ("999", None), ("", None)])
def test_fewer_threads_may_be_asked_for(monkeypatch: pytest.MonkeyPatch, set_to: str, cores: int | None) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    every = hardware.cores()
    monkeypatch.setenv("OMP_NUM_THREADS", set_to)
    assert hardware.cores() == (cores or every)
