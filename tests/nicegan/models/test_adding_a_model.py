"""CONTRIBUTING's steps for a new model, followed to the letter in a copy of the packages."""

from __future__ import annotations

import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nicegan.models.table import MODELS
from tests.conftest import ROOT

GIVEN = Path(__file__).parent / "new_model"
PACKAGES = ("gan_eval", "nicegan", "cli", "docs")
IMPORT = "from nicegan.models.tint.settings import TintLoss, TintNetwork\n"
ROW = """    "tint": ModelRow(
        title="A tint",
        network=TintNetwork,
        loss=TintLoss,
        implementation="nicegan.models.tint.model:TintModel",
        official=None,
        presets={
            "quick": Preset(
                {"network": {"height": 16, "width": 16}, "optim": {"learning_rate": 0.05, "ema": 0.5}}, "a toy"
            )
        },
    ),
}
"""
#: Trains, samples, profiles and translates through the command line, and prints what the guide says of the model.
USE = """
import sys
from gan_eval_cli.nicegan import nicegan_group
data, run, out = sys.argv[1:]
def call(*words):
    nicegan_group.main(list(words), standalone_mode=False)
quiet = ("--quiet", "--no-tensorboard", "--workers=0", "--validate-every=0", "--device=cpu", "--iterations=20")
call("train", data, "--model", "tint", "--strength", "2", "--sample-every", "20", "--out", run, *quiet)
call("train", data, "--from", run, "--out", run + "-on", *quiet)
call("translate", run, data, "--out", out, "--quiet", "--device", "cpu")
call("info", run, "--json")
from docs.make import models
print(models.table())
"""


def steps() -> list[str]:
    """Files that CONTRIBUTING names for a new model, in order."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("## Adding a model")[1].split("\n## ")[0]
    return [line.replace("NAME", "tint") for line in re.findall(r"^\d+\. `([^`]+)`", section, flags=re.M)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages with the new model in it."""
    root = tmp_path_factory.mktemp("copy")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "pictures"))
    settings, model, table, test = steps()
    for name, place in (("settings.py", settings), ("model.py", model), ("check_tint.py", test)):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(GIVEN / name, root / place)
    text = (root / table).read_text(encoding="utf-8")
    text = text.replace("from nicegan.settings import", f"{IMPORT}from nicegan.settings import", 1)
    (root / table).write_text(text.replace("\n}\n\n\ndef model_row", f"\n{ROW}\n\ndef model_row", 1), encoding="utf-8")
    return root


def run(copy: Path, *arguments: object) -> str:
    """Run Python on the copy alone."""
    environment = {**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{copy / 'cli'}"}
    words = [sys.executable, *map(str, arguments)]
    done = subprocess.run(words, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def touched(copy: Path) -> Iterator[str]:
    """Files of the copy that the checkout lacks or has otherwise."""
    for path in (path for name in (*PACKAGES, "tests") for path in (copy / name).rglob("*")):
        original = ROOT / path.relative_to(copy)
        same = original.is_file() and path.is_file() and filecmp.cmp(path, original, shallow=False)
        if path.is_file() and not same and "__pycache__" not in path.parts:
            yield str(path.relative_to(copy))


def test_four_files_are_enough(copy: Path) -> None:
    assert sorted(touched(copy)) == sorted(steps())
    assert len(steps()) == 4


def test_it_trains_translates_and_is_told_of(copy: Path, tmp_path: Path) -> None:
    for part, value in (("trainA", 50), ("trainB", 200), ("testA", 50)):
        (tmp_path / "data" / part).mkdir(parents=True)
        Image.fromarray(np.full((20, 24, 3), value, np.uint8)).save(tmp_path / "data" / part / "0.png")
    said = run(copy, "-c", USE, tmp_path / "data", tmp_path / "run", tmp_path / "out")
    with Image.open(tmp_path / "out/0.png") as opened:
        assert abs(float(np.asarray(opened).mean()) - 200) < 20
    assert (tmp_path / "run/samples").is_dir()
    assert "| `tint` | A tint | A to B | two unpaired folders | `quick` |" in said
    profiled = json.loads(said[said.index("{\n") : said.rindex("}\n") + 1])
    assert (profiled["config"]["model"], profiled["config"]["network"]["strength"]) == ("tint", 2.0)
    assert profiled["networks"]["tint"] == {"parameters": 12, "multiply_adds": 16 * 16 * 9}


def test_its_own_test_passes(copy: Path) -> None:
    run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", steps()[3])


def test_every_model_has_a_test_of_its_own() -> None:
    folder = ROOT / "tests/nicegan/models"
    assert [name for name in MODELS if not list((folder / name).glob("test_*.py"))] == []
