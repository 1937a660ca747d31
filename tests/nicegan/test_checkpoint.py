"""Checkpoint folders: whole or absent, exact, safe to read, the right ones kept."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gan_eval.errors import InputError
from gan_eval.files import content_of
from nicegan import checkpoint
from nicegan.config import RunConfig

CONFIG = RunConfig(seed=7)


def save(run: Path, step: int, *, value: float = 0.0, resumable: bool = True) -> Path:
    weights = {
        "gen2B": {"a.weight": torch.full((2, 3), value), "rho": torch.arange(3.0)},
        "disA": {"fc": torch.ones(1)},
    }
    optimisers = {
        "D": {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
        "G": {},
    }
    folder = checkpoint.folder_of(run, step)
    checkpoint.save(
        folder, step=step, config=CONFIG, weights=weights, optimisers=optimisers if resumable else None, data=run
    )
    return folder


def test_what_was_saved_is_read_back(tmp_path: Path) -> None:
    found = checkpoint.read(save(tmp_path, 5, value=0.25))
    assert (found.step, found.config, found.networks, found.data) == (5, CONFIG, ("gen2B", "disA"), tmp_path)
    weights = checkpoint.load_weights(found, "gen2B")
    assert weights.keys() == {"a.weight", "rho"}
    assert torch.equal(weights["a.weight"], torch.full((2, 3), 0.25))
    assert checkpoint.load_state(found).optimisers["D"]["param_groups"] == [{"lr": 0.1, "params": [0]}]


def test_strided_and_shared_tensors_can_be_saved(tmp_path: Path) -> None:
    image = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0)).to(memory_format=torch.channels_last)
    checkpoint.save(tmp_path / "c", step=0, config=CONFIG, weights={"gen2A": {"x": image, "y": image[0]}})
    assert torch.equal(checkpoint.load_weights(checkpoint.read(tmp_path / "c"), "gen2A")["x"], image)


def test_network_names_do_not_run_into_one_another(tmp_path: Path) -> None:
    weights = {"gen2B": {"w": torch.zeros(1)}, "ema.gen2B": {"w": torch.ones(1)}}
    checkpoint.save(tmp_path / "c", step=0, config=CONFIG, weights=weights)
    found = checkpoint.read(tmp_path / "c")
    assert found.averaged
    assert checkpoint.load_weights(found, "gen2B")["w"].item() == 0
    assert checkpoint.load_weights(found, "ema.gen2B")["w"].item() == 1


def test_newest_passes_over_what_is_not_whole(tmp_path: Path) -> None:
    for step in (10, 20, 30):
        save(tmp_path, step)
    (checkpoint.folder_of(tmp_path, 30) / checkpoint.WEIGHTS).write_bytes(b"cut")
    (tmp_path / "checkpoints/.step-00000040.x.tmp").mkdir()
    found = checkpoint.newest(tmp_path)
    assert found is not None
    assert found.step == 20
    assert checkpoint.newest(tmp_path / "nothing") is None


def test_prune_keeps_the_last_and_the_best_and_sweeps_leftovers(tmp_path: Path) -> None:
    for step in (10, 20, 30, 40):
        save(tmp_path, step)
    (tmp_path / "checkpoints/.step-00000050.x.tmp").mkdir()
    checkpoint.mark_best(tmp_path, 10)
    checkpoint.prune(tmp_path, keep_last=2)
    names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert names == ["best.json", "step-00000010", "step-00000030", "step-00000040"]
    assert checkpoint.choose(tmp_path).step == 10


def test_choose_takes_the_newest_of_a_run_without_validation(tmp_path: Path) -> None:
    save(tmp_path, 10)
    folder = save(tmp_path, 20)
    assert checkpoint.choose(tmp_path) == checkpoint.choose(folder) == checkpoint.read(folder)


def test_run_without_a_checkpoint_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(InputError, match="no whole checkpoint yet"):
        checkpoint.choose(tmp_path)


def test_folder_that_is_no_checkpoint_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a checkpoint"):
        checkpoint.choose(tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("schema", "nicegan-checkpoint/99", "newer than this program"),
        ("schema", "nicegan-run/1", "schema: wanted nicegan-checkpoint/2"),
        ("step", "soon", "step: wanted an integer, found 'soon'"),
        ("config", {"colour": 1}, "config: unknown field 'colour'"),
        ("files", {"weights.safetensors": {"bytes": 1}}, "missing, cut short or damaged"),
        ("files", {"../weights": {"bytes": 1}}, "wanted a text like"),
    ],
)
def test_damaged_description_is_an_error(tmp_path: Path, key: str, value: object, message: str) -> None:
    path = save(tmp_path, 1) / checkpoint.CONFIG
    document = json.loads(path.read_text())
    del document["sha256"]
    path.write_text(json.dumps({**document, key: value}))
    with pytest.raises(InputError, match=message):
        checkpoint.read(path.parent)


@pytest.mark.parametrize("name", [checkpoint.WEIGHTS, checkpoint.STATE])
def test_a_flipped_bit_is_noticed_and_an_earlier_checkpoint_taken(tmp_path: Path, name: str) -> None:
    save(tmp_path, 10)
    path = save(tmp_path, 20) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    found = checkpoint.newest(tmp_path)
    assert found is not None
    assert found.step == 10
    with pytest.raises(InputError, match=rf"{name}: missing, cut short or damaged \(copy the whole checkpoint again"):
        checkpoint.load_state(checkpoint.read(path.parent))


def test_the_state_alone_may_be_damaged_for_a_translation(tmp_path: Path) -> None:
    path = save(tmp_path, 20) / checkpoint.STATE
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    assert "a.weight" in checkpoint.load_weights(checkpoint.choose(tmp_path), "gen2B")


@pytest.mark.parametrize("note", ["", "{", '{"step": "10"}', '{"step": NaN}', "[10]", '{"step": -1}', "[" * 9999])
def test_a_damaged_note_of_the_best_is_named_with_its_remedy(tmp_path: Path, note: str) -> None:
    save(tmp_path, 10)
    (tmp_path / "checkpoints" / checkpoint.BEST).write_text(note)
    with pytest.raises(InputError, match=r"best\.json.*\(damaged: remove it"):
        checkpoint.choose(tmp_path)
    checkpoint.mark_best(tmp_path, None)
    assert checkpoint.choose(tmp_path).step == 10


def test_damaged_weights_and_state_are_errors(tmp_path: Path) -> None:
    found = checkpoint.read(save(tmp_path, 1))
    (found.folder / checkpoint.WEIGHTS).write_bytes(b"\xff" * 100)
    (found.folder / checkpoint.STATE).write_bytes(b"PK nonsense")
    with pytest.raises(InputError, match="cannot be read"):
        checkpoint.load_weights(found, "gen2B")
    with pytest.raises(InputError, match="damaged"):
        checkpoint.load_state(found)
    noted = replace(found, state=content_of(found.folder / checkpoint.STATE))
    with pytest.raises(InputError, match="cannot be read"):
        checkpoint.load_state(noted)


def test_state_that_would_run_code_is_refused(tmp_path: Path) -> None:
    found = checkpoint.read(save(tmp_path, 1))
    torch.save({"D": Path("anything")}, found.folder / checkpoint.STATE)
    with pytest.raises(InputError, match="cannot be read"):
        checkpoint.load_state(replace(found, state=content_of(found.folder / checkpoint.STATE)))


def test_imported_checkpoint_cannot_be_continued(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no optimiser state"):
        checkpoint.load_state(checkpoint.read(save(tmp_path, 1, resumable=False)))


def test_saving_again_replaces(tmp_path: Path) -> None:
    save(tmp_path, 1, value=1.0)
    found = checkpoint.read(save(tmp_path, 1, value=2.0))
    assert checkpoint.load_weights(found, "gen2B")["a.weight"][0, 0].item() == 2
    shutil.rmtree(found.folder)
    assert list((tmp_path / "checkpoints").iterdir()) == []
