from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gan_eval.images import UnreadableImage, decode, probe

Make = Callable[..., bytes]


def as_the_peers(data: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(data))
    image.info.pop("transparency", None)
    return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "LA", "1", "I;16"])
def test_every_png_mode_gives_what_convert_gives(mode: str) -> None:
    stream = io.BytesIO()
    if mode == "I;16":
        Image.fromarray((np.arange(300).reshape(15, 20) * 7).astype(np.uint16)).save(stream, "PNG")
    else:
        pixels = np.random.default_rng(1).integers(0, 256, (15, 20, 3), dtype=np.uint8)
        Image.fromarray(pixels).convert(mode).save(stream, "PNG")
    found = decode(stream.getvalue())
    assert found.shape == (15, 20, 3)
    np.testing.assert_array_equal(found, as_the_peers(stream.getvalue()))


def test_a_palette_with_transparency_warns_of_nothing() -> None:
    stream = io.BytesIO()
    Image.new("P", (4, 4)).save(stream, "PNG", transparency=b"\x00\x10")
    assert decode(stream.getvalue()).shape == (4, 4, 3)


@pytest.mark.parametrize("format_name", ["JPEG", "TIFF"])
def test_cmyk_is_converted(format_name: str, encoded: Make) -> None:
    data = encoded(format_name, mode="CMYK")
    np.testing.assert_array_equal(decode(data), as_the_peers(data))


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG", "TIFF"])
def test_an_animation_gives_its_first_frame(format_name: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("#102030", "#ffffff", "#000000")]
    stream = io.BytesIO()
    frames[0].save(
        stream,
        format_name,
        save_all=True,
        append_images=frames[1:],
        **({"lossless": True} if format_name == "WEBP" else {}),
    )
    np.testing.assert_array_equal(decode(stream.getvalue())[0, 0], [0x10, 0x20, 0x30])


def test_exif_rotation_is_not_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    Image.new("RGB", (10, 4)).save(stream, "JPEG", exif=exif)
    assert decode(stream.getvalue()).shape == (4, 10, 3)


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF", "PPM"])
def test_probe_passes_whole_files(format_name: str, encoded: Make) -> None:
    assert probe(encoded(format_name), "x")[1:3] == (12, 9)


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF", "PPM"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_probe_finds_truncated_files(format_name: str, share: float, encoded: Make) -> None:
    data = encoded(format_name, size=(60, 50))
    with pytest.raises(UnreadableImage, match=r"^x: "):
        probe(data[: int(len(data) * share)], "x")


@pytest.mark.parametrize("place", [0.3, 0.5, 0.7])
def test_probe_finds_a_flipped_byte_inside_a_png(place: float, encoded: Make) -> None:
    damaged = bytearray(encoded("PNG", size=(60, 50)))
    damaged[int(len(damaged) * place)] ^= 255
    with pytest.raises(UnreadableImage, match=r"^x: "):
        probe(bytes(damaged), "x")


def test_a_wrong_checksum_of_whole_pixels_is_no_damage(encoded: Make) -> None:
    data = encoded("PNG")
    end = data.index(b"IDAT") + 4 + int.from_bytes(data[data.index(b"IDAT") - 4 : data.index(b"IDAT")], "big")
    odd = data[:end] + b"\0\0\0\0" + data[end + 4 :]
    np.testing.assert_array_equal(decode(odd), decode(data))
    assert probe(odd, "x") == probe(data, "x")


@pytest.mark.parametrize(
    ("pixels", "format_name", "deep"),
    [
        (np.zeros((4, 5), np.uint16), "PNG", True),
        (np.zeros((4, 5), np.uint16), "TIFF", True),
        (np.zeros((4, 5), np.int32), "TIFF", True),
        (np.zeros((4, 5), np.float32), "TIFF", True),
        (np.zeros((4, 5), np.uint8), "TIFF", False),
        (np.zeros((4, 5, 4), np.uint8), "PNG", False),
    ],
)
def test_probe_tells_deep_pixels(pixels: np.ndarray, format_name: str, deep: bool) -> None:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format_name)
    assert probe(stream.getvalue(), "x").deep is deep


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG", "TIFF"])
@pytest.mark.parametrize("frames", [1, 3])
def test_probe_tells_animations(format_name: str, frames: int) -> None:
    first, *rest = (Image.new("RGB", (8, 8), (80 * index, 0, 0)) for index in range(frames))
    stream = io.BytesIO()
    first.save(stream, format_name, save_all=True, append_images=rest)
    assert probe(stream.getvalue(), "x").animated is (frames > 1)


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "empty"), (b"hello, world", "not an image"), (b"\x89PNG\r\n\x1a\n", "x: ")]
)
def test_what_is_no_image_is_named(data: bytes, reason: str) -> None:
    for look in (probe, decode):
        with pytest.raises(UnreadableImage, match=reason):
            look(data, "x")


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has no pixels."""
    chunks = b"\x89PNG\r\n\x1a\n"
    for kind, body in (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ):
        chunks += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return chunks


@pytest.mark.parametrize("side", [9_500, 14_000, 200_000])
def test_decompression_bombs_are_refused_by_their_header(side: int) -> None:
    for look in (probe, decode):
        with pytest.raises(UnreadableImage, match="bomb"):
            look(png_header(side, side), "x")


@pytest.mark.parametrize(("form", "place"), [("GIF", 6), ("BMP", 18), ("PNG", 16)])
def test_more_pixels_than_the_bytes_can_hold_are_refused_before_any_is_made(
    form: str, place: int, encoded: Make
) -> None:
    data = bytearray(encoded(form))
    size = (
        struct.pack("<HH", 8000, 8000) if form == "GIF" else struct.pack("<II" if form == "BMP" else ">II", 8000, 8000)
    )
    data[place : place + len(size)] = size
    if form == "PNG":
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    with pytest.raises(UnreadableImage, match=r"damaged: [\d,]+ bytes cannot hold 8000×8000 pixels"):
        decode(bytes(data))


def test_a_flat_picture_holds_as_many_pixels_as_its_format_can(encoded: Make) -> None:
    stream = io.BytesIO()
    Image.new("1", (9000, 9000)).save(stream, "PNG")
    assert probe(stream.getvalue(), "a").width == 9000
    stream = io.BytesIO()
    Image.new("P", (9000, 9000)).save(stream, "GIF")
    assert probe(stream.getvalue(), "a").width == 9000


def test_libtiff_and_pillow_say_nothing_of_their_own(encoded: Make, capfd: pytest.CaptureFixture[str]) -> None:
    stream = io.BytesIO()
    Image.open(io.BytesIO(encoded())).save(stream, "TIFF", compression="tiff_lzw")
    data = bytearray(stream.getvalue())
    data[8:20] = b"\xff" * 12
    with pytest.raises(UnreadableImage, match="damaged, or of a kind that Pillow cannot decode"):
        decode(bytes(data))
    many = bytearray(encoded("TIFF"))
    place = many.find(struct.pack("<HHI", 277, 3, 1))
    many[place + 8 : place + 10] = b"\xff\xff"
    with pytest.raises(UnreadableImage):
        decode(bytes(many))
    assert capfd.readouterr() == ("", "")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match=r"gone\.png: No such file"):
        decode(tmp_path / "gone.png")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_escapes_as_another_error(data: st.DataObject) -> None:
    stream = io.BytesIO()
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"]))
    Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)).save(stream, kind)
    damaged = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        probe(bytes(damaged), "x")
        decode(bytes(damaged), "x")
    except UnreadableImage:
        pass
