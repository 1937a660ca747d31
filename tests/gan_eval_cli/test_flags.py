"""What the library says of a parameter, the command line says of the flag; names that users gave stay as they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result
from gan_eval_cli.app import gan_eval_group
from gan_eval_cli.flags import Invocation, RecordingGroup

from tests.conftest import ROOT

Invoke = Callable[..., Result]


@click.command()
@click.option("--nearest", type=int)
@click.option("--seed", type=int)
@click.option("--on-bad-image")
@click.option("--cache/--no-cache")
@click.option("--exact", is_flag=True)
@click.option("--input", "inputs")
@click.option("-o", "--output")
def command(**given: object) -> None:
    """A command with one option of each kind."""


@pytest.mark.parametrize(
    ("library", "line"),
    [
        ("nearest=0: use a whole number of at least 1", "--nearest 0: use a whole number of at least 1"),
        ("too few (lower nearest=5, or change seed=3)", "too few (lower --nearest 5, or change --seed 3)"),
        ("or pass on_bad_image='skip')", "or pass --on-bad-image skip)"),
        ("like='a tool': no", "--like 'a tool': no"),
        ("cache=False, cache=True", "--no-cache, --cache"),
        ("exact=True, exact=False", "--exact, no --exact"),
        ("name inputs=SOURCE", "name --input SOURCE"),
        ("output='': empty", "--output '': empty"),
        ("batch_size=8 is an option of other commands", "--batch-size 8 is an option of other commands"),
        ("unknown=3 and my_seed=3", "unknown=3 and my_seed=3"),
        ("https://host/path?seed=3 and runs/seed=3/a.png", "https://host/path?seed=3 and runs/seed=3/a.png"),
    ],
)
def test_a_parameter_becomes_its_flag(library: str, line: str) -> None:
    assert Invocation((), command).in_flags(library) == line


def test_what_the_user_typed_stays() -> None:
    call = Invocation(("fid", "real", "seed=3", "--nearest=5"), command)
    assert call.in_flags("seed=3: no such folder; nearest=5") == "seed=3: no such folder; --nearest 5"


def test_an_error_from_the_depths_names_the_flag(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(b"?")
    done = invoke("fid", tmp_path, tmp_path, "--features", "timm:none_such_model")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "--features timm:none_such_model: timm has no model" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fid", "a", "b", "--features", "incepton"), ("'--features'", "did you mean 'inception'")),
        (("prdc", "a", "b", "--nearest", "0"), ("'--nearest'", "at least 1")),
        (("kid", "a", "b", "--subsets", "0"), ("'--subsets'", "at least 1")),
        (("compare", "a", "b", "--seed", "-1"), ("'--seed'", "at least 0")),
        (("nrds", "a", "b", "--precision", "fp16"), ("'--precision'", "fp32")),
    ],
)
def test_an_error_at_the_door_names_the_flag(
    invoke: Invoke, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert all(word in done.stderr for word in words), done.stderr


def groups(group: click.Group, context: click.Context) -> list[click.Group]:
    below = [group.get_command(context, name) for name in group.list_commands(context)]
    return [group, *(deeper for one in below if isinstance(one, click.Group) for deeper in groups(one, context))]


def test_every_group_tells_its_command() -> None:
    tree = groups(gan_eval_group, click.Context(gan_eval_group))
    assert len(tree) > 4
    assert [group.name for group in tree if not isinstance(group, RecordingGroup)] == []


#: Rooms whose messages still name flags, and the rows of examples in the metrics' help.
LEFT = ("gan_eval/study/", "gan_eval/report/study/", "gan_eval/metrics/table.py")


def flags_in(path: Path) -> list[str]:
    """Strings with a flag that belongs to no whole command, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = [n.body for n in ast.walk(tree) if isinstance(n, (ast.Module, ast.ClassDef, ast.FunctionDef))]
    documents = {body[0].value for body in bodies if isinstance(body[0], ast.Expr)}
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and n not in documents]
    flags = re.compile(r"(?<![\w-])--[a-z]")
    return [t for t in texts if isinstance(t, str) and flags.search(re.sub(r"(gan-eval|nrds)\b.*", "", t))]


def test_the_library_names_no_flag() -> None:
    paths = [path for path in (ROOT / "gan_eval").rglob("*.py") if not str(path.relative_to(ROOT)).startswith(LEFT)]
    assert len(paths) > 50
    assert {str(path): flags for path in paths if (flags := flags_in(path))} == {}
