"""Whoever holds a Score has every note about the images it was made from."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gan_eval
from gan_eval.evaluate import evaluate

MakeFolder = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("tiny_everywhere")


@pytest.fixture
def real(make_folder: MakeFolder) -> Path:
    return make_folder("real", 20)


@pytest.fixture
def fake(make_folder: MakeFolder) -> Path:
    return make_folder("fake", 20, seed=1, shift=30)


def notes(real: object, fake: object, **options: object) -> str:
    return "\n".join(gan_eval.fid(real, fake, interval=False, **options).warnings)  # type: ignore[arg-type]


def test_files_left_out_are_named(real: Path, fake: Path) -> None:
    for index in range(3, 20):
        (fake / f"{index:03}.png").write_bytes(b"")
    for _ in range(2):  # the second score is found in the cache
        assert "fake: 17 unreadable files left out: 003.png" in notes(real, fake, on_bad_image="skip")


def test_differing_formats_are_noted(real: Path, make_folder: MakeFolder) -> None:
    assert "PNG, fake images JPEG" in notes(real, make_folder("jpeg", 20, seed=1, ending="jpg"))


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_deep_pixels_are_said_first(real: Path, tmp_path: Path, dtype: type) -> None:
    (tmp_path / "deep").mkdir()
    for index in range(10):
        pixels = np.random.default_rng(index).integers(300, 60_000, (9, 9)).astype(dtype)
        Image.fromarray(pixels).save(tmp_path / "deep" / f"{index}.tif")
    first = gan_eval.fid(real, tmp_path / "deep", interval=False, deep="clip").warnings[0]
    assert first.startswith(
        "fake: 10 images are deeper than 8 bits (0.tif, 1.tif, 2.tif …): values above 255 become white"
    )


def test_animations_are_noted(real: Path, tmp_path: Path) -> None:
    (tmp_path / "gif").mkdir()
    for index in range(3):
        frames = [Image.new("RGB", (9, 9), (60 * index, shade, 0)) for shade in (0, 200)]
        frames[0].save(tmp_path / "gif" / f"{index}.gif", save_all=True, append_images=frames[1:])
    assert "fake: 3 images have several frames (0.gif, 1.gif, 2.gif): only the first" in notes(real, tmp_path / "gif")


def test_the_chosen_array_is_said(real: Path, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 9, 9, 3), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", images=images, z=np.zeros((20, 4), np.float32))
    assert "fake: a.npz: its images are the array 'images'; not used: z" in notes(real, tmp_path / "a.npz")


def test_what_a_stream_left_aside_is_said(real: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 9, 9, 3), dtype=np.uint8)
    assert "fake: the images are part 0 of each batch's 2" in notes(real, iter([(images, np.arange(20))]))


def test_equal_sets_are_noted(real: Path, fake: Path, make_folder: MakeFolder) -> None:
    assert "same images" in notes(real, real)
    assert "same images" in notes(real, make_folder("again", 20))
    assert "same images" not in notes(real, fake)


def test_copies_are_counted(real: Path, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    for index in range(20):
        (tmp_path / "copies" / f"{index}.png").write_bytes((real / f"{index // 8:03}.png").read_bytes())
    said = notes(real, tmp_path / "copies")
    assert "fake: 17 of 20 images are exact copies of others in the set (3 distinct)" in said
    assert "3 distinct fake images are exact copies of real ones" in said


def test_images_beside_moments_serve_every_metric(real: Path, fake: Path, tmp_path: Path) -> None:
    images = np.stack([np.asarray(Image.open(path)) for path in sorted(real.iterdir())])
    np.savez(tmp_path / "ref.npz", arr_0=images, mu=np.zeros(2048), sigma=np.eye(2048))
    for metric in ("fid", "kid", "prdc", "is"):
        beside = evaluate(tmp_path / "ref.npz", fake, [metric]).scores  # type: ignore[list-item]
        alone = evaluate(real, fake, [metric]).scores  # type: ignore[list-item]
        assert [score.value for score in beside] == pytest.approx([score.value for score in alone])
        assert any("for its moments, give ref.npz::mu" in line for line in beside[0].warnings)


def test_one_picture_of_each_sample_is_scored(real: Path, fake: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "pairs.tar", "w") as archive:
        for name in sorted(path.name for path in real.iterdir()):
            archive.add(real / name, name.replace(".", ".input."))
            archive.add(fake / name, name.replace(".", ".output."))
    with pytest.raises(gan_eval.InputError, match="choose one as"):
        gan_eval.fid(real, tmp_path / "pairs.tar")
    chosen = gan_eval.fid(f"{tmp_path / 'pairs.tar'}::input", f"{tmp_path / 'pairs.tar'}::output")
    assert (chosen.value, chosen.n_fake) == (gan_eval.fid(real, fake).value, 20)
