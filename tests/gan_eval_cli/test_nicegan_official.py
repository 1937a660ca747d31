"""`nicegan info`, `import` and `export` from the outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result

from nicegan import checkpoint
from nicegan.config import RunConfig
from nicegan.models.nice.networks import build
from nicegan.models.nice.settings import NiceNetwork

Invoke = Callable[..., Result]


@pytest.fixture
def nicegan(invoke: Invoke) -> Invoke:
    return lambda *words: invoke(*words, group="nicegan")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A checkpoint without optimisers."""
    config = RunConfig(network=NiceNetwork(height=96, width=96, channels=2, n_res=1))
    weights = {name: part.state_dict() for name, part in build(config.network).parts().items()}
    checkpoint.save(tmp_path / "saved", step=7, config=config, weights=weights)
    return tmp_path / "saved"


def test_info_of_a_checkpoint(nicegan: Invoke, saved: Path) -> None:
    result = nicegan("info", saved, "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert (document["schema"], document["step"], document["config"]["network"]["channels"]) == ("nicegan-info/1", 7, 2)
    assert set(document["networks"]) == {"gen2B", "gen2A", "disA", "disB"}


def test_info_prints_the_table(nicegan: Invoke) -> None:
    result = nicegan("info", "--preset", "demo")
    assert result.exit_code == 0, result.stderr
    assert "generators" in result.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [(("--preset", "none"), 3), (("nowhere",), 3), (("x", "--preset", "demo"), 2), (("--size", 64), 3)],
)
def test_faults_of_info(nicegan: Invoke, words: tuple[object, ...], code: int) -> None:
    result = nicegan("info", *words)
    assert (result.exit_code, result.stdout) == (code, "")


def test_export_and_import_again(nicegan: Invoke, saved: Path, tmp_path: Path) -> None:
    assert nicegan("export", saved, "--out", tmp_path / "theirs.pt").exit_code == 0
    result = nicegan("import", tmp_path / "theirs.pt", "--out", tmp_path / "back", "--size", 96, "--json")
    assert json.loads(result.stdout)["step"] == 7
    first, back = checkpoint.read(saved), checkpoint.read(tmp_path / "back")
    for name in first.networks:
        one, other = checkpoint.load_weights(first, name), checkpoint.load_weights(back, name)
        assert all(torch.equal(one[key], other[key]) for key in one)


def test_import_of_something_else_is_one_line(nicegan: Invoke, tmp_path: Path) -> None:
    (tmp_path / "x.pt").write_bytes(b"GIF89a")
    result = nicegan("import", tmp_path / "x.pt", "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()
