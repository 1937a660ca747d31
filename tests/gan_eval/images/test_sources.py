from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_eval.errors import InputError
from gan_eval.images import open_source
from gan_eval.images.archives import expand_braces

Make = Callable[..., bytes]


def names(given: object) -> list[str]:
    return [item.name for item in open_source(given).items()]


def pixels(given: object) -> np.ndarray:
    return np.stack([item.pixels() for item in open_source(given).items()])


@pytest.fixture
def folder(tmp_path: Path, encoded: Make) -> Path:
    """Three images in a folder with an odd name, among hidden and foreign files."""
    root = tmp_path / "my réal [1] images"
    for name in (
        "b.png",
        "a.JPG",
        "sub/c.Png",
        ".hidden.png",
        ".git/d.png",
        "__MACOSX/e.png",
        "notes.txt",
        "Thumbs.db",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded("PNG"))
    return root


def test_a_folder_is_read_recursively_and_sorted(folder: Path) -> None:
    assert names(folder) == ["a.JPG", "b.png", "sub/c.Png"]


def test_hidden_and_foreign_files_are_counted(folder: Path) -> None:
    assert open_source(folder).skipped == 4  # what lies in a hidden folder is not even looked at


def test_a_link_back_to_the_folder_ends(folder: Path) -> None:
    (folder / "sub" / "again").symlink_to(folder)
    assert names(folder) == ["a.JPG", "b.png", "sub/c.Png"]


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.write_text("x")])
def test_a_folder_without_images_says_so(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "empty")
    with pytest.raises(InputError, match="empty: n"):
        open_source(tmp_path / "empty")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: no such file or folder"):
        open_source(tmp_path / "nowhere")


def test_a_single_image_is_no_source(folder: Path) -> None:
    with pytest.raises(InputError, match="a single image"):
        open_source(folder / "b.png")


def test_a_list_is_read_in_its_order(folder: Path, tmp_path: Path) -> None:
    listing = folder / "list.txt"
    listing.write_text(f"# some\nsub/c.Png\n\n{folder / 'b.png'}\n", encoding="utf-8")
    assert len(names(f"@{listing}")) == 2
    assert names(f"@{listing}")[0].endswith("c.Png")


def test_a_list_names_what_is_missing(folder: Path) -> None:
    (folder / "list.txt").write_text("b.png\nnot-here.png\n")
    with pytest.raises(InputError, match=r"1 of 2 files are missing: not-here\.png"):
        open_source(f"@{folder / 'list.txt'}")


def test_a_zip_gives_what_its_folder_gives(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for path in sorted(folder.rglob("*"), reverse=True):
            stream.write(path, path.relative_to(folder).as_posix())
    assert names(archive) == names(folder)
    np.testing.assert_array_equal(pixels(archive), pixels(folder))


@pytest.mark.parametrize("ending", ["tar", "tar.gz"])
def test_tar_shards_are_streams_in_order(folder: Path, tmp_path: Path, ending: str) -> None:
    for shard, name in enumerate(["b.png", "a.JPG", "notes.txt"]):
        with tarfile.open(tmp_path / f"set-{shard:03}.{ending}", "w:gz" if ending.endswith("gz") else "w") as stream:
            stream.add(folder / name, name)
    source = open_source(str(tmp_path / f"set-{{000..002}}.{ending}"))
    assert [item.name for item in source.items()] == ["b.png", "a.JPG"]
    assert source.skipped == 1


def test_a_tar_member_cannot_escape(tmp_path: Path, encoded: Make) -> None:
    member = tarfile.TarInfo("../../escaped.png")
    data = encoded("PNG")
    member.size = len(data)
    with tarfile.open(tmp_path / "evil.tar", "w") as stream:
        stream.addfile(member, io.BytesIO(data))
    before = set(tmp_path.parent.rglob("*"))
    assert len(names(tmp_path / "evil.tar")) <= 1
    assert set(tmp_path.parent.rglob("*")) == before


@pytest.mark.parametrize("name", ["broken.zip", "broken.tar", "broken.npz"])
def test_a_broken_archive_is_one_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04 nothing of the sort" * 50)
    with pytest.raises(InputError, match=r"broken\."):
        names(tmp_path / name)


def test_missing_shards_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"2 of 2 shards are missing"):
        open_source(str(tmp_path / "s-{0..1}.tar"))


def test_braces_keep_their_width() -> None:
    assert expand_braces("s-{008..010}.tar") == ["s-008.tar", "s-009.tar", "s-010.tar"]
    assert expand_braces("{0..1}-{0..1}") == ["0-0", "0-1", "1-0", "1-1"]


def test_an_npz_of_images_is_a_source(tmp_path: Path, rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (4, 6, 5, 3), dtype=np.uint8)
    np.savez(tmp_path / "samples.npz", arr_0=images)
    np.testing.assert_array_equal(pixels(tmp_path / "samples.npz"), images)


def test_an_npz_with_pickled_objects_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match=r"evil\.npz"):
        open_source(tmp_path / "evil.npz")


@pytest.mark.parametrize("shape", [(2, 6, 5, 3), (2, 6, 5), (2, 6, 5, 1), (2, 6, 5, 4)])
def test_arrays_are_channels_last(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, shape, dtype=np.uint8)
    found = pixels(images)
    assert found.shape == (2, 6, 5, 3)
    np.testing.assert_array_equal(found[..., 0], images.reshape(2, 6, 5, -1)[..., 0])


def test_float_tensors_are_rounded_from_0_to_1(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)
    tensor = torch.from_numpy(images).permute(0, 3, 1, 2)
    np.testing.assert_array_equal(pixels(tensor), images)
    np.testing.assert_array_equal(pixels(tensor.float() / 255), images)
    np.testing.assert_array_equal(pixels((tensor.double() / 255).requires_grad_()), images)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (np.zeros((2, 3, 8, 8), np.uint8), "channels last"),
        (np.zeros((2, 8, 8, 3), np.int32), "int32; wanted uint8"),
        (torch.full((1, 3, 4, 4), -1.0), r"from -1 to -1; wanted 0–1"),
        (torch.full((1, 3, 4, 4), float("nan")), "nan"),
        (torch.zeros((1, 4, 4, 3)), r"wanted \(N, 3, H, W\)"),
        (torch.zeros((1, 3, 4, 4), dtype=torch.int64), "int64"),
        (3, "not a source"),
        ([], "gave no images"),
    ],
)
def test_other_arrays_say_what_is_wanted(given: object, match: str) -> None:
    with pytest.raises(InputError, match=match):
        names(given)


def test_an_iterator_of_batches_is_a_stream(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (5, 4, 4, 3), dtype=np.uint8)
    batches = (images[start : start + 2] for start in (0, 2, 4))
    np.testing.assert_array_equal(pixels(batches), images)
    loader = [(torch.from_numpy(images).permute(0, 3, 1, 2), torch.zeros(5))]
    np.testing.assert_array_equal(pixels(loader), images)
    np.testing.assert_array_equal(pixels([Image.fromarray(image) for image in images]), images)


def test_an_iterator_is_read_once(rng: np.random.Generator) -> None:
    source = open_source(iter([np.zeros((1, 2, 2, 3), np.uint8)]))
    assert len(list(source.items())) == 1
    with pytest.raises(InputError, match="once only"):
        list(source.items())


@pytest.mark.parametrize("change", ["add", "remove"])
def test_a_folder_that_comes_to_hold_other_images_is_refused_at_the_end(tmp_path: Path, change: str) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"x")
    items = open_source(tmp_path).items()
    assert next(items).name == "a.png"
    (tmp_path / "c.png").touch() if change == "add" else (tmp_path / "a.png").unlink()
    assert next(items).name == "b.png"
    with pytest.raises(InputError, match="changed while it was being read"):
        next(items)


def test_a_file_that_is_no_image_may_come_to_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    items = open_source(tmp_path).items()
    next(items)
    (tmp_path / "notes.txt").touch()
    assert list(items) == []
