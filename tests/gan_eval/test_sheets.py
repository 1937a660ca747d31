"""What is shown of each model: which images, beside which real ones, and what cannot be shown."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_eval.files import write_json
from gan_eval.images import FilesSource, scan
from gan_eval.sheets import SHOWN, SIDE, model_sheets, shown
from gan_eval.statistics_file import save
from gan_eval.translation import TRANSLATION, InputsRecord, TranslationRecord

MakeFolder = Callable[..., Path]


@pytest.fixture
def real(make_folder: MakeFolder, tiny_everywhere: object) -> Path:
    return make_folder("real", 30)


def test_copies_stand_beside_the_image_that_they_copy(real: Path, make_folder: MakeFolder) -> None:
    fakes = make_folder("copies", 8)  # the first eight real images
    (sheets,) = model_sheets(real, {"copies": fakes})
    assert len(sheets.chosen) == SHOWN
    for pair in sheets.chosen:
        assert pair.image.name == pair.beside.name
        assert pair.image.jpeg == pair.beside.jpeg


def test_best_and_worst_are_in_the_order_of_realism(real: Path, make_folder: MakeFolder) -> None:
    (sheets,) = model_sheets(real, {"shifted": make_folder("shifted", 20, seed=3, shift=60)})
    best, worst = ([image.realism for image in images] for images in (sheets.best, sheets.worst))
    assert best == sorted(best, reverse=True)
    assert worst == sorted(worst)
    assert worst[-1] <= best[-1]


def test_random_images_follow_the_seed(real: Path, make_folder: MakeFolder) -> None:
    fakes = {"fakes": make_folder("fakes", 20, seed=3)}
    first, again, other = (model_sheets(real, fakes, seed=seed)[0] for seed in (0, 0, 1))
    assert first == again
    assert [pair.image.name for pair in first.chosen] != [pair.image.name for pair in other.chosen]


def test_features_come_from_the_cache(real: Path, make_folder: MakeFolder, tiny_everywhere: object) -> None:
    fakes = {"fakes": make_folder("fakes", 20, seed=3)}
    model_sheets(real, fakes)
    seen = tiny_everywhere.seen  # type: ignore[attr-defined]
    model_sheets(real, fakes)
    assert tiny_everywhere.seen == seen  # type: ignore[attr-defined]


def test_a_broken_image_shifts_no_other(real: Path, make_folder: MakeFolder) -> None:
    from gan_eval.settings import Settings

    fakes = make_folder("fakes", 6)
    (fakes / "000.png").write_bytes(b"no image")
    (sheets,) = model_sheets(real, {"fakes": fakes}, settings=Settings(on_bad_image="skip"))
    assert sorted(pair.image.name for pair in sheets.chosen) == [f"{number:03}.png" for number in range(1, 6)]
    assert all(pair.image.name == pair.beside.name for pair in sheets.chosen)


def test_outputs_stand_beside_their_inputs(real: Path, make_folder: MakeFolder) -> None:
    inputs, outputs = make_folder("inputs", 7, seed=5), make_folder("outputs", 7, seed=6)
    paths = sorted(inputs.iterdir())
    contents = scan(FilesSource("inputs", [path.name for path in paths], Path(), paths=[str(path) for path in paths]))
    record = TranslationRecord("AtoB", inputs=InputsRecord((str(inputs),), contents.sha256), out=str(outputs))
    write_json(outputs / "translation.json", TRANSLATION.encode(record))
    (sheets,) = model_sheets(real, {"ours": outputs})
    assert len(sheets.translated) == SHOWN
    for pair in sheets.translated:
        assert pair.image.name == pair.beside.name
        assert pair.beside.jpeg == shown("", np.asarray(Image.open(inputs / pair.beside.name))).jpeg


def test_a_file_of_moments_shows_nothing(real: Path, make_folder: MakeFolder, tmp_path: Path) -> None:
    from gan_eval.features import reader
    from gan_eval.settings import Settings

    with reader(Settings()) as reading:
        save(tmp_path / "moments.npz", reading.read(make_folder("fakes", 9)))
    assert model_sheets(real, {"moments": tmp_path / "moments.npz"}) == ()
    assert model_sheets(tmp_path / "moments.npz", {"fakes": tmp_path / "fakes"}) == ()


def test_a_shown_image_is_small_and_keeps_its_shape() -> None:
    image = shown("wide.png", np.zeros((300, 600, 3), np.uint8))
    assert (image.width, image.height) == (SIDE, SIDE // 2)
    assert Image.open(io.BytesIO(image.jpeg)).size == (SIDE, SIDE // 2)
