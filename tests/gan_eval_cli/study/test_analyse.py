"""`gan-eval study simulate` and `analyse`, from an exported study to report, JSON and CSV."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from gan_eval.study.schema.manifest import write_key, write_manifest
from tests.gan_eval.study.drawn import study

Invoke = Callable[..., Result]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two files of a pairwise study."""
    place = tmp_path_factory.mktemp("study")
    manifest, key = study("pairwise")
    write_manifest(place / "study.json", manifest)
    write_key(place / "study.key.json", key)
    return place


@pytest.fixture
def answers(folder: Path, tmp_path: Path, invoke: Invoke) -> Path:
    """Six made-up people's answers."""
    out = tmp_path / "answers"
    result = invoke("study", "simulate", folder, "--people", 6, "--strength", "NICE-GAN=1.5", "--out", out)
    assert result.exit_code == 0, result.output
    return out


def test_analyse_prints_tables_and_the_paragraph(folder: Path, answers: Path, invoke: Invoke) -> None:
    result = invoke("study", "analyse", answers, "--key", folder / "study.key.json")
    assert result.exit_code == 0, result.stderr
    assert "Unit: person, n = 6" in result.stdout
    assert "NICE-GAN was chosen in" in result.stdout
    assert "note: 6 people" in result.stderr


def test_analyse_json_is_one_object_and_repeats(folder: Path, answers: Path, invoke: Invoke) -> None:
    first, again = (invoke("study", "analyse", answers, "--key", folder, "--json") for _ in range(2))
    document = json.loads(first.stdout)
    assert document["schema"] == "gan-eval-study/1"
    assert document["participants"] == 6
    assert first.stdout == again.stdout


def test_analyse_writes_report_and_csv(folder: Path, answers: Path, tmp_path: Path, invoke: Invoke) -> None:
    html, csv = tmp_path / "report.html", tmp_path / "answers.csv"
    result = invoke("study", "analyse", answers, "--key", folder, "--html", html, "--csv", csv)
    assert result.exit_code == 0, result.stderr
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert csv.read_text(encoding="utf-8").startswith("study_id,")


def test_analyse_refuses_a_changed_key(folder: Path, answers: Path, tmp_path: Path, invoke: Invoke) -> None:
    key = json.loads((folder / "study.key.json").read_text(encoding="utf-8"))
    key["rules"]["median_rt_ms_min"] = 0
    changed = tmp_path / "study.key.json"
    changed.write_text(json.dumps(key), encoding="utf-8")
    result = invoke("study", "analyse", answers, "--key", changed, "--manifest", folder / "study.json")
    assert result.exit_code == 3
    assert "changed after export" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_analyse_refuses_answers_to_another_study(answers: Path, tmp_path: Path, invoke: Invoke) -> None:
    manifest, key = study("best-of-k")
    write_manifest(tmp_path / "study.json", manifest)
    write_key(tmp_path / "study.key.json", key)
    result = invoke("study", "analyse", answers, "--key", tmp_path)
    assert result.exit_code == 3
    assert "belong to manifest" in result.stderr


def test_analyse_of_nothing_says_so(folder: Path, tmp_path: Path, invoke: Invoke) -> None:
    (tmp_path / "events.jsonl").write_text("", encoding="utf-8")
    result = invoke("study", "analyse", tmp_path, "--key", folder)
    assert result.exit_code == 3
    assert "nobody has answered" in result.stderr


def test_simulate_never_overwrites_answers(folder: Path, answers: Path, invoke: Invoke) -> None:
    before = (answers / "events.jsonl").read_bytes()
    result = invoke("study", "simulate", folder, "--out", answers)
    assert result.exit_code == 3
    assert (answers / "events.jsonl").read_bytes() == before


@pytest.mark.parametrize("wrong", ["NICE-GAN", "NICE-GAN=", "=1", "NICE-GAN=nan", "NICE-GAN=1e9"])
def test_simulate_refuses_malformed_strengths(folder: Path, tmp_path: Path, invoke: Invoke, wrong: str) -> None:
    result = invoke("study", "simulate", folder, "--strength", wrong, "--out", tmp_path / "x")
    assert result.exit_code == 2
    assert not (tmp_path / "x").exists()


def test_simulate_json(folder: Path, tmp_path: Path, invoke: Invoke) -> None:
    result = invoke("study", "simulate", folder, "--people", 2, "--out", tmp_path / "x", "--json")
    assert json.loads(result.stdout)["people"] == 2


def test_strength_of_a_method_with_an_equals_sign_in_its_name(folder: Path, tmp_path: Path, invoke: Invoke) -> None:
    result = invoke("study", "simulate", folder, "--strength", "a=b=1", "--out", tmp_path / "x")
    assert result.exit_code == 3
    assert "no method 'a=b'" in result.stderr
