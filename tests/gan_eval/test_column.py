"""`column=`: which part of each sample holds the images, wherever sources are taken."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import Result
from numpy.typing import NDArray
from PIL import Image

import gan_eval

pytestmark = pytest.mark.usefixtures("tiny_everywhere")
COUNT = 12


def pictures(seed: int, shift: int = 0) -> NDArray[np.uint8]:
    low = np.random.default_rng(seed).integers(0, 200, (COUNT, 3, 4, 3)) + shift
    return low.repeat(5, 1).repeat(5, 2).astype(np.uint8)


REAL, INPUTS, OUTPUTS = pictures(0), pictures(1, 50), pictures(2, 25)


class Records:
    """A map-style dataset; each sample a mapping or a tuple of an input, an output and a label."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def __len__(self) -> int:
        return COUNT

    def __getitem__(self, index: int) -> Any:
        sample = {"input": INPUTS[index], "output": OUTPUTS[index], "label": index}
        return sample if self.kind is dict else tuple(sample.values())


class Dataset(Records):
    """A Hugging Face dataset as its users see it: rows by place and by iteration, PIL images in columns."""

    column_names = ("input", "output")

    def __getitem__(self, index: int) -> Any:
        return {"input": Image.fromarray(INPUTS[index]), "output": Image.fromarray(OUTPUTS[index])}

    def __iter__(self) -> Any:
        return (self[index] for index in range(COUNT))


def members() -> list[tuple[str, bytes]]:
    found = []
    for index in range(COUNT):
        for field, images in (("input", INPUTS), ("output", OUTPUTS)):
            stream = io.BytesIO()
            Image.fromarray(images[index]).save(stream, "PNG")
            found.append((f"{index:03}.{field}.png", stream.getvalue()))
    return found


def zipped(folder: Path, name: str = "pairs") -> Path:
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        for member, data in members():
            archive.writestr(member, data)
    return folder / f"{name}.zip"


def tarred(folder: Path) -> Path:
    with tarfile.open(folder / "pairs.tar", "w") as archive:
        for name, data in members():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return folder / "pairs.tar"


SOURCES: dict[str, tuple[Callable[[Path], object], str | int]] = {
    "dataset of mappings": (lambda folder: Records(dict), "output"),
    "dataset of tuples": (lambda folder: Records(tuple), 1),
    "place as a text": (lambda folder: Records(tuple), "1"),
    "Hugging Face dataset": (lambda folder: Dataset(dict), "output"),
    "iterator of batches": (lambda folder: iter([{"input": INPUTS, "output": OUTPUTS}]), "output"),
    "data loader": (lambda folder: torch.utils.data.DataLoader(tensors(), batch_size=5), 1),
    "zip": (zipped, "output"),
    "zip, whole ending": (zipped, "output.png"),
    "tar": (tarred, "output"),
}


def tensors() -> Any:
    both = [torch.from_numpy(images).permute(0, 3, 1, 2) for images in (INPUTS, OUTPUTS)]
    return torch.utils.data.TensorDataset(*both)


@pytest.mark.parametrize("kind", SOURCES)
def test_the_part_asked_for_is_scored(kind: str, tmp_path: Path) -> None:
    make, column = SOURCES[kind]
    expected = gan_eval.fid(REAL, OUTPUTS, interval=False).value
    assert gan_eval.fid(REAL, make(tmp_path), interval=False, column=column).value == pytest.approx(expected)


@pytest.mark.parametrize("kind", [kind for kind in SOURCES if "text" not in kind])
def test_without_it_several_are_refused(kind: str, tmp_path: Path) -> None:
    make, _ = SOURCES[kind]
    with pytest.raises(gan_eval.InputError, match=r"column=|choose one as") as caught:
        gan_eval.fid(REAL, make(tmp_path), interval=False)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", SOURCES)
def test_a_part_that_is_not_there_is_refused(kind: str, tmp_path: Path) -> None:
    make, _ = SOURCES[kind]
    with pytest.raises(gan_eval.InputError, match="nothing"):
        gan_eval.fid(REAL, make(tmp_path), interval=False, column="nothing")


def test_every_function_takes_it(tmp_path: Path) -> None:
    source, column = Records(dict), "output"
    expected = gan_eval.kid(REAL, OUTPUTS, interval=False).value
    with gan_eval.Reference(REAL, column=column, interval=False) as reference:
        values = [reference.kid(source).value]
    values.append(gan_eval.score(REAL, source, metrics=["kid"], column=column, interval=False)[0].value)
    compared = gan_eval.compare(REAL, {"a": source}, metrics=["kid"], column=column, interval=False)
    values.append(compared.models[0].scores[0].value)
    assert values == pytest.approx([expected] * 3)


def test_metric_takes_it() -> None:
    def network(images: torch.Tensor) -> torch.Tensor:
        return images.float().mean((2, 3))

    values = []
    for fake, options in ((OUTPUTS, {}), ({"input": INPUTS, "output": OUTPUTS}, {"column": "output"})):
        metric = gan_eval.Metric("kid", features=network, **options)
        metric.update(REAL, real=True)
        metric.update([fake] if isinstance(fake, dict) else fake, real=False)
        values.append(float(metric.compute()))
    assert values[0] == pytest.approx(values[1])


def test_nrds_takes_it(tmp_path: Path) -> None:
    pairs = zipped(tmp_path)
    options: dict[str, Any] = {"seeds": 2, "epochs": 2, "workers": 0}
    models = {"a": f"{pairs}::output", "b": OUTPUTS}
    by_name = gan_eval.nrds(models, REAL, **options)
    by_column = gan_eval.nrds({**models, "a": pairs}, REAL, column="output", **options)
    assert [score.value for score in by_name.scores] == [score.value for score in by_column.scores]


def test_a_name_in_the_path_goes_before(tmp_path: Path) -> None:
    pairs = zipped(tmp_path)
    expected = gan_eval.fid(INPUTS, OUTPUTS, interval=False).value
    assert gan_eval.fid(f"{pairs}::input", pairs, interval=False, column="output").value == pytest.approx(expected)


def test_models_of_one_zip_each_pair_by_their_inputs(tmp_path: Path) -> None:
    models = {name: zipped(tmp_path, name) for name in ("a", "b")}
    paired = gan_eval.compare(REAL, models, column="output", interval=False).pairing
    assert paired is not None
    assert len(paired.groups[0].stems) == COUNT


def test_the_command_line_has_the_option(tmp_path: Path, invoke: Callable[..., Result]) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    for index, image in enumerate(REAL):
        Image.fromarray(image).save(folder / f"{index}.png")
    made = invoke("fid", folder, zipped(tmp_path), "--column", "output", "--no-interval", "--json")
    value = json.loads(made.stdout)["scores"][0]["value"]
    assert value == pytest.approx(gan_eval.fid(REAL, OUTPUTS, interval=False).value)
    refused = invoke("fid", folder, zipped(tmp_path))
    assert "or with --column" in refused.stderr
