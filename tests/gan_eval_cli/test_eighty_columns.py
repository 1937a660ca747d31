"""At 80 columns no command breaks a word, and a line is longer only for one long word with its label."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from rich.cells import cell_len

from gan_eval.study.schema.manifest import write_key, write_manifest
from tests.gan_eval.study.drawn import study

Invoke = Callable[..., Result]
MakeFolder = Callable[..., Path]
#: The heading of the column that names the rows, which has no place where every row is a block of lines.
BLOCKS_LACK = {"name"}
LONG = "a-model-with-a-long-name-as-people-give-them"


@pytest.fixture
def check(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a command at 80 and at 10,000 columns: the words are the same, and the lines fit."""

    def printed(columns: int, words: tuple[object, ...], group: str) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        result = invoke(*words, group=group)
        assert result.exit_code == 0, result.output
        assert result.stdout.strip()
        return result.stdout

    def call(*words: object, group: str = "gan-eval") -> None:
        wide, narrow = (printed(columns, words, group) for columns in (10_000, 80))
        assert words_of(narrow) <= words_of(wide)
        assert words_of(wide) - words_of(narrow) <= BLOCKS_LACK
        # A paragraph to be pasted into a paper is one line where no terminal shows it.
        lines = [line for line in narrow.splitlines() if not line.startswith(PARAGRAPH)]
        assert not [line for line in lines if cell_len(line) > 80 and len(line.split()) > 2]

    return call


PARAGRAPH = "[Simulated people.] "


def words_of(text: str) -> set[str]:
    """Words, without the rules between heading and rows."""
    return {word for word in text.split() if set(word) != {"─"}}


@pytest.mark.usefixtures("tiny_everywhere")
@pytest.mark.parametrize("command", ["compare", "score", "nrds", "demo"])
def test_scores(check: Callable[..., None], make_folder: MakeFolder, command: str) -> None:
    real, one, other = make_folder("real", 16), make_folder("one", 16, seed=1), make_folder("other", 16, seed=2)
    models = (f"{LONG}={one}", f"b={other}")
    words = {
        "compare": (real, *models),
        "score": (real, one),
        "nrds": (*models, "--real", real, "--seeds", "2", "--epochs", "20"),
        "demo": ("--count", 20),
    }
    check(command, *words[command])


def test_a_study(check: Callable[..., None], invoke: Invoke, tmp_path: Path) -> None:
    manifest, key = study("pairwise")
    write_manifest(tmp_path / "study.json", manifest)
    write_key(tmp_path / "study.key.json", key)
    assert invoke("study", "simulate", tmp_path, "--people", 6, "--out", tmp_path / "answers").exit_code == 0
    check("study", "analyse", tmp_path / "answers", "--key", tmp_path)


@pytest.mark.parametrize("kind", ["best-of-k", "real-fake"])
def test_a_plan(check: Callable[..., None], kind: str) -> None:
    check("study", "plan", "--kind", kind, "--methods", 3)


@pytest.mark.parametrize("words", [("info", "--preset", "demo"), ("data", "list")])
def test_networks_and_data_sets(check: Callable[..., None], words: tuple[str, ...]) -> None:
    check(*words, group="nicegan")


@pytest.mark.parametrize("words", [("cache", "info"), ("weights", "list")])
def test_weights_and_cache(check: Callable[..., None], words: tuple[str, ...]) -> None:
    check(*words)
