"""Texts of the library name parameters (`nearest=5`); flags (`--nearest 5`) are the command line's words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(path for package in ("gan_eval", "nicegan") for path in (ROOT / package).rglob("*.py"))
FLAG = re.compile(r"(?<![\w-])--[a-z]")
#: Files that hold flags as data: of another program, of examples of commands, and of declared options.
DATA = {
    "gan_eval/study/checking/browser.py": "--(headless|disable-gpu|no-first-run|remote-debugging-pipe|user-data-dir="
    "|no-sandbox)",
    "gan_eval/metrics/table.py": r"--[a-z]+( [a-z0-9/]+)?",
    "nicegan/models/nice/settings.py": r"--light/--full",
}


def texts(code: str) -> Iterator[tuple[int, str]]:
    """Line and value of every string of a module that is no docstring; the fixed parts of an f-string each."""
    tree = ast.parse(code)
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, described) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def flags_in(code: str, allowed: str = r"(?!)") -> list[str]:
    """Strings of the code that name a flag, beside those that are allowed as a whole."""
    return [f"{line}: {text}" for line, text in texts(code) if FLAG.search(text) and not re.fullmatch(allowed, text)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_text_of_the_library_names_a_flag(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    assert flags_in(path.read_text(encoding="utf-8"), DATA.get(name, r"(?!)")) == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ('raise InputError("pass --no-browser")', 1),
        ('raise InputError(f"{path}: give another --out")', 1),
        ('raise InputError("pass browser=False")', 0),
        ('"""Docstrings may name --flags."""', 0),
        ('x = "a -- b, --- and well--known"', 0),
    ],
)
def test_flags_are_found(code: str, count: int) -> None:
    assert len(flags_in(code)) == count


def test_every_exception_is_needed() -> None:
    for name, allowed in DATA.items():
        code = (ROOT / name).read_text(encoding="utf-8")
        assert flags_in(code) != []
        assert flags_in(code, allowed) == []
