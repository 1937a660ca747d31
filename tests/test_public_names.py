"""What `__all__` lists is what there is: every name exists and is documented, and nothing public is left out."""

from __future__ import annotations

import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("package", ["gan_eval", "gan_eval.study", "nicegan"])
def test_all_names_exist_and_are_documented(package: str) -> None:
    module = importlib.import_module(package)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), f"{package}.{name} has no docstring"


@pytest.mark.parametrize("package", ["gan_eval", "gan_eval.study", "nicegan"])
def test_nothing_public_is_left_out(package: str) -> None:
    module = importlib.import_module(package)
    for name, value in vars(module).items():
        if name.startswith("_") or inspect.ismodule(value):
            continue
        if getattr(value, "__module__", "").startswith(package):
            assert name in module.__all__, f"{package}.{name} is public and not in __all__"


def test_lazy_names_type_checking_names_and_all_agree() -> None:
    import ast

    import gan_eval

    tree = ast.parse(Path(gan_eval.__file__).read_text(encoding="utf-8"))
    guarded = [node for node in tree.body if isinstance(node, ast.If)]
    typed = {
        alias.name for node in guarded for part in node.body if isinstance(part, ast.ImportFrom) for alias in part.names
    }
    lazy = {name for names in gan_eval._HOMES.values() for name in names} | set(gan_eval._MODULES)
    assert typed == lazy == set(gan_eval.__all__) - {"__version__"}


def test_every_public_name_is_in_the_reference() -> None:
    import gan_eval

    text = (Path(__file__).resolve().parent.parent / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    assert [name for name in gan_eval.__all__ if name not in text and name != "__version__"] == []


@pytest.mark.parametrize(("package", "command"), [("gan_eval", "gan-eval"), ("nicegan", "nicegan")])
def test_packages_run_as_commands(package: str, command: str) -> None:
    root = Path(__file__).resolve().parent.parent
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'cli'}"}
    done = subprocess.run(
        [sys.executable, "-m", package, "--help"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"Usage: {command} ")
