from __future__ import annotations

import contextlib
import io
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from gan_eval.images import Policy, UnreadableImage, brightest, decode, is_deep, peers, photographs, white_of


def file_of(pixels: NDArray[np.generic], format_name: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format_name, **options)
    return stream.getvalue()


def ramp(top: float, dtype: type) -> NDArray[np.generic]:
    return np.linspace(0, top, 64 * 4).reshape(4, 64).astype(dtype)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "CMYK"])
@pytest.mark.parametrize("format_name", ["TIFF", "PNG"])
def test_an_ordinary_picture_is_the_same_by_both_policies(mode: str, format_name: str) -> None:
    if (mode, format_name) == ("CMYK", "PNG"):
        return
    stream = io.BytesIO()
    Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)).convert(mode).save(stream, format_name)
    data = stream.getvalue()
    np.testing.assert_array_equal(decode(data, policy=photographs), decode(data, policy=peers))


@pytest.mark.parametrize(
    ("pixels", "format_name"),
    [
        (ramp(1023, np.uint16), "PNG"),
        (ramp(4095, np.uint16), "PNG"),
        (ramp(4095, np.uint16), "TIFF"),
        (ramp(65535, np.uint16), "PNG"),
        (ramp(65535, np.uint16), "JPEG2000"),
        (ramp(65535, np.int32), "TIFF"),
        (ramp(1, np.float32), "TIFF"),
        (ramp(255, np.float32), "TIFF"),
    ],
)
def test_a_deep_ramp_becomes_an_8_bit_ramp(pixels: NDArray[np.generic], format_name: str) -> None:
    found = decode(file_of(pixels, format_name), policy=photographs)
    expected = np.round(pixels.astype(float) / pixels.max() * 255)
    assert found.shape == (4, 64, 3)
    assert np.abs(found[..., 0].astype(float) - expected).max() <= 1


def test_images_of_one_set_are_scaled_alike_by_a_stated_white() -> None:
    dark, bright = ramp(500, np.uint16), ramp(4095, np.uint16)
    white = white_of([float(dark.max()), float(bright.max())])
    found = decode(file_of(dark), policy=partial(photographs, white=white))
    assert white == 4095
    assert found.max() == round(500 / 4095 * 255)


@pytest.mark.parametrize(("tops", "floating", "white"), [([0.5], True, 1), ([1, 200], True, 255), ([1], False, 1023)])
def test_white_is_the_smallest_scale_that_holds_all(tops: list[float], floating: bool, white: float) -> None:
    assert white_of(tops, floating=floating) == white


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf"), 70_000.0])
def test_floating_pixels_without_a_scale_are_refused(bad: float) -> None:
    pixels = ramp(1, np.float32)
    pixels[0, 0] = bad
    with pytest.raises(UnreadableImage, match=r"^x: pixel"):
        decode(file_of(pixels, "TIFF"), "x", policy=photographs)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_exif_rotation_is_applied(orientation: int, depth: type) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = np.arange(12).reshape(3, 4)
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).T,
        8: np.rot90(upright, -1),
    }[orientation]
    step = 20 if depth is np.uint8 else 65535 / 12
    found = decode(file_of((turned * step).astype(depth), exif=exif), policy=photographs)
    assert found[..., 0].argsort(axis=None).tolist() == list(range(12))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_data_turns_nothing() -> None:
    data = file_of(np.zeros((4, 6, 3), np.uint8), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff broken")
    assert decode(data, policy=photographs).shape == (4, 6, 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P", "L", "RGB"])
@pytest.mark.parametrize("background", [(255, 255, 255), (10, 20, 30)])
def test_transparency_shows_the_background(mode: str, background: tuple[int, int, int]) -> None:
    image = Image.new("RGBA", (3, 2), (200, 200, 200, 255))
    image.putpixel((0, 0), (0, 0, 0, 0))
    stream = io.BytesIO()
    if mode in ("L", "RGB"):
        image.convert(mode).save(stream, "PNG", transparency=0 if mode == "L" else (0, 0, 0))
    elif mode == "P":
        image.convert("RGB").quantize(4).save(
            stream, "PNG", transparency=image.convert("RGB").quantize(4).getpixel((0, 0))
        )
    elif mode == "PA":  # RGBA.convert("PA") forgets the transparency before Pillow 12
        palette = image.convert("RGB").quantize(4)
        palette.putalpha(image.getchannel("A"))
        palette.save(stream, "TIFF")
    else:
        image.convert(mode).save(stream, "PNG")
    found = decode(stream.getvalue(), policy=partial(photographs, background=background))
    assert tuple(found[0, 0]) == background
    assert np.abs(found[1, 2].astype(int) - 200).max() <= 2


def test_half_transparent_pixels_are_mixed() -> None:
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[..., 3] = 128
    assert decode(file_of(pixels), policy=photographs).max() in (127, 128)


def test_a_colour_profile_is_converted_to_srgb() -> None:
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = np.full((4, 4, 3), 90, np.uint8)
    np.testing.assert_allclose(decode(file_of(pixels, icc_profile=swapped), policy=photographs), 90, atol=1)


def test_a_useless_colour_profile_is_refused() -> None:
    with pytest.raises(UnreadableImage, match="colour profile"):
        decode(file_of(np.zeros((4, 4, 3), np.uint8), icc_profile=b"no profile"), "x", policy=photographs)


def test_depth_is_told_without_guessing(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(file_of(ramp(300, np.uint16)))) as image:
        assert is_deep(image)
        assert brightest(image) == 300
    with Image.open(io.BytesIO(file_of(ramp(255, np.uint8)))) as image:
        assert not is_deep(image)
        assert brightest(image) is None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_escapes_as_another_error(data: st.DataObject) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "TIFF", "WEBP"]))
    damaged = bytearray(file_of(np.arange(192, dtype=np.uint8).reshape(8, 8, 3), kind, exif=exif))
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(UnreadableImage):
        assert decode(bytes(damaged), "x", policy=photographs).dtype == np.uint8


@pytest.mark.parametrize("policy", [peers, photographs])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "LA", "1", "CMYK", "YCbCr", "I;16", "PA", "HSV"])
def test_a_large_image_is_converted_in_strips_to_the_same_pixels(
    policy: Policy, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (23, 17, 3), dtype=np.uint8)
    image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 3) if mode == "I;16" else Image.fromarray(pixels)
    image = image if mode == "I;16" else image.convert(mode)
    if mode == "P":
        image.info["transparency"] = 7
    whole = policy(image.copy())
    monkeypatch.setattr("gan_eval.images.policies._AT_ONCE", 60)
    assert np.array_equal(policy(image.copy()), whole)
