from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gan_eval.errors import BadImagesError, InputError
from gan_eval.images import Contents, open_source, scan
from gan_eval.images.scanning import in_order

Make = Callable[..., bytes]


@pytest.fixture
def folder(tmp_path: Path, encoded: Make) -> Path:
    """Five good images and, on request by the tests, bad ones."""
    root = tmp_path / "set"
    root.mkdir()
    for index in range(5):
        (root / f"{index}.png").write_bytes(encoded("PNG", value=index))
    return root


def scanned(path: Path, **options: str) -> Contents:
    return scan(open_source(path), **options)  # type: ignore[arg-type]


def test_a_copy_elsewhere_has_the_same_hash(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    assert scanned(folder).sha256 == scanned(tmp_path / "copy").sha256


def test_one_changed_byte_changes_the_hash(folder: Path, encoded: Make) -> None:
    before = scanned(folder).sha256
    (folder / "3.png").write_bytes(encoded("PNG", value=77))
    assert scanned(folder).sha256 != before


def test_formats_and_sizes_are_told(folder: Path, encoded: Make) -> None:
    (folder / "x.jpg").write_bytes(encoded("JPEG", size=(30, 20)))
    found = scanned(folder)
    assert found.formats == {"JPEG": 1, "PNG": 5}
    assert found.sizes == ((12, 9), (30, 20))


def test_bad_files_are_one_error_with_the_first_five_and_the_count(folder: Path) -> None:
    for index in range(7):
        (folder / f"bad{index}.png").write_bytes(b"")
    with pytest.raises(BadImagesError, match="7 unreadable files") as caught:
        scanned(folder)
    assert str(caught.value).count("empty file") == 5
    assert "and 2 more" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_skipped_bad_files_are_listed_and_do_not_count(folder: Path) -> None:
    before = scanned(folder)
    (folder / "bad.png").write_bytes(b"")
    found = scanned(folder, on_bad_image="skip")
    assert found.bad == ("bad.png: empty file",)
    assert (found.count, found.sha256) == (before.count, before.sha256)


def test_nothing_but_bad_files_is_an_error_even_when_skipping(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(InputError, match="no readable images"):
        scanned(tmp_path, on_bad_image="skip")


def test_an_unreadable_file_is_named(folder: Path) -> None:
    (folder / "loop.png").symlink_to(folder / "loop.png")
    with pytest.raises(BadImagesError, match=r"loop\.png: "):
        scanned(folder)


def test_arrays_hash_by_content(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)
    assert scan(open_source(images)).sha256 == scan(open_source(images.copy())).sha256
    assert scan(open_source(images)).sha256 != scan(open_source(images[::-1])).sha256


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_results_come_in_order(workers: int) -> None:
    assert list(in_order(lambda x: x * x, range(100), workers=workers, ahead=7)) == [x * x for x in range(100)]


def test_no_more_than_ahead_are_taken() -> None:
    taken = 0

    def numbers() -> object:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number

    stream = in_order(lambda x: x, numbers(), workers=2, ahead=5)  # type: ignore[arg-type]
    next(stream)
    assert taken == 5
    stream.close()  # type: ignore[attr-defined]


def test_an_error_ends_the_threads() -> None:
    def fail(number: int) -> int:
        if number == 3:
            raise InputError("three")
        return number

    before = threading.active_count()
    with pytest.raises(InputError, match="three"):
        list(in_order(fail, range(1000), workers=2))
    assert threading.active_count() == before
