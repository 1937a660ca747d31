"""`gan-eval weights`: what is at hand, what a file is, and the exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result

from gan_eval.extractors.inception import published_shapes
from gan_eval.extractors.known import INCEPTION_2015, LITE0_PACKAGE
from gan_eval.weights import installed_file

Invoke = Callable[..., Result]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network, and nothing in the folders of other tools."""
    monkeypatch.setenv("GAN_EVAL_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def test_list_names_what_is_at_hand_and_what_is_not(invoke: Invoke) -> None:
    done = invoke("weights", "list")
    assert done.exit_code == 0
    assert str(installed_file(LITE0_PACKAGE)) in done.stdout
    assert "not downloaded yet: gan-eval weights fetch inception" in done.stdout


def test_list_as_json(invoke: Invoke) -> None:
    document = json.loads(invoke("weights", "list", "--json").stdout)
    assert document["schema"] == "gan-eval/1"
    inception = document["weights"][0]
    assert (inception["name"], inception["sha256"], inception["path"]) == ("inception", INCEPTION_2015.sha256, None)


def test_fetch_of_what_is_there_gives_its_place(invoke: Invoke) -> None:
    done = invoke("weights", "fetch", "efficientnet-lite0")
    assert (done.exit_code, done.stdout.strip()) == (0, str(installed_file(LITE0_PACKAGE)))


def test_fetch_without_a_network_is_one_line_and_exit_3(invoke: Invoke) -> None:
    done = invoke("weights", "fetch", "inception")
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.count("\n") == 1
    assert "GAN_EVAL_OFFLINE is set" in done.stderr


def test_fetch_of_an_unknown_name_is_a_usage_error(invoke: Invoke) -> None:
    done = invoke("weights", "fetch", "vgg")
    assert done.exit_code == 2
    assert "inception, efficientnet-lite0" in done.stderr


def test_verify_knows_a_published_file(invoke: Invoke) -> None:
    done = invoke("weights", "verify", installed_file(LITE0_PACKAGE))
    assert done.exit_code == 0
    assert "the published weights of efficientnet-lite0" in done.stdout


@pytest.mark.parametrize("as_json", [False, True])
def test_verify_of_a_stranger_is_exit_4(invoke: Invoke, tmp_path: Path, as_json: bool) -> None:
    (tmp_path / "w.pth").write_bytes(b"?")
    done = invoke("weights", "verify", tmp_path / "w.pth", *(["--json"] if as_json else []))
    assert done.exit_code == 4
    assert "and not a 2015 Inception" in done.stderr
    assert (json.loads(done.stdout)["published"] is None) if as_json else done.stdout == ""


def test_verify_tells_an_inception_of_other_values(invoke: Invoke, tmp_path: Path) -> None:
    tensors = {name: torch.ones(shape) for name, shape in published_shapes().items()}
    torch.save(tensors, tmp_path / "w.pth")
    done = invoke("weights", "verify", tmp_path / "w.pth")
    assert done.exit_code == 4
    assert "a 2015 Inception with other values" in done.stderr


def test_verify_of_a_missing_file_is_exit_3(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("weights", "verify", tmp_path / "none.pth")
    assert done.exit_code == 3
    assert "no such weights file" in done.stderr
