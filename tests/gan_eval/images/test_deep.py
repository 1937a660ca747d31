"""Pixels beyond 8 bits: refused, cut as other tools cut them, or mapped from their full range."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from numpy.typing import NDArray
from PIL import Image

import gan_eval
from gan_eval.images import open_source, scan
from gan_eval.images.policies import UnusablePixels, peers, peers_scaled
from gan_eval.settings import Deep

SIDE = 20


def grey(seed: int, shift: int = 0) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(0, 200, (4, 4)) + shift
    small = Image.fromarray(coarse.clip(0, 255).astype(np.uint8))
    return np.asarray(small.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def filled(folder: Path, depth: int, shift: int = 0, count: int = 12) -> Path:
    """A folder of grey PNGs of 8 or 16 bits that show the same pictures at either depth."""
    folder.mkdir(parents=True)
    for index in range(count):
        pixels = grey(index + 100 * shift, shift)
        Image.fromarray(pixels if depth == 8 else pixels.astype(np.uint16) * 257).save(folder / f"{index:02}.png")
    return folder


@pytest.mark.parametrize(
    ("dtype", "top"), [(np.uint16, 65535), (np.int32, 65535), (np.float32, 1)], ids=["16 bits", "32 bits", "float"]
)
def test_the_full_range_is_mapped_to_8_bits(dtype: type, top: float) -> None:
    shares = np.linspace(0, 1, 256).reshape(16, 16)
    values = (np.round(shares * top) if top > 1 else shares).astype(dtype)
    scaled = peers_scaled(Image.fromarray(values))
    assert scaled.shape == (16, 16, 3)
    assert (scaled == np.arange(256, dtype=np.uint8).reshape(16, 16, 1)).all()


def test_the_range_does_not_follow_from_the_values() -> None:
    dark = np.full((4, 4), 257 * 10, np.uint16)
    assert (peers_scaled(Image.fromarray(dark)) == 10).all()


def test_the_range_of_a_12_bit_tiff_is_its_own() -> None:
    """A TIFF of 12 bits a pixel: 0xFFF white and 0x000 black, as bytes FF F0 00."""
    stream = io.BytesIO()
    Image.new("L", (2, 1)).save(stream, "TIFF")
    plain = bytearray(stream.getvalue())
    with Image.open(io.BytesIO(plain)) as image:
        offset = image.tag_v2[273][0]  # type: ignore[attr-defined]
    plain[offset : offset + 3] = b"\xff\xf0\x00"
    entry = plain.index(b"\x02\x01\x03\x00\x01\x00\x00\x00\x08\x00")  # BitsPerSample, one short, 8
    plain[entry + 8] = 12
    count = plain.index(b"\x17\x01")  # StripByteCounts
    plain[count + 8] = 3
    with Image.open(io.BytesIO(bytes(plain))) as deep:
        assert (deep.mode, peers_scaled(deep)[..., 0].tolist()) == ("I;16", [[255, 0]])


@pytest.mark.parametrize(
    "values",
    [
        np.array([[0, 2.5]], np.float32),
        np.array([[-0.5, 1]], np.float32),
        np.array([[0, np.nan]], np.float32),
        np.array([[0, 70_000]], np.int32),
        np.array([[-1, 5]], np.int32),
    ],
)
def test_values_beyond_the_range_are_refused(values: NDArray[Any]) -> None:
    with pytest.raises(UnusablePixels, match="are not in 0–"):
        peers_scaled(Image.fromarray(values))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "CMYK"])
def test_ordinary_images_are_as_peers_read_them(mode: str) -> None:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (5, 6, 3), dtype=np.uint8)).convert(mode)
    assert (peers_scaled(image) == peers(image)).all()


def test_16_bit_colour_is_read_by_its_upper_8_bits_and_is_not_refused(tmp_path: Path) -> None:
    """Pillow writes no 16-bit colour; the PNG is assembled from its chunks."""
    import struct
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    row = b"\x00" + struct.pack(">HHH", 0x12FF, 0x3400, 0x5680)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(png)
    source = open_source(tmp_path)
    assert scan(source).deep is None
    assert [item.pixels().ravel().tolist() for item in source.items()] == [[0x12, 0x34, 0x56]]


def pil(depth: int) -> list[Image.Image]:
    return [Image.fromarray(grey(seed).astype(np.uint16) * 257 if depth == 16 else grey(seed)) for seed in range(12)]


def encoded(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


class Dataset:
    """A map-style dataset of PIL images in a column."""

    def __init__(self, depth: int) -> None:
        self.images = pil(depth)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"image": self.images[index], "label": index}


def zipped(folder: Path, depth: int) -> Path:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{depth}.zip", "w") as archive:
        for index, image in enumerate(pil(depth)):
            archive.writestr(f"{index:02}.png", encoded(image))
    return folder / f"{depth}.zip"


SOURCES: dict[str, Callable[[Path, int], object]] = {
    "folder": lambda path, depth: filled(path / str(depth), depth),
    "zip": zipped,
    "list of PIL images": lambda path, depth: pil(depth),
    "list of bytes": lambda path, depth: [encoded(image) for image in pil(depth)],
    "dataset": lambda path, depth: Dataset(depth),
    "iterator": lambda path, depth: ([image] for image in pil(depth)),
}


@pytest.mark.usefixtures("tiny_everywhere")
@pytest.mark.parametrize("kind", SOURCES)
class TestSources:
    """Every kind of source, from the public function."""

    def value(self, real: Path, fake: object, **options: Any) -> gan_eval.Score:
        return gan_eval.fid(real, fake, interval=False, **options)  # type: ignore[no-any-return]

    @pytest.fixture
    def real(self, tmp_path: Path) -> Path:
        return filled(tmp_path / "real", 8, shift=30)

    def test_they_are_refused(self, kind: str, real: Path, tmp_path: Path) -> None:
        with pytest.raises(gan_eval.InputError, match=r"deeper than 8 bits.*pass deep='scale'.*deep='clip'") as caught:
            self.value(real, SOURCES[kind](tmp_path, 16))
        assert "\n" not in str(caught.value)
        assert "00.png" in str(caught.value) or "[0]" in str(caught.value)
        with pytest.raises(gan_eval.InputError, match="deeper than 8 bits"):
            self.value(real, SOURCES[kind](tmp_path / "skip", 16), on_bad_image="skip")

    def test_scaled_they_score_as_the_8_bit_pictures(self, kind: str, real: Path, tmp_path: Path) -> None:
        deep = self.value(real, SOURCES[kind](tmp_path, 16), deep="scale")
        plain = self.value(real, SOURCES[kind](tmp_path, 8))
        assert deep.value == plain.value
        assert any("full range is mapped to 8 bits" in note for note in deep.warnings)
        assert not any("bits" in note for note in plain.warnings)

    def test_cut_they_score_as_in_other_tools(self, kind: str, real: Path, tmp_path: Path) -> None:
        deep = self.value(real, SOURCES[kind](tmp_path, 16), deep="clip")
        cut = np.stack([np.asarray(image.convert("RGB")) for image in pil(16)])
        assert deep.value == self.value(real, cut).value
        assert any("values above 255 become white" in note for note in deep.warnings)


@pytest.mark.usefixtures("tiny_everywhere")
def test_the_cache_tells_the_ways_apart(tmp_path: Path) -> None:
    real, fake = filled(tmp_path / "real", 16), filled(tmp_path / "fake", 16, shift=30)

    def of(deep: Deep) -> tuple[float, float]:
        compared = gan_eval.compare(real, {"a": fake, "b": real}, interval=False, metrics=["kid", "fid"], deep=deep)
        fid = {model.name: model.scores[1].value for model in compared.models}["a"]
        return gan_eval.fid(real, fake, interval=False, deep=deep).value, fid

    first = {deep: of(deep) for deep in ("scale", "clip")}  # type: ignore[arg-type]
    assert {deep: of(deep) for deep in ("clip", "scale")} == first  # type: ignore[arg-type]
    assert first["clip"][0] != first["scale"][0]
    assert [first[deep][0] for deep in first] == pytest.approx([first[deep][1] for deep in first])


def test_a_set_of_8_bits_is_found_again_whatever_the_way(tmp_path: Path, tiny_everywhere: Any) -> None:
    real, fake = filled(tmp_path / "real", 8), filled(tmp_path / "fake", 8, shift=30)
    values = {gan_eval.fid(real, fake, interval=False, deep=deep).value for deep in ("fail", "clip", "scale")}
    assert len(values) == 1
    assert tiny_everywhere.seen == 24


@pytest.mark.parametrize("discriminator", ["features", "small"])
def test_nrds_tells_and_separates_the_ways(discriminator: str, tmp_path: Path, tiny_everywhere: Any) -> None:
    sets = [filled(tmp_path / name, 16, shift, count=16) for name, shift in (("real", 0), ("a", 40), ("b", 20))]
    options: dict[str, Any] = {"discriminator": discriminator, "seeds": 2, "epochs": 2, "workers": 0}
    if discriminator == "small":
        options["size"] = 16

    def run(deep: Deep) -> Iterator[Any]:
        result = gan_eval.nrds({"a": sets[1], "b": sets[2]}, sets[0], deep=deep, **options)
        yield {score.details["model"]: score.details["per_seed"] for score in result.scores}
        yield [note for note in result.warnings if "deeper than 8 bits" in note]

    with pytest.raises(gan_eval.InputError, match="deeper than 8 bits"):
        next(run("fail"))
    (clipped, notes), (scaled, more) = run("clip"), run("scale")
    assert clipped != scaled
    assert len(notes) == len(more) == 3
    assert "become white" in notes[0]
    assert "mapped to 8 bits" in more[0]
    assert next(run("clip")) == clipped


def test_metric_takes_the_option() -> None:
    def of(images: list[Image.Image], **options: Any) -> gan_eval.Score:
        metric = gan_eval.Metric(
            "fid", interval=False, features=lambda images: images.float().mean(-1)[:, 0], **options
        )
        metric.update([Image.fromarray(grey(seed, 30)) for seed in range(12)], real=True)
        metric.update(images, real=False)
        score: gan_eval.Score = metric.scores()[0]
        return score

    with pytest.raises(gan_eval.InputError, match="deep='scale'"):
        of(pil(16))
    scaled = of(pil(16), deep="scale")
    assert scaled.value == pytest.approx(of(pil(8)).value)
    assert "mapped to 8 bits" in scaled.warnings[0]


@pytest.mark.usefixtures("tiny_everywhere")
def test_the_command_line_has_the_option(tmp_path: Path, invoke: Callable[..., Result]) -> None:
    real, fake = filled(tmp_path / "real", 16), filled(tmp_path / "fake", 16, shift=30)
    refused = invoke("fid", real, fake)
    assert (refused.exit_code, refused.stderr.count("\n")) == (3, 1)
    assert "12 images are deeper than 8 bits (00.png, 01.png, 02.png …)" in refused.stderr
    assert "pass --deep scale to map" in refused.stderr
    values = [json.loads(invoke("fid", real, fake, "--deep", deep, "--json").stdout) for deep in ("clip", "scale")]
    assert values[0]["scores"][0]["value"] != values[1]["scores"][0]["value"]
