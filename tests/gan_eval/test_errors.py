"""A caller tells the kinds of faults apart by their class, from the public functions."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import gan_eval
from gan_eval import errors, study

MakeFolder = Callable[..., Path]
LITE: dict[str, Any] = {"features": "efficientnet-lite0", "interval": False}


@pytest.fixture
def real(make_folder: MakeFolder) -> Path:
    return make_folder("real", 4)


@pytest.mark.parametrize("name", ["nowhere", "nowhere.zip", "nowhere.npz", "nowhere.tar", "@nowhere.txt"])
def test_a_source_that_is_not_there(name: str, real: Path, tmp_path: Path) -> None:
    path = f"@{tmp_path / name[1:]}" if name.startswith("@") else tmp_path / name
    with pytest.raises(gan_eval.NotFoundError):
        gan_eval.fid(real, path, **LITE)


def test_a_listed_file_that_is_not_there(real: Path) -> None:
    with pytest.raises(gan_eval.NotFoundError):
        gan_eval.fid(real, [real / "000.png", real / "none.png"], **LITE)


@pytest.mark.parametrize("name", ["a.zip", "a.npz", "a.npy", "a.tar"])
def test_a_source_that_is_damaged(name: str, real: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"no such thing" * 100)
    with pytest.raises(gan_eval.UnreadableError):
        gan_eval.fid(real, tmp_path / name, **LITE)


def test_a_damaged_image(real: Path) -> None:
    (real / "bad.png").write_bytes(b"\x89PNG")
    with pytest.raises(gan_eval.BadImagesError) as caught:
        gan_eval.fid(real, real, **LITE)
    assert isinstance(caught.value, gan_eval.UnreadableError)


def test_sources_that_are_there_and_do_not_fit_are_neither(real: Path) -> None:
    for fake in (np.zeros((2, 5), np.float32), real / "000.png"):
        with pytest.raises(gan_eval.InputError) as caught:
            gan_eval.fid(real, fake, **LITE)
        assert not isinstance(caught.value, (gan_eval.NotFoundError, gan_eval.UnreadableError, gan_eval.NetworkError))


def test_weights_that_are_not_there(real: Path, tmp_path: Path) -> None:
    for options in ({"weights": tmp_path / "none.pth"},):
        with pytest.raises(gan_eval.WeightsError) as caught:
            gan_eval.fid(real, real, features="inception", interval=False, **options)
        assert isinstance(caught.value, gan_eval.NotFoundError)


def test_weights_that_may_not_be_fetched(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_EVAL_OFFLINE", "1")
    with pytest.raises(gan_eval.WeightsError) as caught:
        gan_eval.fid(real, real, features="inception", interval=False)
    assert isinstance(caught.value, gan_eval.NotFoundError)
    assert not isinstance(caught.value, gan_eval.NetworkError)


def test_weights_that_cannot_be_fetched(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gan_eval import weights

    monkeypatch.setattr(weights, "_urls", lambda wanted: ("http://127.0.0.1:1/weights.pth",))
    with pytest.raises(gan_eval.WeightsError) as caught:
        gan_eval.fid(real, real, features="inception", interval=False)
    assert isinstance(caught.value, gan_eval.NetworkError)


def test_studies_tell_them_apart(tmp_path: Path) -> None:
    with pytest.raises(gan_eval.NotFoundError):
        study.check(tmp_path, browser=False)
    (tmp_path / "study.key.json").write_text(json.dumps({"no": "key"}))
    with pytest.raises(gan_eval.UnreadableError):
        study.check(tmp_path, browser=False)
    with pytest.raises(gan_eval.NotFoundError):
        study.collect([tmp_path / "none"], tmp_path / "out")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(gan_eval.NotFoundError):
        study.new("pairwise", {"a": tmp_path, "b": tmp_path / "none"}, tmp_path / "out")


def test_a_mismatch_and_too_few(real: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for width in (8, 9):
        np.savez(tmp_path / f"{width}.npz", feats=rng.normal(size=(20, width)).astype(np.float32))
    with pytest.raises(gan_eval.MismatchError):
        gan_eval.fid(tmp_path / "8.npz", tmp_path / "9.npz")
    with pytest.raises(gan_eval.TooFewError):
        gan_eval.kid(real, [real / "000.png"], **LITE)


def test_the_tree_of_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn = inspect.getdoc(errors) or ""
    for name, value in vars(errors).items():
        if not inspect.isclass(value) or value.__module__ != errors.__name__:
            continue
        [line] = [line for line in drawn.splitlines() if line.lstrip("│├└─ ").split(" ")[0] == name]
        depth = (len(line) - len(line.lstrip("│├└─ "))) // 4
        assert depth == len([parent for parent in value.__mro__ if issubclass(parent, errors.GanEvalError)]) - 1 or (
            "also a" in line
        )
        for other in line.partition("also a")[2].split():
            assert not other.endswith("Error") or issubclass(value, getattr(errors, other))
