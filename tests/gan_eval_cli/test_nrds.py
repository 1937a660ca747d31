from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

Invoke = Callable[..., Result]
MakeFolder = Callable[..., Path]
SHORT = ("--seeds", "2", "--epochs", "20")


@pytest.fixture
def three(make_folder: MakeFolder) -> tuple[Path, Path, Path]:
    """Real images, a good model and a bad one."""
    return make_folder("reals", 16), make_folder("good", 16, seed=1, shift=5), make_folder("bad", 16, seed=2, shift=90)


@pytest.mark.usefixtures("tiny_everywhere")
class TestNRDS:
    def test_models_come_ranked_with_pairs(self, invoke: Invoke, three: tuple[Path, Path, Path]) -> None:
        real, good, bad = three
        result = invoke("nrds", f"theirs={bad}", good, "--real", real, *SHORT)
        assert result.exit_code == 0
        assert result.stdout.index("good") < result.stdout.index("theirs")
        assert "good is more realistic" in result.stdout

    def test_copies_are_not_distinguishable(self, invoke: Invoke, three: tuple[Path, Path, Path]) -> None:
        real, good, _ = three
        result = invoke("nrds", f"a={good}", f"b={good}", "--real", real, *SHORT)
        assert "not told apart" in result.stdout
        assert not [words for words in ("a is more", "b is more", "looks more") if words in result.stdout]

    def test_the_ranking_is_also_written_as_files(
        self, invoke: Invoke, three: tuple[Path, Path, Path], tmp_path: Path
    ) -> None:
        real, good, bad = three
        files = {name: tmp_path / f"x.{name}" for name in ("csv", "latex", "markdown")}
        wishes = [word for name, file in files.items() for word in (f"--{name}", file)]
        assert invoke("nrds", good, bad, "--real", real, *SHORT, *wishes).exit_code == 0
        rows = list(csv.DictReader(files["csv"].read_text(encoding="utf-8").splitlines()))
        assert [(row["model"], row["rank"]) for row in rows] == [("good", "1"), ("bad", "2")]
        assert sum(float(row["value"]) for row in rows) == pytest.approx(1)
        assert r"\toprule" in files["latex"].read_text(encoding="utf-8")
        assert "| 1 | good |" in files["markdown"].read_text(encoding="utf-8")

    def test_json_is_one_object_of_the_contract(self, invoke: Invoke, three: tuple[Path, Path, Path]) -> None:
        real, good, bad = three
        document = json.loads(invoke("nrds", good, bad, "--real", real, "--json", *SHORT).stdout)
        assert (document["schema"], document["command"]) == ("gan-eval/1", "nrds")
        assert document["curves"].keys() == {"real", "good", "bad"}
        assert [score["details"]["model"] for score in document["scores"]] == ["good", "bad"]
        assert {score["metric"] for score in document["scores"]} == {"nrds"}
        assert document["inputs"]["real"]["count"] == 16
        assert [seed["seed"] for seed in document["seeds"]] == [0, 1]

    def test_the_recorded_reference_is_used(self, invoke: Invoke, three: tuple[Path, Path, Path]) -> None:
        real, *models = three
        record = {"schema": "nicegan-translation/1", "direction": "AtoB", "reference": str(real)}
        for folder in models:
            (folder / "translation.json").write_text(json.dumps(record))
        document = json.loads(invoke("nrds", *models, "--json", *SHORT).stdout)
        assert document["inputs"]["real"]["source"] == str(real)

    def test_without_a_reference_real_is_asked_for(self, invoke: Invoke, three: tuple[Path, Path, Path]) -> None:
        result = invoke("nrds", *three[1:])
        assert (result.exit_code, result.stdout) == (3, "")
        assert "--real" in result.stderr

    def test_a_page_is_written(self, invoke: Invoke, three: tuple[Path, Path, Path], tmp_path: Path) -> None:
        real, *models = three
        assert invoke("nrds", *models, "--real", real, "--html", tmp_path / "report.html", *SHORT).exit_code == 0
        assert "<h2>Pairs</h2>" in (tmp_path / "report.html").read_text(encoding="utf-8")

    def test_a_plot_is_drawn(self, invoke: Invoke, three: tuple[Path, Path, Path], tmp_path: Path) -> None:
        real, *models = three
        assert invoke("nrds", *models, "--real", real, "--plot", tmp_path / "curves.png", *SHORT).exit_code == 0
        with Image.open(tmp_path / "curves.png") as picture:
            assert picture.width > 500

    def test_the_published_protocol(self, invoke: Invoke, three: tuple[Path, Path, Path]) -> None:
        real, *models = three
        short = ("--size", "16", "--epochs", "2", "--batch-size", "8")
        result = invoke("nrds", *models, "--real", real, "--protocol", "published", *short)
        assert "NRDS (published, paper-16)" in result.stdout


def test_saved_curves_are_scored_again(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "curves.json"
    path.write_text(json.dumps({"real": [0.5, 1.0], "a": [0.5, 0.4], "b": [0.5, 0.1]}))
    document = json.loads(invoke("nrds", "--curves", path, "--json").stdout)
    assert [score["value"] for score in document["scores"]] == pytest.approx([0.6, 0.4])
    assert document["areas"] == pytest.approx({"real": 0.75, "a": 0.45, "b": 0.3})


def test_a_result_of_ours_is_a_file_of_curves(invoke: Invoke, tmp_path: Path) -> None:
    for name, shift in [("reals", 0.0), ("a", 0.5), ("b", 1.5)]:
        rows = np.random.default_rng(len(name)).normal(size=(16, 4)) + shift
        np.savez(tmp_path / f"{name}.npz", feats=rows.astype(np.float32))
    sources = [tmp_path / f"{name}.npz" for name in ("a", "b")]
    given = ("--real", tmp_path / "reals.npz", "--features", "efficientnet-lite0", "--json", *SHORT)
    (tmp_path / "made.json").write_text(invoke("nrds", *sources, *given).stdout)
    assert invoke("nrds", "--curves", tmp_path / "made.json").exit_code == 0


@pytest.mark.parametrize("arguments", [(), ("a", "--curves", "c.json"), ("a", "b", "--protocol", "other")])
def test_usage_faults_exit_with_2(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    assert invoke("nrds", *arguments).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [("a", "--real", "r"), ("a", "b", "--seeds", "1"), ("a", "b", "--protocol", "published", "--seeds", "5")],
)
def test_impossible_requests_exit_with_3_and_one_line(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    result = invoke("nrds", *arguments)
    assert result.exit_code == 3
    assert len(result.stderr.strip().splitlines()) == 1
