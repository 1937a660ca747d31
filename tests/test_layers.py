"""Imports go down only, in no circle, and every folder has its place; read from the source.

Imports inside functions count; imports for type checkers alone do not count as steps of a circle at run time, but do
count for layers.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"gan_eval": ROOT / "gan_eval", "nicegan": ROOT / "nicegan", "gan_eval_cli": ROOT / "cli" / "gan_eval_cli"}

#: Layer of each folder; a folder without a row takes its parent's. A module directly in `gan_eval/` or `nicegan/`
#: stands in MODULES, since those two folders hold all layers, and so does one that lies below its folder.
FOLDERS: dict[str, int] = {
    "gan_eval_cli": 5,
    "gan_eval.discriminative": 4,
    "gan_eval.report": 4,
    "gan_eval.study.making": 4,
    "gan_eval.study.checking": 4,
    "gan_eval.study.collecting": 4,
    "gan_eval.study.analysing": 4,
    "gan_eval.study.votes": 4,
    "gan_eval.study.schema": 3,
    "gan_eval.images": 2,
    "gan_eval.extractors": 2,
    "gan_eval.guards": 2,
    "gan_eval.metrics": 1,
    "gan_eval.inference": 1,
    "nicegan.models": 2,
    "nicegan.models.layers": 1,
    "nicegan.models.table": 1,
}
#: A model's settings are plain values, its networks and steps torch.
MODEL_SETTINGS = re.compile(r"nicegan\.models\.\w+\.settings")
MODULES: dict[int, dict[str, set[str]]] = {
    4: {
        "gan_eval": {
            "agree",
            "api",
            "comparison",
            "demo",
            "evaluate",
            "image_plan",
            "metric",
            "scoring",
            "sheets",
            "study.api",
            "training_runs",
        },
        "nicegan": {"portable", "training", "translate", "validation"},
    },
    3: {
        "gan_eval": {
            "cache",
            "feature_set",
            "features",
            "forward",
            "grouping",
            "pairing",
            "pairs",
            "pass_results",
            "row_files",
            "statistics_file",
        },
        "nicegan": {"checkpoint", "journal", "official", "profile", "run", "samples", "state"},
    },
    2: {
        "gan_eval": {
            "distributed",
            "download",
            "files",
            "metric_state",
            "pulse",
            "resize",
            "translation",
            "torch_files",
            "vectors",
            "weights",
        },
        "nicegan": {"data", "datasets", "demo", "pictures"},
    },
    1: {"gan_eval": {"hardware", "strict_json"}, "nicegan": {"config", "schedule", "settings", "techniques"}},
    0: {
        "gan_eval": {
            "csv_text",
            "digits",
            "arguments",
            "errors",
            "extractors.known",
            "frames",
            "options",
            "picture_size",
            "printable",
            "provenance",
            "result",
            "settings",
            "study.options",
            "version",
        }
    },
}
#: Public doors of the packages: they re-export what lies behind them, and only the CLI goes through them.
DOORS = {"gan_eval", "nicegan", "gan_eval.study", "gan_eval.__main__", "nicegan.__main__"}
NICEGAN_MAY_USE = {
    "distributed",
    "download",
    "errors",
    "files",
    "hardware",
    "images",
    "resize",
    "result",
    "strict_json",
    "torch_files",
    "translation",
    "version",
}


def modules() -> dict[str, Path]:
    """Every module of the three packages: dotted name → path."""
    table = {}
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = (package, *path.relative_to(folder).with_suffix("").parts)
            table[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return table


ALL = modules()
each_module = pytest.mark.parametrize(("name", "path"), ALL.items(), ids=list(ALL))


def imports(path: Path, *, run_time_only: bool = False) -> list[str]:
    """Names of our modules that `path` imports anywhere; `from a import b` counts as a.b where that is a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    if run_time_only:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                skipped.update(ast.walk(node))
    names: list[str] = []
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}:{node.lineno} uses a relative import"
            for alias in node.names:
                child = f"{node.module}.{alias.name}"
                names.append(child if child in ALL else node.module)
    return [name for name in names if name.split(".")[0] in PACKAGES]


def layer(name: str) -> int:
    """Layer of a module by its folder; a folder or a module without a place is an error."""
    package, _, rest = name.partition(".")
    for number, table in MODULES.items():
        if rest in table.get(package, ()):
            return number
    if MODEL_SETTINGS.fullmatch(name):
        return 1
    folder = name
    while folder:
        if folder in FOLDERS:
            return FOLDERS[folder]
        folder = folder.rpartition(".")[0]
    raise AssertionError(f"{name} has no layer: give its folder, or the module itself, a row in tests/test_layers.py")


@each_module
def test_every_module_has_a_layer(name: str, path: Path) -> None:
    assert name in DOORS or layer(name) in range(6)


@each_module
def test_imports_go_down(name: str, path: Path) -> None:
    if name in DOORS:
        return
    for target in imports(path):
        if target in DOORS:
            assert layer(name) == 5, f"{name} imports the whole package {target}"
            continue
        assert layer(target) <= layer(name), f"{name} (layer {layer(name)}) imports {target} (layer {layer(target)})"


def test_every_row_names_something_that_exists() -> None:
    for folder in FOLDERS:
        assert folder in ALL, f"{folder} is gone"
    for number, table in MODULES.items():
        for package, names in table.items():
            for name in names:
                assert f"{package}.{name}" in ALL, f"{package}.{name} (layer {number}) is gone"


def test_imports_make_no_circle() -> None:
    graph = {name: set(imports(path, run_time_only=True)) - {name} for name, path in ALL.items() if name not in DOORS}
    circle = find_circle(graph)
    assert not circle, "import circle: " + " → ".join(circle)


def find_circle(graph: dict[str, set[str]]) -> list[str]:
    """One circle of a directed graph as a list of its nodes, the first one again at the end; empty where none is."""
    state: dict[str, int] = defaultdict(int)  # 0 new, 1 on the path, 2 done
    path: list[str] = []

    def visit(node: str) -> list[str]:
        state[node] = 1
        path.append(node)
        for target in sorted(graph.get(node, ())):
            if state[target] == 1:
                return [*path[path.index(target) :], target]
            if state[target] == 0 and (circle := visit(target)):
                return circle
        state[node] = 2
        path.pop()
        return []

    for node in sorted(graph):
        if state[node] == 0 and (circle := visit(node)):
            return circle
    return []


@pytest.mark.parametrize(
    ("graph", "circle"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}}, ["a", "b", "c", "a"]),
        ({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}, []),
        ({"a": {"b"}, "b": {"b"}}, ["b", "b"]),
    ],
)
def test_find_circle(graph: dict[str, set[str]], circle: list[str]) -> None:
    assert find_circle(graph) == circle


@each_module
def test_packages_keep_apart(name: str, path: Path) -> None:
    if name in DOORS:
        return
    for target in imports(path):
        package, _, rest = target.partition(".")
        if name.startswith("gan_eval."):
            assert package == "gan_eval", f"{name} imports {target}"
        if name.startswith("nicegan."):
            assert package == "nicegan" or (package == "gan_eval" and rest.split(".")[0] in NICEGAN_MAY_USE), (
                f"{name} imports {target}"
            )


def test_class_names_are_defined_once() -> None:
    homes = defaultdict(list)
    for name, path in ALL.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(name)
    assert not {name: where for name, where in homes.items() if len(where) > 1}


@each_module
def test_only_the_cli_knows_click_rich_and_print(name: str, path: Path) -> None:
    if name.startswith("gan_eval_cli"):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"{name}:{node.lineno} prints"
    assert not {"click", "rich"} & third_party(path), f"{name} imports click or rich"


@pytest.mark.parametrize("room", ["gan_eval.metrics", "gan_eval.inference"])
def test_pure_maths_uses_numpy_and_scipy_only(room: str) -> None:
    for name, path in ALL.items():
        if name.startswith(room):
            foreign = third_party(path) - {"numpy", "scipy"}
            assert not foreign, f"{name} imports {foreign}"


def third_party(path: Path) -> set[str]:
    """Roots of everything that `path` imports and that is neither ours nor the standard library's."""
    roots = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            roots.add(node.module.split(".")[0])
    return roots - set(PACKAGES) - set(sys.stdlib_module_names)
