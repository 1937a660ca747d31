"""`gan-eval agree`, and `compare --study`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.gan_eval.study.votes.boards import METHODS, STRENGTHS, board, write

Invoke = Callable[..., Result]
MakeFolder = Callable[..., Path]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Votes on eight methods, and two metrics of them: one in the planted order, one of unknown direction."""
    votes = write(tmp_path / "votes.csv", board(1500))
    rows = [f"{name},{10 - theta},{theta}" for name, theta in zip(METHODS, STRENGTHS, strict=True)]
    metrics = tmp_path / "metrics.csv"
    metrics.write_text("\n".join(["model,fid,colour", *rows]) + "\n", encoding="utf-8")
    return votes, metrics


def test_a_table_a_sentence_and_a_page(invoke: Invoke, files: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = invoke("agree", *files, "--resamples", "200", "--html", page)
    assert result.exit_code == 0
    assert "fid orders the methods most as people do" in " ".join(result.stdout.split())
    assert "which way is better is not known of colour" in result.stderr
    assert "Which metric agrees with people?" in page.read_text(encoding="utf-8")


def test_a_direction_can_be_told(invoke: Invoke, files: tuple[Path, Path]) -> None:
    result = invoke("agree", *files, "--lower", "colour", "--resamples", "200", "--json")
    taus = {one["metric"]: one["tau_b"] for one in json.loads(result.stdout)["sets"][0]["metrics"]}
    assert taus["fid"] > 0.8
    assert taus["colour"] == pytest.approx(-taus["fid"])


@pytest.mark.parametrize("missing", ["votes", "metrics"])
def test_a_missing_file_is_one_line(invoke: Invoke, files: tuple[Path, Path], missing: str) -> None:
    dict(zip(("votes", "metrics"), files, strict=True))[missing].unlink()
    result = invoke("agree", *files)
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)


def test_votes_are_analysed_without_a_key(invoke: Invoke, files: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = invoke("study", "analyse", files[0], "--html", page)
    assert result.exit_code == 0
    assert "A has the highest Bradley–Terry strength" in result.stdout
    assert "Votes from elsewhere" in page.read_text(encoding="utf-8")
    assert invoke("study", "analyse", files[0], "--csv", tmp_path / "x.csv").exit_code == 2


def test_answers_of_a_study_need_their_key(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("study", "analyse", tmp_path)
    assert (result.exit_code, "--key" in result.stderr) == (2, True)


@pytest.mark.usefixtures("tiny_everywhere")
def test_a_comparison_says_which_metric_agrees_with_people(
    invoke: Invoke, make_folder: MakeFolder, tmp_path: Path
) -> None:
    votes = write(tmp_path / "votes.csv", board(600, theta=STRENGTHS[:3]))
    models = [f"{name}={make_folder(name, 24, seed=n + 1)}" for n, name in enumerate("ABC")]
    words = (make_folder("real", 24), *models, "--metrics", "kid,fid", "--study", votes)
    page = tmp_path / "page.html"
    result = invoke("compare", *words, "--html", page)
    assert result.exit_code == 0
    assert "Metrics against people" in result.stdout
    assert "Metrics against people" in page.read_text(encoding="utf-8")
    people = json.loads(invoke("compare", *words, "--json").stdout)["people"]
    assert {one["metric"] for one in people["metrics"]} >= {"kid", "fid"}
