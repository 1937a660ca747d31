from __future__ import annotations

import io
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_eval.errors import InputError
from gan_eval.images import ArraySource, Part, PartSource, Source, StreamSource, open_source, parse_part

MakeFolder = Callable[..., Path]


@given(st.integers(1, 60), st.integers(0, 200))
def test_parts_cover_everything_once_and_differ_by_one(of: int, count: int) -> None:
    spans = [Part(number, of).span(count) for number in range(1, of + 1)]
    assert [place for first, last in spans for place in range(first, last)] == list(range(count))
    lengths = {last - first for first, last in spans}
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("text", ["1/16", "16/16", "1/1"])
def test_a_part_reads_as_it_is_written(text: str) -> None:
    assert str(parse_part(text)) == text


@pytest.mark.parametrize(
    "text", ["0/16", "17/16", "16", "1/", "a/b", "-1/4", "1/0", "", "1/4/4", "1 / 4", "9999999999/1"]
)
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="use i/n with i from 1 to n"):
        parse_part(text)


def _zip(folder: Path, destination: Path) -> Path:
    with zipfile.ZipFile(destination, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return destination


def _shards(folder: Path, destination: Path, count: int) -> str:
    files = sorted(folder.iterdir())
    for number in range(count):
        with tarfile.open(destination / f"set-{number}.tar", "w") as archive:
            for path in files[number * len(files) // count : (number + 1) * len(files) // count]:
                archive.add(path, path.name)
    return str(destination / f"set-{{0..{count - 1}}}.tar")


def _sources(make_folder: MakeFolder, tmp_path: Path) -> dict[str, str]:
    folder = make_folder("set", 11)
    np.savez(tmp_path / "set.npz", images=np.zeros((11, 4, 4, 3), np.uint8))
    (tmp_path / "list.txt").write_text("\n".join(str(path) for path in sorted(folder.iterdir())))
    return {
        "folder": str(folder),
        "zip": str(_zip(folder, tmp_path / "set.zip")),
        "tars": _shards(folder, tmp_path, 4),
        "npz": str(tmp_path / "set.npz"),
        "list": f"@{tmp_path / 'list.txt'}",
    }


def _names(source: Source) -> list[str]:
    return [item.name for item in source.items()]


@pytest.mark.parametrize("kind", ["folder", "zip", "tars", "npz", "list"])
def test_parts_are_the_whole_in_its_order(make_folder: MakeFolder, tmp_path: Path, kind: str) -> None:
    given = _sources(make_folder, tmp_path)[kind]
    parts = [PartSource(open_source(given), Part(number, 3)) for number in (1, 2, 3)]
    assert [name for part in parts for name in _names(part)] == _names(open_source(given))
    assert all(_names(part) for part in parts)


@pytest.mark.parametrize("kind", ["folder", "zip", "npz"])
def test_a_part_counts_its_images(make_folder: MakeFolder, tmp_path: Path, kind: str) -> None:
    part = PartSource(open_source(_sources(make_folder, tmp_path)[kind]), Part(2, 3))
    assert part.count == len(_names(part)) == 4


def test_a_part_can_go_to_another_process(make_folder: MakeFolder) -> None:
    part = PartSource(open_source(make_folder("set", 5)), Part(2, 2))
    assert _names(pickle.loads(pickle.dumps(part))) == _names(part)


def test_a_part_is_opened_as_it_is(make_folder: MakeFolder) -> None:
    part = PartSource(open_source(make_folder("set", 5)), Part(2, 2))
    assert open_source(part) is part
    assert part.label.endswith("set (part 2/2)")


def test_more_parts_than_images_are_refused(make_folder: MakeFolder) -> None:
    with pytest.raises(InputError, match="5 images cannot be shared out in 6 parts"):
        PartSource(open_source(make_folder("set", 5)), Part(1, 6))


def test_more_parts_than_tar_shards_are_refused(make_folder: MakeFolder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="4 tar shards cannot be shared out in 5 parts"):
        PartSource(open_source(_shards(make_folder("set", 11), tmp_path, 4)), Part(1, 5))


def test_a_stream_has_no_parts() -> None:
    with pytest.raises(InputError, match="unknown length has no parts"):
        PartSource(StreamSource(iter([np.zeros((2, 4, 4, 3), np.uint8)])), Part(1, 2))


def test_an_arrays_part_holds_its_images() -> None:
    images = np.arange(6 * 4 * 4 * 3, dtype=np.uint8).reshape(6, 4, 4, 3)
    part = PartSource(ArraySource(images), Part(2, 2))
    np.testing.assert_array_equal(np.stack([item.pixels() for item in part.items()]), images[3:])


def test_a_damaged_shard_of_another_part_does_not_matter(make_folder: MakeFolder, tmp_path: Path) -> None:
    pattern = _shards(make_folder("set", 11), tmp_path, 4)
    (tmp_path / "set-3.tar").write_bytes(io.BytesIO(b"not a tar" * 100).getvalue())
    assert _names(PartSource(open_source(pattern), Part(1, 2)))
    with pytest.raises(InputError, match=r"set-3\.tar"):
        _names(PartSource(open_source(pattern), Part(2, 2)))
