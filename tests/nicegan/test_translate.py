"""Translation: names kept, faults before the work, a killed one goes on, the record says what was done."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_eval.errors import BadImagesError, InputError, MismatchError
from gan_eval.images import Contents, scan
from gan_eval.translation import TRANSLATION_FILE as RECORD
from nicegan import checkpoint
from nicegan import translate as module
from nicegan.checkpoint import Checkpoint
from nicegan.config import RunConfig
from nicegan.models.nice.model import NiceOneWay
from nicegan.models.nice.networks import build
from nicegan.pictures import Size, load_plain, to_pixels, to_range
from nicegan.translate import Translator, find_inputs, translate, translate_one


@pytest.fixture(scope="module")
def source(tiny: RunConfig, demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A checkpoint of untrained networks, trained on `demo` as far as it says, with other averaged generators."""
    networks, averaged = build(tiny.network, seed=1), build(tiny.network, seed=2)
    weights = {name: part.state_dict() for name, part in networks.parts().items()}
    weights |= {f"ema.{name}": averaged.parts()[name].state_dict() for name in ("gen2B", "gen2A")}
    folder = tmp_path_factory.mktemp("source") / "step"
    checkpoint.save(folder, step=7, config=tiny, weights=weights, data=demo)
    return checkpoint.read(folder)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with a sub-folder and three images, grey and alpha among them."""
    folder, values = tmp_path / "pictures", np.random.default_rng(0)
    (folder / "sub").mkdir(parents=True)
    Image.fromarray(values.integers(0, 256, (30, 40, 3), dtype=np.uint8)).save(folder / "one.jpg")
    Image.fromarray(values.integers(0, 256, (24, 24, 4), dtype=np.uint8)).save(folder / "sub/one.png")
    Image.fromarray(values.integers(0, 256, (24, 24), dtype=np.uint8)).save(folder / "sub/two.PNG")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def pixels(path: Path) -> torch.Tensor:
    with Image.open(path) as picture:
        return torch.from_numpy(np.array(picture)).permute(2, 0, 1)


def test_translator_is_the_encoder_and_the_averaged_generator(source: Checkpoint, tiny: RunConfig, demo: Path) -> None:
    networks, averaged = build(tiny.network, seed=1).eval(), build(tiny.network, seed=2)
    image = to_range(load_plain(demo / "testB/0000.png", Size(24, 24)))[None]
    with torch.no_grad():
        wanted = averaged.a.generator(networks.b.encode(image).z)
        torch.testing.assert_close(Translator(source, "BtoA")(image), wanted, rtol=0, atol=1e-6)


def test_only_one_encoder_and_one_generator_are_read(
    source: Checkpoint, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    load = checkpoint.load_weights
    monkeypatch.setattr(checkpoint, "load_weights", lambda *given: (read.append(given[1]), load(*given))[1])
    translate(source, find_inputs([demo], "AtoB"), tmp_path / "out", direction="AtoB")
    assert read == ["disA.encoder", "ema.gen2B"]


def test_stems_and_folders_are_kept(source: Checkpoint, pictures: Path, tmp_path: Path) -> None:
    done = translate(source, find_inputs([pictures], "AtoB"), tmp_path / "out", direction="AtoB", batch_size=2)
    assert names(tmp_path / "out") == ["one.png", "sub/one.png", "sub/two.png", RECORD]
    assert (done.written, done.kept, done.skipped) == (3, 0, ())
    image = to_range(load_plain(pictures / "one.jpg", Size(24, 24)))[None]
    wanted = to_pixels(Translator(source, "AtoB")(image))[0].int()
    assert (pixels(tmp_path / "out/one.png").int() - wanted).abs().max() <= 1


def test_batch_size_changes_nothing(source: Checkpoint, pictures: Path, tmp_path: Path) -> None:
    for size in (1, 3):
        translate(source, find_inputs([pictures], "AtoB"), tmp_path / str(size), direction="AtoB", batch_size=size)
    for name in ("one.png", "sub/one.png", "sub/two.png"):
        difference = pixels(tmp_path / "1" / name).int() - pixels(tmp_path / "3" / name).int()
        assert difference.abs().max() <= 1


def test_data_gives_the_test_folder_and_the_reference(source: Checkpoint, demo: Path, tmp_path: Path) -> None:
    translate(source, find_inputs([demo], "BtoA"), tmp_path / "out", direction="BtoA")
    assert names(tmp_path / "out") == ["0000.png", "0001.png", "0002.png", RECORD]
    record = json.loads((tmp_path / "out" / RECORD).read_text())
    assert record["schema"] == "nicegan-translation/2"
    assert record["reference"] == str(demo / "testA")
    assert (record["direction"], record["checkpoint"]["step"], record["complete"]) == ("BtoA", 7, True)
    assert record["inputs"]["count"] == 3
    assert record["settings"]["averaged"] is True


def test_reference_of_other_images_is_the_trainings(
    source: Checkpoint, pictures: Path, demo: Path, tmp_path: Path
) -> None:
    translate(source, find_inputs([pictures], "AtoB"), tmp_path / "out", direction="AtoB")
    assert json.loads((tmp_path / "out" / RECORD).read_text())["reference"] == str(demo / "testB")


@pytest.mark.parametrize(("image_format", "magic"), [("png", b"\x89PNG"), ("jpg", b"\xff\xd8\xff"), ("webp", b"RIFF")])
def test_formats(source: Checkpoint, demo: Path, tmp_path: Path, image_format: module.Format, magic: bytes) -> None:
    inputs = find_inputs([demo / "testA/0000.png"], "AtoB")
    translate(source, inputs, tmp_path / "out", direction="AtoB", image_format=image_format)
    assert (tmp_path / "out" / f"0000.{image_format}").read_bytes().startswith(magic)


def test_other_size_and_bf16(source: Checkpoint, demo: Path, tmp_path: Path) -> None:
    inputs = find_inputs([demo], "AtoB")
    translate(source, inputs, tmp_path / "out", direction="AtoB", size=Size(32, 48), precision="bf16")
    assert pixels(tmp_path / "out/0000.png").shape == (3, 32, 48)


def test_size_that_the_generator_cannot_make_is_an_error(
    source: Checkpoint, tiny: RunConfig, demo: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="not multiples of 4"):
        translate(source, find_inputs([demo], "AtoB"), tmp_path / "out", direction="AtoB", size=Size(33, 32))
    full = replace(source, config=replace(source.config, network=replace(tiny.network, light=False)))
    with pytest.raises(InputError, match="makes 24x24 alone"):
        translate(full, find_inputs([demo], "AtoB"), tmp_path / "out", direction="AtoB", size=Size(32, 32))
    assert not (tmp_path / "out").exists()


def test_two_inputs_of_one_name_are_an_error(pictures: Path) -> None:
    shutil.copy(pictures / "one.jpg", pictures / "one.jpeg")
    with pytest.raises(InputError, match=r"one\.jpeg and .*one\.jpg would both become one"):
        find_inputs([pictures], "AtoB")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: [], "nothing to translate"),
        (lambda folder: [folder / "none"], "no such file or folder"),
        (lambda folder: [folder], "no images in it"),
    ],
)
def test_nothing_to_translate_is_an_error(tmp_path: Path, make: Callable[[Path], list[Path]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_inputs(make(tmp_path), "AtoB")


def test_data_without_test_images_is_an_error(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo / "trainA", tmp_path / "data/trainA")
    with pytest.raises(InputError, match="has no testA to translate"):
        find_inputs([tmp_path / "data"], "AtoB")


def test_bad_image_ends_it_before_the_work_or_is_skipped(source: Checkpoint, pictures: Path, tmp_path: Path) -> None:
    (pictures / "sub/bad.png").write_bytes(b"no image")
    inputs = find_inputs([pictures], "AtoB")
    with pytest.raises(BadImagesError, match="1 unreadable file"):
        translate(source, inputs, tmp_path / "out", direction="AtoB")
    assert not (tmp_path / "out").exists()
    done = translate(source, inputs, tmp_path / "out", direction="AtoB", on_bad_image="skip")
    assert done.written == 3
    assert len(done.skipped) == 1
    assert "bad.png" in json.loads((tmp_path / "out" / RECORD).read_text())["skipped"][0]


def test_an_input_that_changes_after_the_scan_is_not_translated_under_the_old_hash(
    source: Checkpoint, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changing(*arguments: Any, **options: Any) -> Contents:
        contents = scan(*arguments, **options)
        Image.new("RGB", (40, 40), (9, 9, 9)).save(next(pictures.rglob("*.png")))
        return contents

    monkeypatch.setattr(module, "scan", changing)
    with pytest.raises(InputError, match="changed while it was being translated"):
        translate(source, find_inputs([pictures], "AtoB"), tmp_path / "out", direction="AtoB")
    monkeypatch.undo()
    with pytest.raises(MismatchError, match="other inputs"):
        translate(source, find_inputs([pictures], "AtoB"), tmp_path / "out", direction="AtoB")


def test_killed_translation_makes_only_what_is_missing(
    source: Checkpoint, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, out, write = find_inputs([pictures], "AtoB"), tmp_path / "out", module._write

    def killed(picture: Image.Image, target: Path, image_format: module.Format) -> None:
        if target.name == "two.png":
            raise KeyboardInterrupt
        write(picture, target, image_format)

    monkeypatch.setattr(module, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        translate(source, inputs, out, direction="AtoB", batch_size=1)
    assert json.loads((out / RECORD).read_text())["complete"] is False
    monkeypatch.setattr(module, "_write", write)
    before = (out / "one.png").stat().st_mtime_ns
    done = translate(source, inputs, out, direction="AtoB")
    assert (done.written, done.kept) == (1, 2)
    assert (out / "one.png").stat().st_mtime_ns == before
    assert json.loads((out / RECORD).read_text())["complete"] is True


def test_folder_of_another_translation_is_left_alone(
    source: Checkpoint, pictures: Path, demo: Path, tmp_path: Path
) -> None:
    translate(source, find_inputs([pictures], "AtoB"), tmp_path / "out", direction="AtoB")
    before = names(tmp_path / "out")
    with pytest.raises(MismatchError, match=r"another translation .other checkpoint, direction"):
        translate(source, find_inputs([pictures], "BtoA"), tmp_path / "out", direction="BtoA")
    assert names(tmp_path / "out") == before


def test_folder_with_other_files_is_left_alone(source: Checkpoint, pictures: Path) -> None:
    with pytest.raises(InputError, match="holds other images"):
        translate(source, find_inputs([pictures], "AtoB"), pictures, direction="AtoB")


def test_weights_decide_the_hash(source: Checkpoint) -> None:
    one, two = Translator(source, "AtoB"), Translator(source, "AtoB")
    assert one.sha256() == two.sha256() != Translator(source, "BtoA").sha256()
    assert isinstance(two.path, NiceOneWay)
    with torch.no_grad():
        next(two.path.generator.parameters()).add_(1e-7)
    assert one.sha256() != two.sha256()


def picture(path: Path, width: int, height: int, seed: int = 0) -> Path:
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(path)
    return path


@pytest.mark.parametrize(("width", "height"), [(64, 36), (36, 64), (50, 33), (41, 97), (5, 3), (1, 40), (128, 128)])
def test_every_photograph_keeps_its_size(source: Checkpoint, tmp_path: Path, width: int, height: int) -> None:
    inputs = find_inputs([picture(tmp_path / "in/x.png", width, height)], "AtoB")
    translate(source, inputs, tmp_path / "out", direction="AtoB", size="keep")
    assert pixels(tmp_path / "out/x.png").shape == (3, height, width)


def test_padding_changes_nothing_where_none_is_needed(source: Checkpoint, tmp_path: Path) -> None:
    inputs = find_inputs([picture(tmp_path / "in/x.png", 48, 64)], "AtoB")
    for name, size in (("kept", "keep"), ("given", Size(64, 48))):
        translate(source, inputs, tmp_path / name, direction="AtoB", size=size)  # type: ignore[arg-type]
    assert torch.equal(pixels(tmp_path / "kept/x.png"), pixels(tmp_path / "given/x.png"))


def test_photographs_of_many_sizes_go_in_one_call(source: Checkpoint, tmp_path: Path) -> None:
    sizes = [(40, 60), (61, 33), (40, 60), (35, 35)]
    for index, (width, height) in enumerate(sizes):
        picture(tmp_path / f"in/{index}.png", width, height, seed=index)
    translate(source, find_inputs([tmp_path / "in"], "AtoB"), tmp_path / "out", direction="AtoB", size="keep")
    assert [tuple(pixels(tmp_path / f"out/{i}.png").shape[:0:-1]) for i in range(4)] == sizes


class Brighter(torch.nn.Module):
    """Stands for a generator whose result depends on nothing but the pixel."""

    multiple = 4

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image + 2 * 8 / 255


@pytest.mark.parametrize(("height", "width"), [(300, 700), (257, 999), (900, 256), (256, 257)])
def test_parts_of_a_large_photograph_meet_without_a_seam(height: int, width: int) -> None:
    image = torch.from_numpy(np.random.default_rng(0).integers(0, 240, (3, height, width), dtype=np.uint8))
    made = module._of_any_size(Brighter(), image, "cpu", "fp32", 256)  # type: ignore[arg-type]
    assert torch.equal(made.permute(2, 0, 1), image + 8)


@pytest.mark.parametrize("side", [257, 300, 384, 385, 511, 1000, 4000])
def test_parts_cover_a_side_and_overlap(side: int) -> None:
    starts = module._starts(side, 256)
    assert starts[0] == 0
    assert starts[-1] + 256 == side
    assert all(after - before <= 256 - 100 for before, after in pairwise(starts))


def test_second_photograph_joins_the_first(source: Checkpoint, tmp_path: Path) -> None:
    one, two = (picture(tmp_path / f"in/{name}.png", 30, 20, seed=index) for index, name in enumerate("ab"))
    for path in (one, two):
        translate(source, find_inputs([path], "AtoB"), tmp_path / "out", direction="AtoB")
    assert names(tmp_path / "out") == ["a.png", "b.png", RECORD]
    record = json.loads((tmp_path / "out" / RECORD).read_text())
    assert record["inputs"]["count"] == 2
    assert [Path(name).name for name in record["inputs"]["named"]] == ["a.png", "b.png"]


def test_changed_first_photograph_is_not_joined(source: Checkpoint, tmp_path: Path) -> None:
    one = picture(tmp_path / "in/a.png", 30, 20)
    translate(source, find_inputs([one], "AtoB"), tmp_path / "out", direction="AtoB")
    picture(one, 30, 20, seed=5)
    inputs = find_inputs([picture(tmp_path / "in/b.png", 30, 20)], "AtoB")
    with pytest.raises(MismatchError, match="other inputs"):
        translate(source, inputs, tmp_path / "out", direction="AtoB")


def test_folder_with_a_note_takes_translations(source: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/note.txt").write_text("mine")
    translate(source, find_inputs([picture(tmp_path / "in/a.png", 30, 20)], "AtoB"), tmp_path / "out", direction="AtoB")
    assert names(tmp_path / "out") == ["a.png", "note.txt", RECORD]


@pytest.mark.parametrize("name", ["x.png", "x.JPG", "x.jpeg", "x.webp"])
def test_one_photograph_becomes_the_file_that_is_named(source: Checkpoint, tmp_path: Path, name: str) -> None:
    translate_one(source, picture(tmp_path / "in/a.png", 30, 20), tmp_path / name, direction="AtoB", size="keep")
    assert pixels(tmp_path / name).shape == (3, 20, 30)
    assert not (tmp_path / RECORD).exists()


def test_rotated_photograph_is_translated_upright(source: Checkpoint, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(picture(tmp_path / "in/a.png", 60, 40)) as opened:
        opened.save(tmp_path / "in/a.jpg", exif=exif)
    translate_one(source, tmp_path / "in/a.jpg", tmp_path / "out.png", direction="AtoB", size="keep")
    assert pixels(tmp_path / "out.png").shape == (3, 60, 40)


def test_translator_can_be_traced_and_saved(source: Checkpoint, tmp_path: Path) -> None:
    """Inference uses PyTorch's own operations alone, so that other programs can run it."""
    translator = Translator(source, "AtoB")
    image = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit says that it is deprecated
        torch.jit.save(torch.jit.trace(translator, image), tmp_path / "traced.pt")
        traced = torch.jit.load(tmp_path / "traced.pt")
    torch.testing.assert_close(traced(image), translator(image))


def test_translator_can_be_exported_and_saved(source: Checkpoint, tmp_path: Path) -> None:
    translator = Translator(source, "BtoA")
    image = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(translator, (image,)), tmp_path / "program.pt2")
        program = torch.export.load(tmp_path / "program.pt2").module()
    torch.testing.assert_close(program(image), translator(image))
