from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

Invoke = Callable[..., Result]
MakeFolder = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("tiny_everywhere")


@pytest.mark.parametrize("words", [("stats",), ("stats", "make")])
def test_a_source_becomes_a_file(
    invoke: Invoke, make_folder: MakeFolder, tmp_path: Path, words: tuple[str, ...]
) -> None:
    result = invoke(*words, make_folder("real", 20), "-o", tmp_path / "m.npz")
    assert result.exit_code == 0
    assert result.stdout == f"{tmp_path / 'm.npz'}: moments of 20 images, 16 features each (inception)\n"
    assert np.load(tmp_path / "m.npz")["mu"].shape == (16,)


def test_options_may_come_before_the_source(invoke: Invoke, make_folder: MakeFolder, tmp_path: Path) -> None:
    assert invoke("stats", "-o", tmp_path / "m.npz", make_folder("real", 20)).exit_code == 0


def test_the_file_serves_in_place_of_its_images(invoke: Invoke, make_folder: MakeFolder, tmp_path: Path) -> None:
    real, fake = make_folder("real", 30), make_folder("fake", 20, seed=1)
    invoke("stats", real, "-o", tmp_path / "m.npz", "--keep-features")
    from_file, from_images = (
        json.loads(invoke("score", side, fake, "--json").stdout)["scores"] for side in (tmp_path / "m.npz", real)
    )
    assert [s["value"] for s in from_file] == pytest.approx([s["value"] for s in from_images], rel=1e-9)


def test_parts_are_merged(invoke: Invoke, make_folder: MakeFolder, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        invoke("stats", make_folder(name, 20, seed=seed), "-o", tmp_path / f"{name}.npz")
    result = invoke("stats", "merge", tmp_path / "a.npz", tmp_path / "b.npz", "-o", tmp_path / "all.npz", "--json")
    assert json.loads(result.stdout)["count"] == 40
    assert np.load(tmp_path / "all.npz")["n"] == 40


def test_a_file_that_cannot_be_written_is_one_line(invoke: Invoke, make_folder: MakeFolder, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = invoke("stats", make_folder("real", 20), "-o", tmp_path / "file" / "m.npz")
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)
