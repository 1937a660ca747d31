"""Files that training writes about itself: older ones are read, damaged ones never believed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from gan_eval.errors import InputError
from gan_eval.files import write_json
from nicegan import checkpoint, run
from nicegan.config import RunConfig, preset
from nicegan.journal import LOG, METRICS, Journal, records
from tests.damage import damages, flips

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


def write_run(folder: Path) -> Path:
    names = {name: run.ImageNames(3, "0" * 64) for name in ("trainA", "trainB", "testA", "testB")}
    domains = {"trainA": "/a", "trainB": "/b"}
    document = run.RunDocument(preset("demo"), None, domains, names, 1, {"features": "efficientnet-lite0"})
    write_json(folder / run.CONFIG, run.RUN.encode(document))
    return folder / run.CONFIG


def write_checkpoint(folder: Path) -> Path:
    checkpoint.save(folder, step=12, config=RunConfig(), weights={"gen2B": {"w": torch.ones(2)}}, data=folder)
    return folder / checkpoint.CONFIG


def write_best(folder: Path) -> Path:
    checkpoint.mark_best(folder, 12)
    return folder / "checkpoints" / checkpoint.BEST


READERS = {
    "run": (write_run, lambda path: run.read_config(path.parent)),
    "checkpoint": (write_checkpoint, lambda path: checkpoint.read(path.parent)),
    "best": (write_best, lambda path: checkpoint.best_step(path.parent.parent)),
}


@pytest.mark.parametrize("name", READERS)
def test_whatever_damages_a_document_is_named_with_a_remedy_in_one_line(name: str, tmp_path: Path) -> None:
    write, read = READERS[name]
    path = write(tmp_path)
    text = path.read_text()
    assert read(path) is not None
    for what, data in damages(text):
        path.write_bytes(data)
        with pytest.raises(InputError) as caught:
            read(path)
        message = str(caught.value)
        assert message.startswith(str(path)), what
        assert "\n" not in message
        assert message.endswith(")"), f"{what}: {message}"


@pytest.mark.parametrize("name", READERS)
def test_no_turned_bit_is_believed(name: str, tmp_path: Path) -> None:
    write, read = READERS[name]
    path = write(tmp_path)
    flipped = list(flips(path.read_text()))
    assert len(flipped) > 10
    for data in flipped:
        path.write_bytes(data)
        with pytest.raises(InputError):
            read(path)


LINES: Mapping[str, Mapping[str, object]] = {
    LOG: {"generator": 1.5, "learning_rate": 1e-4},
    METRICS: {
        "AtoB": 1.5,
        "mean": 1.5,
        "metric": "kd",
        "features": "x",
        "direction": "lower",
        "images": "translated",
        "n_real_fake": {"AtoB": [4, 4]},
    },
}


@pytest.mark.parametrize("name", LINES)
def test_a_damaged_line_counts_as_absent_and_the_others_stay(name: str, tmp_path: Path) -> None:
    journal = Journal(tmp_path, step=0, tensorboard=False)
    for step in (1, 2, 3):
        journal.write(name, step, LINES[name])
    path = tmp_path / name
    first, middle, last = path.read_text().splitlines()
    assert [record["step"] for record in records(path)] == [1, 2, 3]
    changed = [data for _, data in damages(middle)] + list(flips(middle, every=3))
    for data in changed:
        path.write_bytes(b"\n".join((first.encode(), data, last.encode(), b"")))
        assert [record["step"] for record in records(path)] in ([1, 3], [1]), data
    assert len(changed) > 30


def test_a_line_reads_back_as_it_was_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path, step=0, tensorboard=False)
    for name, values in LINES.items():
        journal.write(name, 4, values)
        [record] = records(tmp_path / name)
        assert json.loads(json.dumps(record)) == {"step": 4, **values}


@pytest.mark.parametrize("step", [-1, 1.5, None])
def test_a_line_of_the_log_without_a_step_counts_as_absent(step: object, tmp_path: Path) -> None:
    (tmp_path / LOG).write_text(json.dumps({"generator": 1.0} | ({} if step is None else {"step": step})) + "\n")
    assert list(records(tmp_path / LOG)) == []


def test_runs_of_the_first_form_are_read(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "run-1-first.json", tmp_path / run.CONFIG)
    assert run.read_config(tmp_path) == RunConfig(validate_on="test")  # as all runs were validated then
    assert run.read_data(tmp_path) == Path("/home/me/data")
    assert run.read_domains(tmp_path) == (Path("/home/me/data/trainA"), Path("/home/me/data/trainB"))


def test_runs_of_the_second_form_are_read(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "run-1.json", tmp_path / run.CONFIG)
    config = run.read_config(tmp_path)
    assert (config.network.height, config.optim.iterations, config.loss.cycle) == (32, 2, 10.0)
    assert run.read_domains(tmp_path)[0] == Path("/home/me/data/trainA")


@pytest.mark.parametrize("name", ["checkpoint-1-first", "checkpoint-1"])
def test_checkpoints_of_version_1_are_read(name: str, tmp_path: Path) -> None:
    text = (GOLDEN / f"{name}.json").read_text()
    (tmp_path / checkpoint.CONFIG).write_text(text)
    for file, size in json.loads(text)["files"].items():
        (tmp_path / file).write_bytes(bytes(size))
    found = checkpoint.read(tmp_path)
    assert (found.step, found.networks[0], found.resumable) == (
        (5, "gen2B", False) if "first" in name else (2, "gen2B", True)
    )
    (tmp_path / checkpoint.WEIGHTS).write_bytes(b"cut")
    with pytest.raises(InputError, match="cut short"):
        checkpoint.read(tmp_path)


def test_journals_and_the_note_of_the_best_without_versions_are_read_and_brought_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    shutil.copy(GOLDEN / "best.json", tmp_path / "checkpoints" / checkpoint.BEST)
    for name in (LOG, METRICS):
        shutil.copy(GOLDEN / name, tmp_path / name)
    before = {name: list(records(tmp_path / name)) for name in (LOG, METRICS)}
    assert [record["step"] for record in before[METRICS]] == [0, 10, 20]
    assert (checkpoint.best_step(tmp_path), run.best_step(tmp_path)) == (10, 10)
    Journal(tmp_path, step=20, tensorboard=False)
    assert {name: list(records(tmp_path / name)) for name in (LOG, METRICS)} == before
    assert '"sha256"' in (tmp_path / METRICS).read_text().splitlines()[0]


def test_a_folder_whose_name_is_not_utf_8_is_found_again(tmp_path: Path) -> None:
    data = tmp_path / "caf\udce9"
    document = run.RunDocument(
        preset("demo"),
        str(data),
        {"trainA": f"{data}/trainA", "trainB": f"{data}/trainB"},
        {name: run.ImageNames(1, "0" * 64) for name in ("trainA", "trainB", "testA", "testB")},
        1,
    )
    write_json(tmp_path / run.CONFIG, run.RUN.encode(document))
    assert run.read_data(tmp_path) == data
