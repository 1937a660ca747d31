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


def test_an_output_that_cannot_be_is_told_before_the_work(
    invoke: Invoke, make_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*arguments: object, **named: object) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr("gan_eval.features.FeatureReader.open", never)
    (tmp_path / "file").touch()
    result = invoke("stats", make_folder("real"), "-o", tmp_path / "file" / "out.npz")
    assert result.exit_code == 3
    assert "out.npz: cannot be written" in result.stderr


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


def test_shards_of_a_source_make_its_statistics(invoke: Invoke, make_folder: MakeFolder, tmp_path: Path) -> None:
    folder = make_folder("real", 20)
    invoke("stats", folder, "-o", tmp_path / "whole.npz", "--keep-features")
    for number in (1, 2, 3):
        name = tmp_path / f"{number}.npz"
        assert invoke("stats", folder, "--shard", f"{number}/3", "-o", name, "--keep-features").exit_code == 0
    merged = invoke("stats", "merge", *(tmp_path / f"{i}.npz" for i in (1, 2, 3)), "-o", tmp_path / "all.npz")
    assert merged.exit_code == 0
    scores = [
        json.loads(invoke("score", tmp_path / f"{name}.npz", folder, "--json").stdout)["scores"]
        for name in ("whole", "all")
    ]
    assert scores[0] == scores[1]


def test_a_forgotten_shard_is_named(invoke: Invoke, make_folder: MakeFolder, tmp_path: Path) -> None:
    invoke("stats", make_folder("real", 20), "--shard", "1/2", "-o", tmp_path / "1.npz")
    result = invoke("stats", "merge", tmp_path / "1.npz", "-o", tmp_path / "all.npz")
    assert (result.exit_code, "1 of its 2 parts are missing (2/2)" in result.stderr) == (3, True)
    assert "--partial" in result.stderr
    assert not (tmp_path / "all.npz").exists()


def test_a_shard_that_does_not_exist_is_refused(invoke: Invoke, make_folder: MakeFolder, tmp_path: Path) -> None:
    result = invoke("stats", make_folder("real", 20), "--shard", "3/2", "-o", tmp_path / "m.npz")
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)
    assert "--shard" in result.stderr
