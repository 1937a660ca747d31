"""CONTRIBUTING's steps for a new kind of study, followed to the letter in a copy of the packages."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gan_eval.study.analysing.kinds.table import KINDS, kind_spec
from tests.conftest import ROOT
from tests.gan_eval.study.exports import folders

GIVEN = Path(__file__).parent / "new_kind"
ROW = '    "stars": "one to five stars for a picture",\n'
LINE = "| `stars` | how good a single picture is, 1 to 5 | mean opinion | all methods are rated alike |\n"
API = """
import sys
import numpy as np
from pathlib import Path
from gan_eval.study.analysing.analysis import analyse
from gan_eval.study.collecting.simulate import People, made_up_events
from gan_eval.study.schema.manifest import read_key, read_manifest
folder = Path(sys.argv[1])
manifest, key = read_manifest(folder), read_key(folder)
events = made_up_events(manifest, key, People(20, {"alpha-net": 4.5}), rng=np.random.default_rng(1))
print(analyse(events, manifest, key).findings.tests[0].p_value)
"""


def steps() -> list[str]:
    """Files that CONTRIBUTING names for a new kind, in order."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("## Adding a study kind")[1].split("\n## ")[0]
    return [line.replace("NAME", "stars") for line in re.findall(r"^\d+\. `([^`]+)`", section, flags=re.M)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages with the new kind in it."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("gan_eval", "cli", "docs"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    code, words, table, test, page = steps()
    shutil.copy(GIVEN / "stars.py", root / code)
    shutil.copy(GIVEN / "stars.json", root / words)
    (root / test).parent.mkdir(parents=True)
    shutil.copy(GIVEN / "check_stars.py", root / test)
    end = '    "rank-k": "the order of all methods",\n'
    before = (root / table).read_text(encoding="utf-8")
    assert end in before
    (root / table).write_text(before.replace(end, end + ROW), encoding="utf-8")
    with (root / page).open("a", encoding="utf-8") as stream:
        stream.write(LINE)
    return root


def run(copy: Path, *arguments: object) -> str:
    """Run Python on the copy alone."""
    environment = {**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{copy / 'cli'}"}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_five_files_are_enough() -> None:
    assert len(steps()) == 5


def test_every_kind_is_documented() -> None:
    text = (ROOT / steps()[-1]).read_text(encoding="utf-8")
    assert [name for name in KINDS if f"| `{name}` |" not in text] == []
    assert [kind_spec(name).name for name in KINDS] == list(KINDS)


def test_the_kind_works_from_the_command_line(copy: Path, tmp_path: Path) -> None:
    given = folders(tmp_path / "pictures")
    methods = [text for name, path in given.methods.items() for text in ("--method", f"{name}={path}")]
    cli = ("-c", "from gan_eval_cli.app import gan_eval; gan_eval()", "study")
    assert "stars" in run(copy, *cli, "new", "--help")
    run(copy, *cli, "new", "--kind", "stars", *methods, "--gold", "1", "--out", tmp_path / "study")
    assert "mean opinion" in run(copy, *cli, "plan", "--kind", "stars", "--methods", "2")
    check = json.loads(run(copy, *cli, "check", tmp_path / "study", "--no-browser", "--json"))
    assert [problem for result in check["checks"] for problem in result["problems"]] == []
    answers = tmp_path / "answers"
    run(copy, *cli, "simulate", tmp_path / "study", "--strength", "alpha-net=4.5", "--out", answers)
    html = tmp_path / "report.html"
    text = run(copy, *cli, "analyse", answers, "--key", tmp_path / "study", "--html", html)
    assert "alpha-net was given on average 4." in " ".join(text.split())
    assert "mean opinion" in html.read_text(encoding="utf-8")
    assert float(run(copy, "-c", API, tmp_path / "study")) < 0.01


def test_the_kinds_own_test_passes(copy: Path) -> None:
    run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", steps()[3])
