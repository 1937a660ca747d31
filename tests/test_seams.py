"""Train, translate, rank, compare, ask people: what one command writes, the next one reads as it was really written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Invoke = Callable[..., Result]
Ok = Callable[..., str]
Translate = Callable[..., dict[str, Path]]
QUIET = ("--quiet", "--json")
TINY_RUN = (
    *("--preset", "demo", "--channels", 4, "--n-res", 1, "--size", 24, "--scales", 0, "--margin", 4),
    *("--iterations", 2, "--checkpoint-every", 1, "--validate-every", 0, "--sample-every", 0, "--batch-size", 1),
    *("--no-tensorboard", "--device", "cpu"),
)


def succeeded(result: Result) -> str:
    assert result.exit_code == 0, result.stderr
    return result.stdout


@pytest.fixture
def ok(invoke: Invoke) -> Ok:
    """Run a command that must succeed; its standard output."""
    return lambda *words, group="gan-eval": succeeded(invoke(*words, group=group))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `data`, a small DATA folder, and `run`, two steps of training on it."""
    from click.testing import CliRunner
    from gan_eval_cli.nicegan import nicegan_group

    def nicegan(*words: object) -> None:
        succeeded(CliRunner().invoke(nicegan_group, list(map(str, words)), catch_exceptions=False))

    folder = tmp_path_factory.mktemp("trained")
    nicegan("data", "make-demo", folder / "data", "--size", 32, "--train", 3, "--test", 12)
    nicegan("train", folder / "data", "--out", folder / "run", *TINY_RUN)
    return folder


@pytest.fixture
def data(trained: Path, tmp_path: Path) -> Path:
    """A copy of the DATA folder that a test may change."""
    return shutil.copytree(trained / "data", tmp_path / "data")


@pytest.fixture
def translated(ok: Ok, trained: Path, data: Path, tmp_path: Path) -> Translate:
    """`translated("AtoB")`: name → folder of each checkpoint's translation of DATA, or of what is named instead."""

    def call(direction: str, *inputs: Path) -> dict[str, Path]:
        models = {f"step{n}": tmp_path / f"step{n}.{direction}" for n in (1, 2)}
        for n, out in enumerate(models.values(), 1):
            step = trained / f"run/checkpoints/step-0000000{n}"
            words = ("--direction", direction, "--out", out, "--device", "cpu")
            ok("translate", step, *(inputs or (data,)), *words, group="nicegan")
        return models

    return call


def named(models: dict[str, Path]) -> list[str]:
    """NAME=FOLDER of each."""
    return [f"{name}={folder}" for name, folder in models.items()]


SHORT = ("--seeds", 2, "--epochs", 2, *QUIET)


@pytest.mark.usefixtures("tiny_everywhere")
@pytest.mark.parametrize("direction", ["AtoB", "BtoA"])
def test_nrds_finds_real_images_and_ranks_the_untranslated_inputs(
    ok: Ok, translated: Translate, data: Path, direction: str
) -> None:
    document = json.loads(ok("nrds", *named(translated(direction)), *SHORT))
    assert {score["details"]["model"] for score in document["scores"]} == {"step1", "step2", "identity"}
    assert document["inputs"]["real"]["source"] == str(data / f"test{direction[-1]}")
    assert document["inputs"]["identity"]["count"] == 12


@pytest.mark.usefixtures("tiny_everywhere")
@pytest.mark.parametrize("form", ["folders", "files"])
def test_nrds_finds_inputs_however_they_were_named(ok: Ok, translated: Translate, data: Path, form: str) -> None:
    files = sorted((data / "testA").iterdir())
    for number, file in enumerate(files):
        (data / f"part{number % 2}").mkdir(exist_ok=True)
        file.rename(data / f"part{number % 2}" / file.with_stem(f"{file.stem}.käse").name)
    parts = [data / "part0", data / "part1"]
    inputs = parts if form == "folders" else sorted(file for part in parts for file in part.iterdir())
    document = json.loads(ok("nrds", *named(translated("AtoB", *inputs)), *SHORT))
    assert document["inputs"]["identity"]["count"] == 12


@pytest.mark.usefixtures("tiny_everywhere")
def test_nrds_says_why_changed_inputs_do_not_compete(ok: Ok, translated: Translate, data: Path) -> None:
    models = translated("AtoB")
    (data / "testA/0003.png").unlink()
    document = json.loads(ok("nrds", *named(models), *SHORT))
    assert "identity" not in document["inputs"]
    assert any("not the images that were translated" in warning for warning in document["warnings"])


def test_study_shows_the_inputs(ok: Ok, translated: Translate, data: Path, tmp_path: Path) -> None:
    methods = [word for model in named(translated("AtoB")) for word in ("--method", model)]
    ok("study", "new", "--kind", "pairwise", *methods, "--out", tmp_path / "study", "--quiet")
    manifest = json.loads((tmp_path / "study/study.json").read_text())
    key = json.loads((tmp_path / "study/study.key.json").read_text())
    shown = [key["images"][trial["reference"]] for trial in manifest["trials"] if trial["prompt"] is None]
    assert manifest["ui"]["show_reference"] is True
    assert {image["method"] for image in shown} == {"input"}
    assert {(picture["w"], picture["h"]) for picture in manifest["images"].values()} == {(24, 24)}
    assert {image["source"] for image in shown} <= {str(path) for path in (data / "testA").iterdir()}


@pytest.mark.usefixtures("tiny_everywhere")
def test_compare_tells_that_models_share_their_inputs(ok: Ok, translated: Translate, data: Path) -> None:
    models = named(translated("AtoB"))
    document = json.loads(ok("compare", data / "testB", *models, *QUIET))
    [group] = document["pairing"]["groups"]
    assert (group["models"], group["evidence"], group["inputs"]) == (["step1", "step2"], "translation.json", 12)
    text = ok("compare", data / "testB", *models, "--quiet")
    assert "step1 and step2 show the same 12 inputs (known from translation.json)." in " ".join(text.split())


@pytest.mark.usefixtures("tiny_everywhere")
def test_compare_goes_on_beside_a_damaged_record(ok: Ok, translated: Translate, data: Path) -> None:
    models = translated("AtoB")
    (models["step1"] / "translation.json").write_text("[]")
    document = json.loads(ok("compare", data / "testB", *named(models), *QUIET))
    assert document["pairing"] is None
    assert any("translation.json: wanted an object" in warning for warning in document["warnings"])
