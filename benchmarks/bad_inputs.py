"""What the command says to each kind of bad input: what was given, the line printed, the exit code.

    python benchmarks/bad_inputs.py

Needs nothing but the installed project; the files are made on the spot. Each case is a process of its own.
"""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image


def png(size: tuple[int, int] = (24, 24)) -> bytes:
    """A whole PNG of random pixels."""
    stream = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def bomb() -> bytes:
    """A PNG that claims 100,000 × 100,000 pixels."""
    data = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data


def folder_with(name: str, content: bytes) -> Callable[[Path], str]:
    """Ten good images and one file more."""

    def make(where: Path) -> str:
        for index in range(10):
            (where / f"{index}.png").write_bytes(png())
        (where / name).write_bytes(content)
        return str(where)

    return make


def jpeg() -> bytes:
    """A whole JPEG."""
    stream = io.BytesIO()
    Image.open(io.BytesIO(png((200, 200)))).save(stream, "JPEG")
    return stream.getvalue()


def many_bad(where: Path) -> str:
    """Seven empty files."""
    for index in range(7):
        (where / f"{index}.png").touch()
    return str(where)


def empty_folder(where: Path) -> str:
    """Nothing at all."""
    return str(where)


def foreign_folder(where: Path) -> str:
    """Files, but no images."""
    (where / "notes.txt").write_text("no image")
    return str(where)


def listing(where: Path) -> str:
    """A list that names a file that is not there."""
    (where / "list.txt").write_text("missing.png\n")
    return f"@{where / 'list.txt'}"


def broken(name: str) -> Callable[[Path], str]:
    """A file of a known ending that is nothing of the kind."""

    def make(where: Path) -> str:
        (where / name).write_bytes(b"PK\x03\x04 not really")
        return str(where / name)

    return make


def zip_with_damage(where: Path) -> str:
    """A zip whose member fails its checksum."""
    path = where / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", png())
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(bytes(data))
    return str(path)


def cut_tar(where: Path) -> str:
    """A tar that ends in the middle of a member."""
    path = where / "set.tar"
    with tarfile.open(path, "w") as archive:
        for index in range(3):
            member = tarfile.TarInfo(f"{index}.png")
            member.size = len(png())
            archive.addfile(member, io.BytesIO(png()))
    path.write_bytes(path.read_bytes()[:2500])
    return str(path)


def pickled(where: Path) -> str:
    """A .npz with a pickled object."""
    np.savez(where / "evil.npz", mu=np.array([{}], dtype=object), sigma=np.eye(2))
    return str(where / "evil.npz")


def not_a_number(where: Path) -> str:
    """Moments with NaN."""
    np.savez(where / "nan.npz", mu=np.full(1280, np.nan), sigma=np.eye(1280))
    return str(where / "nan.npz")


def other_dimension(where: Path) -> str:
    """Moments of another network."""
    np.savez(where / "other.npz", mu=np.zeros(64), sigma=np.eye(64))
    return str(where / "other.npz")


def one_image(where: Path) -> str:
    """A single image, which has no covariance."""
    (where / "a.png").write_bytes(png())
    return str(where)


CASES: dict[str, Callable[[Path], str]] = {
    "truncated PNG": folder_with("cut.png", png((200, 200))[:5000]),
    "truncated JPEG": folder_with("cut.jpg", jpeg()[:5000]),
    "empty file": folder_with("empty.png", b""),
    "text called .png": folder_with("text.png", b"hello"),
    "decompression bomb": folder_with("bomb.png", bomb()),
    "seven bad files": many_bad,
    "empty folder": empty_folder,
    "folder without images": foreign_folder,
    "folder that is not there": lambda where: str(where / "nowhere"),
    "list with a missing file": listing,
    "broken zip": broken("set.zip"),
    "zip, damaged member": zip_with_damage,
    "broken tar": broken("set.tar"),
    "tar cut short": cut_tar,
    "missing shards": lambda where: str(where / "set-{000..003}.tar"),
    "broken npz": broken("set.npz"),
    "pickled npz": pickled,
    "moments with NaN": not_a_number,
    "moments, other dimension": other_dimension,
    "one image": one_image,
}


def main() -> None:
    """Run every case and print the table."""
    root = Path(__file__).resolve().parents[1]
    start = "from gan_eval_cli.app import gan_eval; gan_eval()"
    print(f"{'given':26} {'code':>4}  line on stderr")
    for name, make in CASES.items():
        with tempfile.TemporaryDirectory() as scratch:
            good, bad = Path(scratch) / "good", Path(scratch) / "fake"
            good.mkdir()
            bad.mkdir()
            folder_with("x.png", png())(good)
            words = [sys.executable, "-c", start, "fid", str(good), make(bad), "--features", "efficientnet-lite0"]
            environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'cli'}"}
            result = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=scratch, check=False)
            said = result.stderr.strip().replace(scratch, "…") or "(nothing)"
            print(f"{name:26} {result.returncode:>4}  {said}")
            if result.stdout or "Traceback" in said or said.count("\n"):
                print(f"{'':26}       ^ more than one line: {result.stdout[:80]!r}")


if __name__ == "__main__":
    main()
