"""Devices and processor features of this machine, found without importing torch."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import platform
import re
import sys
from pathlib import Path

from gan_eval.errors import InputError
from gan_eval.settings import Precision as Precision


def choose_device(wanted: str) -> str:
    """`cpu`, `cuda` or `cuda:N`; `auto` is CUDA where torch and the driver have it.

    Raises InputError for a device that is not there.
    """
    if wanted == "cpu":
        return "cpu"
    if wanted == "auto":
        return "cuda" if cuda_devices() > 0 else "cpu"
    match = re.fullmatch(r"cuda(?::(\d+))?", wanted)
    if match is None:
        raise InputError(f"no device is called {wanted!r}: use auto, cpu, cuda or cuda:N")
    count = cuda_devices()
    if int(match[1] or 0) >= count:
        found = f"{count} CUDA device{'s' if count != 1 else ''}"
        raise InputError(f"device {wanted} asked for, but torch and the driver offer {found}: use device='cpu'")
    return wanted


def cuda_devices() -> int:
    """Number of CUDA devices that torch could use."""
    if "torch" in sys.modules:
        import torch

        return torch.cuda.device_count() if torch.cuda.is_available() else 0
    return _driver_devices() if _torch_has_cuda() else 0


def _torch_has_cuda() -> bool:
    """The CUDA version that torch was built with, from its version file; None without CUDA."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    version = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    return re.search(r"^cuda\b.*=\s*['\"]", version, re.MULTILINE) is not None


def _driver_devices() -> int:
    """Ask NVIDIA's driver library, which honours CUDA_VISIBLE_DEVICES; 0 where there is no driver."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


def cpu_has_bf16() -> bool | None:
    """Whether the processor has bf16 arithmetic (AVX512-BF16, AMX or Arm's BF16); None where it cannot be told."""
    flags = _cpu_flags()
    if flags:
        return bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})
    if platform.system() == "Darwin" and platform.machine() == "x86_64":
        return False
    return None


def cpu_has_avx512() -> bool:
    """Whether the processor is known to have the AVX-512 that oneDNN's kernels of that name need."""
    return {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= _cpu_flags()


def _cpu_flags() -> set[str]:
    """Processor flags of Linux's /proc/cpuinfo; empty on other systems."""
    with contextlib.suppress(OSError):
        return set(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split())
    return set()


def cores() -> int:
    """Cores to compute with: those that this process may use, but no more than OMP_NUM_THREADS where it is set."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return min(allowed, int(wanted)) if wanted.isdecimal() and int(wanted) else allowed
