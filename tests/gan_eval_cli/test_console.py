"""Consoles of other code pages and widths: never a traceback, never a broken number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from gan_eval_cli.console import plain, width_of
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
CURVES = {"théirs 方法": [0.9, 0.5], "−b": [0.5, 0.2]}


@pytest.fixture
def curves(tmp_path: Path) -> Path:
    file = tmp_path / "curves.json"
    file.write_text(json.dumps(CURVES), encoding="utf-8")
    return file


def call(*arguments: object, encoding: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    start = "import sys; from gan_eval_cli.app import gan_eval; sys.argv[0] = 'gan-eval'; gan_eval()"
    environment = {**os.environ, "PYTHONIOENCODING": encoding, **environment}
    return subprocess.run(
        [sys.executable, "-c", start, *map(str, arguments)], cwd=ROOT, capture_output=True, check=False, env=environment
    )


@pytest.mark.parametrize("encoding", ["cp1251", "cp932", "ascii", "cp437", "utf-8"])
@pytest.mark.parametrize("words", [("nrds", "--curves", "FILE"), ("nrds", "--help"), ("nrds", "--curves", "gone−é")])
def test_every_code_page_gets_its_lines(curves: Path, encoding: str, words: tuple[str, ...]) -> None:
    result = call(*(curves if word == "FILE" else word for word in words), encoding=encoding)
    assert b"Traceback" not in result.stderr
    assert result.returncode == (3 if "gone−é" in words else 0)
    assert result.stdout or result.returncode == 3


@pytest.mark.parametrize("encoding", ["cp1251", "ascii", "utf-8"])
def test_json_keeps_every_name_whatever_the_code_page(curves: Path, encoding: str) -> None:
    result = call("nrds", "--curves", curves, "--json", encoding=encoding)
    document = json.loads(result.stdout.decode(encoding))
    assert {score["details"]["model"] for score in document["scores"]} == set(CURVES)


def test_tables_have_no_colour_codes(curves: Path) -> None:
    assert b"\x1b" not in call("nrds", "--curves", curves, encoding="utf-8", FORCE_COLOR="1", NO_COLOR="1").stdout


@given(st.text())
def test_plain_text_is_ascii(text: str) -> None:
    assert plain(text).isascii()


def test_known_letters_have_a_plain_form() -> None:
    assert plain("Fréchet −1 × 2 → “é”") == 'Frechet -1 x 2 > "e"'


def test_columns_decide_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert width_of(sys.stdout) == 60
    monkeypatch.delenv("COLUMNS")
    with open(os.devnull, "w") as nowhere:
        assert width_of(nowhere) > 1000
