"""`nicegan train`, `translate` and `data`: what stands on stdout, what ends with which code."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from click.testing import Result
from gan_eval_cli.nicegan.overrides import OVERRIDES, overridden
from PIL import Image

from nicegan.config import DataConfig, OptimConfig, RunConfig, preset
from nicegan.datasets import PAPER_SETS
from nicegan.models.table import MODELS

ROOT = Path(__file__).resolve().parents[2]
Invoke = Callable[..., Result]
TINY = ("--size", 24, "--channels", 2, "--n-res", 1, "--scales", "0,1", "--margin", 4, "--workers", 0)
QUICK = (*TINY, "--preset", "demo", "--validate-every", 0, "--batch-size", 1, "--no-tensorboard", "--device", "cpu")


@pytest.fixture
def nicegan(invoke: Invoke) -> Invoke:
    return lambda *words: invoke(*words, group="nicegan")


@pytest.fixture
def demo(nicegan: Invoke, tmp_path: Path) -> Path:
    assert nicegan("data", "make-demo", tmp_path / "demo", "--size", 32, "--train", 3, "--test", 2).exit_code == 0
    return tmp_path / "demo"


@pytest.fixture
def run(nicegan: Invoke, demo: Path, tmp_path: Path) -> Path:
    """A run of two steps."""
    result = nicegan("train", demo, "--out", tmp_path / "run", *QUICK, "--iterations", 2)
    assert result.exit_code == 0, result.stderr
    return tmp_path / "run"


@pytest.mark.usefixtures("tiny_everywhere")
def test_train_validates_over_steps(nicegan: Invoke, demo: Path, tmp_path: Path) -> None:
    words = (*QUICK, "--validate-every", 1, "--iterations", 1, "--json")
    result = nicegan("train", demo, "--out", tmp_path / "run", *words)
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert (document["schema"], document["step"], document["finished"]) == ("nicegan-train/1", 1, True)
    first, last = document["validations"]
    assert (first["step"], first["images"], last["step"], last["images"]) == (0, "untranslated", 1, "translated")
    assert (last["metric"], last["features"]) == ("kid", "inception")
    assert last["AtoB"] != first["AtoB"]


def doubled(data: Path, *parts: str) -> None:
    """Give every image of some folders a second one, so that there are enough to be split."""
    for part in parts:
        for path in list((data / part).iterdir()):
            shutil.copy(path, path.with_name(f"again-{path.name}"))


@pytest.mark.usefixtures("tiny_everywhere")
def test_the_best_on_the_test_images_is_marked_and_cross_fitted(nicegan: Invoke, demo: Path, tmp_path: Path) -> None:
    doubled(demo, "testA", "testB")
    words = (*QUICK, "--validate-every", 1, "--iterations", 2, "--validate-on", "test")
    result = nicegan("train", demo, "--out", tmp_path / "run", *words)
    assert result.exit_code == 0, result.stderr
    text = " ".join(result.stdout.split())
    assert "its own score on them looks better than it is" in text
    assert "Cross-fitted over 20 random splits" in text
    document = json.loads(nicegan("train", "--out", tmp_path / "run", "--resume", "--json").stdout)
    assert document["honest"]["splits"] == 20
    assert document["honest"]["optimism"] == pytest.approx(
        document["honest"]["honest"] - document["honest"]["apparent"]
    )


@pytest.mark.usefixtures("tiny_everywhere")
def test_the_best_is_chosen_on_held_out_training_images(
    nicegan: Invoke, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubled(demo, "trainA", "trainB")
    monkeypatch.setattr("nicegan.data.HELD_OUT", 0.5)
    monkeypatch.setattr("nicegan.data.FEWEST_HELD_OUT", 2)
    words = (*QUICK, "--validate-every", 1, "--iterations", 1)
    result = nicegan("train", demo, "--out", tmp_path / "run", *words)
    assert result.exit_code == 0, result.stderr
    text = " ".join(result.stdout.split())
    assert "the best by its mean on the held-out training images" in text
    assert "Cross-fitted" not in text
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["judge"]["images"] == "held-out training images"
    assert config["images"]["trainA"]["count"] < len(list((demo / "trainA").iterdir()))
    other = nicegan("train", "--out", tmp_path / "run", "--resume", "--validate-on", "test", "--iterations", 2)
    assert other.exit_code == 3
    assert "validate_on" in other.stderr


def test_train_says_where_the_checkpoint_is(nicegan: Invoke, run: Path) -> None:
    result = nicegan("train", "--out", run, "--resume")
    assert result.exit_code == 0, result.stderr
    assert str(run / "checkpoints/step-00000002") in result.stdout


def test_resume_takes_the_runs_options_and_may_prolong_it(nicegan: Invoke, demo: Path, tmp_path: Path) -> None:
    first = nicegan("train", demo, "--out", tmp_path / "run", *QUICK, "--iterations", 4, "--stop-at", 2)
    assert first.exit_code == 0, first.stderr
    result = nicegan("train", "--out", tmp_path / "run", "--resume", "--stop-at", 4, "--no-tensorboard", "--json")
    assert json.loads(result.stdout)["step"] == 4, result.stderr


def test_resume_with_another_option_names_it(nicegan: Invoke, run: Path) -> None:
    result = nicegan("train", "--out", run, "--resume", "--cycle", 5)
    assert result.exit_code == 3
    assert "loss.cycle 10.0 → 5.0" in result.stderr


def test_second_run_in_a_folder_is_refused(nicegan: Invoke, run: Path, demo: Path) -> None:
    result = nicegan("train", demo, "--out", run, *QUICK)
    assert result.exit_code == 3
    assert "--resume" in result.stderr


def test_bad_image_ends_training_before_it_begins(nicegan: Invoke, demo: Path, tmp_path: Path) -> None:
    (demo / "trainA/0000.png").write_bytes(b"nothing")
    result = nicegan("train", demo, "--out", tmp_path / "run", *QUICK)
    assert result.exit_code == 3
    assert "trainA/0000.png" in result.stderr
    assert not (tmp_path / "run").exists()
    kept = nicegan("train", demo, "--out", tmp_path / "run", *QUICK, "--iterations", 1, "--on-bad-image", "skip")
    assert kept.exit_code == 0
    assert "left out: trainA/0000.png" in kept.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--scales", "0,x"), 2, "separated by commas"),
        (("--scales", "2"), 3, "too few for scale C2"),
        (("--batch-size", "0"), 3, "batch-size: 0 is below 1"),
        (("--preset", "huge"), 3, "no 'huge'"),
        (("--init", "nowhere"), 3, "not a checkpoint"),
    ],
)
def test_impossible_wish_is_one_line(
    nicegan: Invoke, demo: Path, tmp_path: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    result = nicegan("train", demo, "--out", tmp_path / "run", *QUICK, *words)
    assert result.exit_code == code
    assert message in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_has_an_option(model: str) -> None:
    row = MODELS[model]
    classes = {"network": row.network, "loss": row.loss, "optim": OptimConfig, "data": DataConfig, "": RunConfig}
    names = {(group, value.name) for group, cls in classes.items() for value in fields(cls)}
    names -= {("", name) for name in ("model", "network", "loss", "optim", "data")}
    assert names <= {(override.group, override.name) for override in OVERRIDES}


def test_options_reach_the_configuration() -> None:
    given = {"size": 128, "network_width": 160, "loss_adversarial": (1.0, 2.0, 3.0), "seed": 4}
    changed = overridden(RunConfig(), given)
    assert (changed.network.height, changed.network.width, changed.seed) == (128, 160, 4)
    assert changed.to_dict()["loss"]["adversarial"] == (1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    ("given", "last"),
    [
        ({"optim_iterations": 200_000}, 200_000),
        ({"optim_iterations": 50}, 50),
        ({"optim_iterations": 200_000, "optim_stop_at": 120_000}, 120_000),
        ({"optim_stop_at": 20}, 20),
        ({}, 100_000),
    ],
)
def test_a_new_schedule_is_run_to_its_end(given: dict[str, int], last: int) -> None:
    assert overridden(preset("paper"), given).optim.last_step == last


def test_interrupted_training_saves_itself(demo: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = [str(word) for word in ("train", demo, "--out", run, *QUICK, "--iterations", 100000, "--log-every", 1)]
    program = [sys.executable, "-c", "from gan_eval_cli.app import nicegan; nicegan()"]
    with subprocess.Popen([*program, *words], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        while not (run / "log.jsonl").exists() or not (run / "log.jsonl").read_text():
            assert process.poll() is None
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "continue with --resume" in stderr
    steps = len((run / "log.jsonl").read_text().splitlines())
    assert [path.name for path in (run / "checkpoints").glob("step-*")] == [f"step-{steps:08d}"]


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM, signal.SIGTERM]])
def test_job_whose_every_process_is_told_to_end_saves_itself(
    demo: Path, tmp_path: Path, signals: list[signal.Signals]
) -> None:
    """As a scheduler, `timeout` or a terminal does it: the processes that load images are told as well."""
    run = tmp_path / "run"
    words = [str(word) for word in ("train", demo, "--out", run, *QUICK, "--iterations", 100000, "--log-every", 1)]
    program = [sys.executable, "-c", "from gan_eval_cli.app import nicegan; nicegan()", *words, "--workers", "2"]
    with subprocess.Popen(program, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        while not (run / "log.jsonl").exists() or not (run / "log.jsonl").read_text():
            assert process.poll() is None
            time.sleep(0.005)
        for number in signals:
            os.killpg(process.pid, number)
            time.sleep(0.05)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "continue with --resume" in stderr
    assert len(list((run / "checkpoints").glob("step-*"))) == 1


def test_translate_writes_images_and_says_so(nicegan: Invoke, run: Path, demo: Path, tmp_path: Path) -> None:
    words = ("translate", run, demo, "--out", tmp_path / "out", "--direction", "BtoA", "--size", "32x24")
    result = nicegan(*words)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("2 images by step 2 of ")
    with Image.open(tmp_path / "out/0001.png") as picture:
        assert picture.size == (32, 24)
    document = json.loads(nicegan(*words, "--json").stdout)
    assert (document["written"], document["kept"], document["reference"]) == (0, 2, str(demo / "testA"))


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("run", "nothing"), 3, "nothing: no such file or folder"),
        (("nothing", "demo"), 3, "not a checkpoint"),
        (("run", "demo", "--size", "x"), 2, "not a size in pixels"),
        (("run", "demo", "--size", "30"), 3, "not multiples of 4"),
    ],
)
def test_impossible_translation_is_one_line(
    nicegan: Invoke,
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = nicegan("translate", *words, "--out", "out")
    assert result.exit_code == code
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_data_list_names_the_papers_sets(nicegan: Invoke) -> None:
    assert "vangogh2photo" in nicegan("data", "list").stdout
    sets = json.loads(nicegan("data", "list", "--json").stdout)["sets"]
    assert [each["name"] for each in sets] == ["cat2dog", "horse2zebra", "summer2winter_yosemite", "vangogh2photo"]


def test_data_fetch_takes_an_archive_and_counts_it(
    nicegan: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {"trainA": 2, "trainB": 1, "testA": 1, "testB": 1}
    monkeypatch.setitem(PAPER_SETS, "cat2dog", replace(PAPER_SETS["cat2dog"], counts=counts))  # type: ignore[arg-type]
    with zipfile.ZipFile(tmp_path / "cat2dog.zip", "w") as archive:
        for name, count in counts.items():
            for number in range(count):
                archive.writestr(f"cat2dog/{name}/{number}.jpg", b"")
    words = ("data", "fetch", "cat2dog", "--out", tmp_path / "out", "--from", tmp_path / "cat2dog.zip")
    assert json.loads(nicegan(*words, "--json").stdout)["fetched"] is True
    assert "already" in nicegan(*words).stdout


def test_data_fetch_of_an_unknown_set_lists_the_known(nicegan: Invoke, tmp_path: Path) -> None:
    result = nicegan("data", "fetch", "apple2orange", "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert "horse2zebra" in result.stderr


def test_make_demo_overwrites_nothing(nicegan: Invoke, demo: Path) -> None:
    assert nicegan("data", "make-demo", demo).exit_code == 3


def test_a_paired_model_trains_on_photographs_and_their_edges(nicegan: Invoke, tmp_path: Path) -> None:
    drawn, pairs = tmp_path / "drawn", tmp_path / "pairs"
    counts = ("--size", 32, "--train", 4, "--test", 1)
    assert nicegan("data", "make-demo", drawn, *counts, "--paired").exit_code == 0
    made = nicegan("data", "make-pairs", drawn / "trainB", "--out", pairs, "--size", 32, "--test", 1)
    assert made.stdout == f"3 pairs to train on, 1 to test → {pairs}\n"
    small = ("--size", 32, "--channels", 2, "--iterations", 2, "--workers", 0, "--no-tensorboard")
    for data in (drawn, pairs):
        run = ("train", data, "--model", "edgan", "--preset", "demo", "--out", tmp_path / f"run-{data.name}")
        assert nicegan(*run, *small, "--validate-every", 0).exit_code == 0
    assert nicegan("data", "make-pairs", drawn / "trainB", "--out", pairs).exit_code == 3


def test_a_model_of_one_direction_is_profiled(nicegan: Invoke) -> None:
    result = nicegan("info", "--model", "cut", "--preset", "demo")
    assert result.exit_code == 0
    assert "both of a kind" not in result.stdout


def test_export_writes_a_program_of_torch(nicegan: Invoke, run: Path, tmp_path: Path) -> None:
    result = nicegan("export", run, "--torch", "--direction", "BtoA", "--out", tmp_path / "a.pt2")
    assert result.stdout == f"nice, BtoA, step 2 → {tmp_path / 'a.pt2'}\n"
    assert (tmp_path / "a.pt2").stat().st_size > 0
    assert nicegan("export", run, "--torch", "--onnx", "--out", tmp_path / "b").exit_code == 2
