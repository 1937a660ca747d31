"""Imports go down only. Read from the source, so that imports inside functions count too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# First match wins: a longer name stands before its package.
LAYERS: list[tuple[str, int]] = [
    ("cli", 5),
    ("gan_eval.evaluate", 4),
    ("gan_eval.scoring", 4),
    ("gan_eval.api", 4),
    ("gan_eval.pairs", 3),
    ("gan_eval.compare", 4),
    ("gan_eval.reference", 4),
    ("gan_eval.demo", 4),
    ("gan_eval.report", 4),
    ("gan_eval.discriminative.protocol", 4),
    ("gan_eval.discriminative.findings", 4),
    ("gan_eval.study.export", 4),
    ("gan_eval.study.compose", 4),
    ("gan_eval.study.check", 4),
    ("gan_eval.study.collect", 4),
    ("gan_eval.study.browser", 3),
    ("gan_eval.study.leaks", 3),
    ("gan_eval.study.server", 4),
    ("gan_eval.study.service", 4),
    ("gan_eval.study.simulate", 4),
    ("gan_eval.study.analysis", 4),
    ("gan_eval.study.document", 4),
    ("nicegan.training", 4),
    ("nicegan.translate", 4),
    ("nicegan.validation", 4),
    ("gan_eval.features", 3),
    ("gan_eval.forward", 3),
    ("gan_eval.feature_set", 3),
    ("gan_eval.statistics_file", 3),
    ("gan_eval.vectors", 2),
    ("gan_eval.cache", 3),
    ("gan_eval.study.records", 1),
    ("gan_eval.discriminative.training", 3),
    ("gan_eval.discriminative.published", 3),
    ("gan_eval.discriminative.runs", 3),
    ("gan_eval.discriminative.robust", 3),
    ("gan_eval.discriminative.sets", 3),
    ("gan_eval.discriminative.plan", 3),
    ("gan_eval.discriminative.saved", 3),
    ("gan_eval.discriminative.records", 3),
    ("gan_eval.study.manifest", 3),
    ("gan_eval.study.responses", 3),
    ("gan_eval.study.answers", 3),
    ("gan_eval.study.exclusions", 3),
    ("gan_eval.study.describing", 3),
    ("gan_eval.study.spreadsheet", 3),
    ("gan_eval.study.store", 3),
    ("gan_eval.study.participants", 3),
    ("gan_eval.study.exported", 3),
    ("gan_eval.study.settings", 3),
    ("gan_eval.study.limits", 1),
    ("gan_eval.study.tokens", 1),
    ("gan_eval.study.platforms", 3),
    ("gan_eval.study.pictures", 3),
    ("gan_eval.study.sources", 3),
    ("gan_eval.study.webpage", 3),
    ("nicegan.checkpoint", 3),
    ("nicegan.official", 3),
    ("nicegan.samples", 3),
    ("nicegan.state", 3),
    ("nicegan.journal", 3),
    ("nicegan.run", 3),
    ("nicegan.profile", 3),
    ("gan_eval.images", 2),
    ("gan_eval.resize", 2),
    ("gan_eval.extractors", 2),
    ("gan_eval.weights", 2),
    ("gan_eval.download", 2),
    ("gan_eval.files", 2),
    ("gan_eval.distributed", 2),
    ("gan_eval.discriminative.discriminators", 2),
    ("nicegan.networks", 2),
    ("nicegan.steps", 2),
    ("nicegan.data", 2),
    ("nicegan.datasets", 2),
    ("nicegan.demo", 2),
    ("gan_eval.metrics", 1),
    ("gan_eval.study.draw", 1),
    ("gan_eval.study.trials", 1),
    ("gan_eval.study.forms", 1),
    ("gan_eval.discriminative.splitting", 1),
    ("gan_eval.discriminative.statistics", 1),
    ("gan_eval.discriminative.guard", 1),
    ("gan_eval.discriminative.outcome", 1),
    ("gan_eval.study.design", 1),
    ("gan_eval.study.balance", 1),
    ("gan_eval.study.statistics", 1),
    ("gan_eval.study.tables", 1),
    ("gan_eval.study.findings", 1),
    ("gan_eval.study.kinds", 1),
    ("gan_eval.study.planning", 1),
    ("nicegan.losses", 1),
    ("nicegan.layers", 1),
    ("nicegan.schedule", 1),
    ("gan_eval.errors", 0),
    ("gan_eval.result", 0),
    ("gan_eval.version", 0),
    ("nicegan.config", 0),
]
# The packages' own __init__ re-exports; it is allowed to see everything of its package.
FREE = {"gan_eval", "nicegan", "gan_eval.discriminative", "gan_eval.study"}
NICEGAN_MAY_USE = {"errors", "files", "images", "distributed", "version", "result"}


def modules() -> list[tuple[str, Path]]:
    """Every module of the three packages as (dotted name, path)."""
    found = []
    for package in ("gan_eval", "nicegan", "cli"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


def imports(path: Path) -> list[str]:
    """Names of our modules that `path` imports anywhere; `from a import b` counts as a.b where that is a module."""
    names: list[str] = []
    known = {name for name, _ in modules()}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                child = f"{node.module}.{alias.name}"
                names.append(child if child in known else node.module)
    return [name for name in names if name.split(".")[0] in ("gan_eval", "nicegan", "cli")]


def layer(name: str) -> int:
    """Layer of a module; a module that no row names is an error, so that each new file gets its place."""
    for prefix, number in LAYERS:
        if name == prefix or name.startswith(prefix + "."):
            return number
    raise AssertionError(f"{name} has no layer: give it a row in tests/test_layers.py")


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_imports_go_down(name: str, path: Path) -> None:
    if name in FREE:
        return
    for target in imports(path):
        if target in FREE:
            assert layer(name) == 5, f"{name} imports the whole package {target}"
            continue
        assert layer(target) <= layer(name), f"{name} (layer {layer(name)}) imports {target} (layer {layer(target)})"


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_packages_keep_apart(name: str, path: Path) -> None:
    for target in imports(path):
        package, _, rest = target.partition(".")
        if name.startswith("gan_eval"):
            assert package == "gan_eval", f"{name} imports {target}"
        if name.startswith("nicegan"):
            assert package == "nicegan" or (package == "gan_eval" and rest.split(".")[0] in NICEGAN_MAY_USE), (
                f"{name} imports {target}"
            )


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_only_the_cli_knows_click_rich_and_print(name: str, path: Path) -> None:
    if name.startswith("cli"):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"{name}:{node.lineno} prints"
        roots = []
        if isinstance(node, ast.Import):
            roots = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            roots = [node.module.split(".")[0]]
        assert not {"click", "rich"} & set(roots), f"{name} imports {roots}"


def test_metrics_use_numpy_and_scipy_only() -> None:
    allowed = {"numpy", "scipy", "gan_eval"}
    import sys

    for name, path in modules():
        if not name.startswith("gan_eval.metrics"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                found = [node.module]
            for target in found:
                root = target.split(".")[0]
                assert root in allowed or root in sys.stdlib_module_names, f"{name} imports {target}"
