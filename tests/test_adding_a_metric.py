"""CONTRIBUTING's steps for a new metric, followed to the letter in a copy of the packages.

The metric is the distance of the two sets' total variances.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_eval.metrics.table import TABLE
from tests.conftest import ROOT

CODE = '''"""Difference of total variances. Lower is better; in squared units of the features."""

from __future__ import annotations

from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate, Side


def estimate(real: Side, fake: Side, plan: EstimatorPlan, *, power: float) -> list[MetricEstimate]:
    """The absolute difference of the traces of both covariances, to a power."""
    value = abs(real.statistics.cov.trace() - fake.statistics.cov.trace())
    return [MetricEstimate("spread", float(value) ** power)]
'''
OPTIONS = '''class SpreadOptions(TypedDict, total=False):
    """The options of the spread alone."""

    power: Annotated[float, Option(1.0, "Power of the spread.", least=0)]


class MetricOptions('''
ROW = """    MetricRow(
        name="spread",
        sides="both",
        needs=lambda plan, own: Needs(),
        numbers=(NumberRow("spread", "spread", 3, "lower"),),
        help="Difference of total variances (lower is better).",
        module="spread",
        options=SpreadOptions,
    ),
)

TABLE"""
TEST = "def test_spread() -> None:\n    from gan_eval.metrics import spread\n\n    assert spread.__doc__\n"
LINE = "| `spread` | difference of total variances | lower | real and fake | unknown | none | all but the variances |\n"
FROM_PYTHON = """
import sys
import gan_eval
arguments = sys.argv[1:]
print(gan_eval.spread(*arguments, power=2.0).value, gan_eval.score(*arguments, metrics=["spread"])[0].value)
"""


def steps() -> list[str]:
    """Files that CONTRIBUTING names for a new metric, in order."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("## Adding a metric")[1].split("\n## ")[0]
    return [line.replace("NAME", "spread") for line in re.findall(r"^\d+\. `([^`]+)`", section, flags=re.M)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages with the new metric in it."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("gan_eval", "cli", "docs"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "pictures"))
    code, table, test, page = steps()
    (root / code).write_text(CODE, encoding="utf-8")
    text = (root / table).read_text(encoding="utf-8")
    text = text.replace('"vendi"]\n', '"vendi", "spread"]\n', 1).replace("class MetricOptions(", OPTIONS, 1)
    text = text.replace(
        "MindOptions, VendiOptions, total=False)", "MindOptions, VendiOptions, SpreadOptions, total=False)"
    )
    (root / table).write_text(text.replace(")\n\nTABLE", ROW, 1), encoding="utf-8")
    (root / test).parent.mkdir(parents=True)
    (root / test).write_text(TEST, encoding="utf-8")
    with (root / page).open("a", encoding="utf-8") as stream:
        stream.write(LINE)
    return root


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A real set and two fake ones, six pictures each."""
    root = tmp_path_factory.mktemp("sets")
    for seed, name in enumerate(("real", "near", "far")):
        (root / name).mkdir()
        for index in range(6):
            pixels = np.random.default_rng((seed, index)).integers(0, 250 - 100 * (seed == 2), (8, 8, 3), np.uint8)
            Image.fromarray(pixels).resize((40, 30)).save(root / name / f"{index}.png")
    return {name: str(root / name) for name in ("real", "near", "far")}


def run(copy: Path, *arguments: str) -> str:
    """Run Python on the copy alone, offline."""
    own = {"PYTHONPATH": f"{copy}{os.pathsep}{copy / 'cli'}", "GAN_EVAL_CACHE": str(copy / "cache")}
    environment = {**os.environ, **own, "GAN_EVAL_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def gan_eval(copy: Path, *arguments: str) -> str:
    """Run a command of the copy."""
    return run(copy, "-c", "from gan_eval_cli.app import gan_eval; gan_eval()", *arguments)


def test_four_files_are_enough() -> None:
    assert len(steps()) == 4


def test_every_metric_is_documented() -> None:
    text = (ROOT / steps()[-1]).read_text(encoding="utf-8")
    assert [name for name in TABLE if f"| `{name}` |" not in text] == []


def test_help_names_it_and_its_option(copy: Path) -> None:
    assert "spread" in gan_eval(copy, "--help")
    assert "--power" in gan_eval(copy, "spread", "--help")
    assert "fld, realism, vendi, spread" in " ".join(gan_eval(copy, "score", "--help").split())


def test_command_and_python_agree(copy: Path, sets: dict[str, str]) -> None:
    document = json.loads(gan_eval(copy, "spread", sets["real"], sets["near"], "--json"))
    (score,) = document["scores"]
    squared, plain = map(float, run(copy, "-c", FROM_PYTHON, sets["real"], sets["near"]).split())
    assert (score["metric"], score["direction"]) == ("spread", "lower")
    assert plain == pytest.approx(score["value"])
    assert squared == pytest.approx(plain**2)


def test_a_report_ranks_by_it(copy: Path, sets: dict[str, str], tmp_path: Path) -> None:
    models = (f"near={sets['near']}", f"far={sets['far']}")
    page = tmp_path / "report.html"
    text = gan_eval(copy, "compare", sets["real"], *models, "--metrics", "spread", "--html", str(page))
    assert "Ranked by spread" in text
    assert "No pair was tested by spread" in page.read_text(encoding="utf-8")


def test_its_own_test_passes(copy: Path) -> None:
    run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", steps()[2])
