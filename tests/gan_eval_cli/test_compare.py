from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from gan_eval_cli.compare import parse_models, parse_runs

from gan_eval.training_runs import TrainingRuns

Invoke = Callable[..., Result]
MakeFolder = Callable[..., Path]


@pytest.mark.usefixtures("tiny_everywhere")
class TestCompare:
    def test_models_come_ranked_with_pairs(self, invoke: Invoke, make_folder: MakeFolder) -> None:
        real, good, bad = make_folder("real", 40), make_folder("good", 30, seed=1), make_folder("bad", 30, shift=90)
        result = invoke("compare", real, f"theirs={bad}", good)
        assert result.exit_code == 0
        assert result.stdout.index("good") < result.stdout.index("theirs")
        assert "is nearer" in result.stdout

    def test_a_copy_is_not_distinguishable(self, invoke: Invoke, make_folder: MakeFolder) -> None:
        real, one = make_folder("real", 40), make_folder("one", 30, seed=1)
        assert "not told apart" in invoke("compare", real, f"a={one}", f"b={one}").stdout

    def test_json_is_one_object(self, invoke: Invoke, make_folder: MakeFolder) -> None:
        real, one = make_folder("real", 40), make_folder("one", 30, seed=1)
        document = json.loads(invoke("compare", real, f"a={one}", "--json").stdout)
        assert [model["name"] for model in document["models"]] == ["a"]

    def test_the_page_shows_images_unless_told_otherwise(
        self, invoke: Invoke, make_folder: MakeFolder, tmp_path: Path
    ) -> None:
        real, near, far = make_folder("real", 20), make_folder("near", 9, seed=1), make_folder("far", 9, shift=90)
        page = tmp_path / "page.html"
        assert invoke("compare", real, far, near, "--html", page).exit_code == 0
        text = page.read_text(encoding="utf-8")
        assert text.count("<img ") == 2 * (2 * 6 + 6 + 6)
        assert text.index("near: random images") < text.index("far: random images")
        assert invoke("score", real, near, "--html", page).exit_code == 0
        assert page.read_text(encoding="utf-8").count("<img ") == 24
        assert invoke("compare", real, far, near, "--html", page, "--no-pictures").exit_code == 0
        assert "<img " not in page.read_text(encoding="utf-8")

    def test_two_of_one_name_are_a_usage_error(self, invoke: Invoke, make_folder: MakeFolder) -> None:
        real = make_folder("real")
        result = invoke("compare", real, f"{real.name}={real}", real)
        assert (result.exit_code, f"two models are called '{real.name}'" in result.stderr) == (2, True)
        result = invoke("compare", real, f"a={real}", f"a={real}")
        assert (result.exit_code, "is given twice as a training run of 'a'" in result.stderr) == (2, True)

    def test_a_name_given_again_is_another_training_run(self, invoke: Invoke, make_folder: MakeFolder) -> None:
        real = make_folder("real", 40)
        for model, shift in (("good", 0), ("bad", 90)):
            for seed in (1, 2, 3):
                make_folder(f"{model}-{seed}", 24, seed=seed, shift=shift)
        runs = [f"good={real.parent}/good-*", *(f"bad={real.parent}/bad-{seed}" for seed in (1, 2, 3))]
        result = invoke("compare", real, *runs, "--metrics", "kid", "--margin", 0.001)
        assert result.exit_code == 0, result.stderr
        assert "Training runs" in result.stdout
        assert "as far as 3 training runs of each show" in " ".join(result.stdout.split())
        document = json.loads(invoke("compare", real, *runs, "--metrics", "kid", "--margin", 0.001, "--json").stdout)
        assert [(model["name"], len(model["runs"])) for model in document["models"]] == [("good", 3), ("bad", 3)]
        [pair] = document["pairs"]
        assert (pair["of"], pair["better"], pair["equivalent"]) == ("training runs", "good", False)

    def test_a_plan_says_what_so_many_images_find(self, invoke: Invoke, make_folder: MakeFolder) -> None:
        real, fake = make_folder("real", 40), make_folder("fake", 30, seed=1)
        result = invoke("plan", real, fake, "--difference", 5, "--images", 60)
        assert result.exit_code == 0, result.stderr
        text = " ".join(result.stdout.split())
        assert text.startswith("60 images of each model, taken as independent, find a difference of")
        assert "from a pilot of 15 images of each model" in text
        assert "A difference of 5 takes" in text

    def test_the_demo_ranks_its_sets(self, invoke: Invoke, tmp_path: Path) -> None:
        result = invoke("demo", "--count", "20", "--out", tmp_path / "demo")
        assert result.exit_code == 0
        assert "other-crops" in result.stdout
        assert (tmp_path / "demo" / "real" / "0000.png").exists()
        report = tmp_path / "demo" / "report.html"
        assert f"report: {report}" in result.stderr
        assert "other-crops" in report.read_text(encoding="utf-8")

    def test_the_demo_without_a_folder_writes_nothing(
        self, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert invoke("demo", "--count", "12", "--no-cache").exit_code == 0
        assert list(tmp_path.iterdir()) == []


def test_names_come_from_folders_unless_given(tmp_path: Path) -> None:
    odd = tmp_path / "a=b"
    odd.mkdir()
    assert parse_models(("x=out/x", "out/théirs", str(odd))) == {"x": "out/x", "théirs": "out/théirs", "a=b": str(odd)}


@pytest.mark.usefixtures("tiny_everywhere")
@pytest.mark.parametrize("command", ["compare", "score"])
def test_a_result_is_also_written_as_files(
    invoke: Invoke, make_folder: MakeFolder, tmp_path: Path, command: str
) -> None:
    files = {name: tmp_path / f"x.{name}" for name in ("csv", "latex", "markdown", "html")}
    wishes = [word for name, file in files.items() for word in (f"--{name}", file)]
    real, fake = make_folder("real", 40), make_folder("fake", 30, seed=1)
    result = invoke(command, real, fake, "--metrics", "kid,fid", "--quiet", *wishes)
    assert (result.exit_code, result.stderr) == (0, "")
    texts = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
    assert texts["csv"].count("\n") == 3
    assert r"\toprule" in texts["latex"]
    assert "30 generated against 40 real images" in texts["markdown"].replace("\u00a0", " ")
    assert "<!doctype html>" in texts["html"]


@pytest.mark.usefixtures("tiny_everywhere")
@pytest.mark.parametrize("command", ["compare", "fid", "score"])
def test_notes_follow_the_result_and_are_silent_under_quiet(
    invoke: Invoke, make_folder: MakeFolder, command: str
) -> None:
    real, fake = make_folder("real", 10), make_folder("fake", 10, seed=1)
    loud, quiet = invoke(command, real, fake), invoke(command, real, fake, "--quiet")
    assert loud.output.index("note: ") > loud.output.index("FID")
    assert quiet.stderr == ""
    assert json.loads(invoke(command, real, fake, "--json", "--quiet").stdout)["warnings"]


def test_a_pattern_gives_a_run_for_each_match(tmp_path: Path) -> None:
    for seed in range(3):
        (tmp_path / f"s{seed}").mkdir()
    models = parse_runs((f"ours={tmp_path}/s[01]", "theirs=out", f"ours={tmp_path}/s2"))
    assert models == {"ours": TrainingRuns(*(f"{tmp_path}/s{seed}" for seed in range(3))), "theirs": "out"}
    assert parse_runs((f"x={tmp_path}/none*",)) == {"x": f"{tmp_path}/none*"}
