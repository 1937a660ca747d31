"""CONTRIBUTING's steps for a new feature network, followed to the letter in a copy of the packages.

The network is VGG-16 in torchvision's architecture, with weights that are drawn here and given by `--weights`.
"""

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
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_eval.extractors.known import KNOWN
from tests.conftest import ROOT

GIVEN = Path(__file__).parent / "gan_eval" / "extractors" / "new_network"
PACKAGES = ("gan_eval", "cli", "docs")
ROW = """
VGG16 = KnownNetwork(
    name="vgg16",
    about="VGG-16 in torchvision's form",
    module="vgg16",
    size=(224, 224),
    layer="mean of the last block",
    dim=512,
    has_logits=False,
    preprocessing=Preprocessing("own", "clean-fid", 127.5, 127.5),
)

"""
LINE = "| `vgg16` | mean of the last block, 512 | 224 × 224 | clean-fid's | a file of the user's | distances of it |\n"
SCORE = """
import sys
import gan_eval
real, fake, weights = sys.argv[1:]
score = gan_eval.fid(real, fake, features="vgg16", weights=weights, device="cpu", runtime="torch", cache=False)
print(score.metric, score.features, score.value)
"""


def steps() -> list[str]:
    """Files that CONTRIBUTING names for a new network, in order."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("## Adding a feature network")[1].split("\n## ")[0]
    return [line.replace("NAME", "vgg16") for line in re.findall(r"^\d+\. `([^`]+)`", section, flags=re.M)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages with the new network in it."""
    root = tmp_path_factory.mktemp("copy")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    code, table, test, page = steps()
    shutil.copy(GIVEN / "vgg16.py", root / code)
    text = (root / table).read_text(encoding="utf-8")
    before, names = re.fullmatch(r"(.*)(#: Every known network.*)", text, flags=re.S).groups()  # type: ignore[union-attr]
    (root / table).write_text(before.rstrip() + "\n" + ROW + names.replace("CLIP_B32)}", "CLIP_B32, VGG16)}"))
    (root / test).parent.mkdir(parents=True)
    shutil.copy(GIVEN / "check_vgg16.py", root / test)
    with (root / page).open("a", encoding="utf-8") as stream:
        stream.write(LINE)
    return root


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG-16's convolutions as they are drawn before training."""
    from torchvision.models import vgg16

    path = tmp_path_factory.mktemp("weights") / "vgg16.pth"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tensors = vgg16(weights=None).features.state_dict()
    torch.save({f"features.{name}": value for name, value in tensors.items()}, path)
    return path


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A real set and two fake ones, six pictures each."""
    root = tmp_path_factory.mktemp("sets")
    for seed, name in enumerate(("real", "near", "far")):
        (root / name).mkdir()
        for index in range(6):
            pixels = np.random.default_rng((seed, index)).integers(0, 250 - 100 * (seed == 2), (8, 8, 3), np.uint8)
            Image.fromarray(pixels).resize((40, 30)).save(root / name / f"{index}.png")
    return {name: root / name for name in ("real", "near", "far")}


def run(copy: Path, *arguments: object, **variables: object) -> str:
    """Run Python on the copy alone, without the network."""
    own = {"PYTHONPATH": f"{copy}{os.pathsep}{copy / 'cli'}", "GAN_EVAL_CACHE": copy / "cache", "GAN_EVAL_OFFLINE": 1}
    environment = {**os.environ, **{name: str(value) for name, value in {**own, **variables}.items()}}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def gan_eval(copy: Path, *arguments: object) -> str:
    """Run a command of the copy."""
    return run(copy, "-c", "from gan_eval_cli.app import gan_eval; gan_eval()", *arguments)


def touched(copy: Path) -> Iterator[str]:
    """Files of the copy that the checkout lacks or has otherwise."""
    for package in PACKAGES:
        for path in (copy / package).rglob("*"):
            original = ROOT / path.relative_to(copy)
            same = original.is_file() and path.is_file() and filecmp.cmp(path, original, shallow=False)
            if path.is_file() and not same and "__pycache__" not in path.parts:
                yield str(path.relative_to(copy))
    yield from (str(path.relative_to(copy)) for path in (copy / "tests").rglob("*.py"))


def test_four_files_are_enough(copy: Path) -> None:
    assert sorted(touched(copy)) == sorted(steps())
    assert len(steps()) <= 4


def test_every_network_is_documented() -> None:
    text = (ROOT / steps()[-1]).read_text(encoding="utf-8")
    assert [name for name in KNOWN if f"| `{name}` |" not in text] == []


def test_help_and_lists_name_it(copy: Path) -> None:
    for command in (("fid",), ("compare",), ("nrds",), ("nicegan", "train")):
        assert "vgg16" in gan_eval(copy, *command, "--help")
    assert "VGG-16 in torchvision's form (mean of the last block, 512 features)" in gan_eval(copy, "weights", "list")


@pytest.fixture(scope="module")
def document(copy: Path, sets: dict[str, Path], weights: Path) -> dict[str, Any]:
    """What `gan-eval fid --json` tells with the new network."""
    network = ("--features", "vgg16", "--weights", weights, "--device", "cpu")
    text = gan_eval(copy, "fid", sets["real"], sets["near"], *network, "--json")
    result: dict[str, Any] = json.loads(text)
    return result


def test_it_works_from_the_command_line(document: dict[str, Any]) -> None:
    assert (document["scores"][0]["metric"], document["scores"][0]["features"]) == ("fd", "vgg16")
    assert (document["features"]["dim"], document["features"]["verified"]) == (512, False)


def test_it_works_from_python_with_the_same_number(
    copy: Path, sets: dict[str, Path], weights: Path, document: dict[str, Any]
) -> None:
    """Computed anew, in torch, where the command line may have used OpenVINO."""
    name, network, value = run(copy, "-c", SCORE, sets["real"], sets["near"], weights).split()
    assert (name, network) == ("fd", "vgg16")
    assert float(value) == pytest.approx(document["scores"][0]["value"], rel=1e-3)


def test_a_report_names_it(copy: Path, sets: dict[str, Path], weights: Path, tmp_path: Path) -> None:
    models = (f"near={sets['near']}", f"far={sets['far']}")
    options = ("--features", "vgg16", "--weights", weights, "--device", "cpu", "--metrics", "kid,fid")
    text = gan_eval(copy, "compare", sets["real"], *models, *options, "--html", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "vgg16" in text
    assert "vgg16" in page
    assert "kernel distance" in page


def test_without_its_weights_the_error_says_what_to_do(copy: Path, sets: dict[str, Path]) -> None:
    with pytest.raises(AssertionError, match=r"no weights of vgg16 are published.*--weights"):
        gan_eval(copy, "fid", sets["real"], sets["near"], "--features", "vgg16")


def test_the_networks_own_test_passes(copy: Path, weights: Path) -> None:
    run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", steps()[2], VGG16_WEIGHTS=weights)
