"""One path for all pictures: lossless where promised, no metadata, any length, sRGB."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from gan_eval.images import UnreadableImage
from gan_eval.picture_size import PictureSize
from gan_eval.study.making.draw import Drbg
from gan_eval.study.making.pictures import (
    Fitting,
    encode,
    fitted,
    foreign_parts,
    padded,
    read_picture,
    scrambled,
    sign,
    size_of,
)


def noise(height: int = 9, width: int = 14) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 3000), st.sampled_from([None, 90]))
def test_padding_changes_the_length_and_nothing_else(extra: int, quality: int | None) -> None:
    data = encode(noise(), jpeg_quality=quality)
    length = (len(data) + extra + 1) // 2 * 2
    longer = padded(data, length)
    assert len(longer) == length
    assert np.array_equal(decoded(longer), decoded(data))
    assert foreign_parts(longer) == []


def test_webp_is_lossless() -> None:
    assert np.array_equal(decoded(encode(noise(), jpeg_quality=None)), noise())


def test_padding_to_less_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="cannot be padded"):
        padded(encode(noise(), jpeg_quality=None), 10)


def test_nothing_of_the_source_is_left(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("method", "alpha-net")
    Image.fromarray(noise()).save(tmp_path / "a.png", pnginfo=info)
    data = encode(read_picture(tmp_path / "a.png").pixels, jpeg_quality=None)
    assert b"alpha-net" not in data
    assert foreign_parts(data) == []


@pytest.mark.parametrize("format_name", ["WEBP", "JPEG"])
def test_exif_is_found(format_name: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "alpha-net"
    stream = io.BytesIO()
    Image.fromarray(noise()).save(stream, format_name, exif=exif, lossless=True)
    assert any("alpha-net" in part for part in foreign_parts(stream.getvalue()))


@pytest.mark.parametrize("quality", [None, 90])
def test_bytes_after_the_image_are_found(quality: int | None) -> None:
    assert foreign_parts(encode(noise(), jpeg_quality=quality) + b"alpha-net") != []


def test_other_formats_are_named() -> None:
    assert "not a WebP or JPEG" in foreign_parts(b"\x89PNG\r\n\x1a\n")[0]


def test_colour_profile_is_applied(tmp_path: Path) -> None:
    plain, profiled = tmp_path / "a.png", tmp_path / "b.png"
    Image.fromarray(noise()).save(plain)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(noise()).save(profiled, icc_profile=srgb)
    assert np.abs(read_picture(profiled).pixels.astype(int) - read_picture(plain).pixels).max() <= 1


def test_damaged_profile_is_a_fault_of_the_file(tmp_path: Path) -> None:
    Image.fromarray(noise()).save(tmp_path / "a.png", icc_profile=b"no profile")
    with pytest.raises(UnreadableImage, match="colour profile"):
        read_picture(tmp_path / "a.png")


def test_fitting_is_left_out_where_the_size_is_right() -> None:
    pixels = noise(8, 8)
    assert fitted(pixels, Fitting(PictureSize(8, 8))) is pixels
    assert fitted(pixels, None) is pixels
    assert size_of(fitted(pixels, Fitting(PictureSize(5, 7)))) == PictureSize(5, 7)


def test_cropping_takes_the_middle() -> None:
    pixels = np.zeros((8, 24, 3), np.uint8)
    pixels[:, 8:16] = 200
    assert (fitted(pixels, Fitting(PictureSize(8, 8), crop=True)) == 200).all()


def test_tick_and_cross_differ_and_fill_the_picture() -> None:
    tick, cross = sign("tick", PictureSize(40, 30)), sign("cross", PictureSize(40, 30))
    assert tick.shape == cross.shape == (30, 40, 3)
    assert np.abs(tick.astype(int) - cross).max() > 100


@pytest.mark.parametrize("size", [(64, 48), (7, 5), (65, 33)])
def test_scrambled_picture_keeps_its_colours(size: tuple[int, int]) -> None:
    pixels = noise(*size)
    mixed = scrambled(pixels, Drbg("7", "x").shuffled)
    assert sorted(mixed.reshape(-1, 3).tolist()) == sorted(pixels.reshape(-1, 3).tolist())
    assert not np.array_equal(mixed, pixels)
