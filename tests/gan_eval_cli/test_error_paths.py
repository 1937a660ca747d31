"""What every command says of inputs that are missing, damaged or of another kind: one line, exit code 3, no output."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import Result

Invoke = Callable[..., Result]

#: Command line → what the line says. `none` does not exist, `junk` is a file of no known kind, `bare` an empty folder.
FAULTS = {
    "fid none bare": "none: no such file or folder",
    "fid bare bare": "bare: no images in it",
    "kid junk bare": "junk",
    "is none": "none: no such file or folder",
    "prdc none none": "none: no such file or folder",
    "cmmd none none": "none",
    "mind none none": "none",
    "clipped none none": "none",
    "authpct none none": "none",
    "realism none none": "none",
    "vendi none": "none: no such file or folder",
    "score none none": "none",
    "compare none a=none b=none": "none",
    "nrds --real none a=none b=none": "none",
    "nrds --curves none": "none: no such file",
    "nrds --curves junk": "junk: ",
    "study new --kind pairwise --method a=none --method b=bare --out study": "none",
    "study check none": "none/study.key.json: no such file",
    "study check bare": "bare/study.key.json: no such file",
    "study simulate bare --out x": "study.json: no such file",
    "study serve none": "none",
    "study collect none --out x": "none: no such file or folder",
    "study analyse none --key none": "study.json: no such file",
    "study analyse bare --key bare": "bare/study.json: no such file",
    "study archive none --key bare --out x.zip": "bare/study.key.json: no such file",
    "study forget none abcdefgh": "none: no such folder of answers",
    "nicegan train none": "none: no such folder",
    "nicegan train data --resume --out junkrun": "config.json: not valid JSON",
    "nicegan translate none bare --out x": "none",
    "nicegan translate bare bare --out x": "bare: not a checkpoint",
    "nicegan info none": "none",
    "nicegan import none --out x": "none: no such file",
    "nicegan import junk --out x": "junk: not a PyTorch file",
    "nicegan export bare --out x": "bare: not a checkpoint",
    "stats make none -o x.npz": "none: no such file or folder",
    "stats merge junk.npz junk.npz -o x.npz": "junk.npz: not a .npz that can be read",
}
#: Commands whose only inputs are options, which click checks, or that read nothing.
NO_INPUTS = {
    "agree",
    "cache clear",
    "cache info",
    "demo",
    "study plan",
    "weights fetch",
    "weights list",
    "weights verify",
}
NO_INPUTS |= {f"nicegan data {name}" for name in ("fetch", "list", "make-demo", "make-pairs")}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("junk", "junk.json", "junk.npz"):
        (tmp_path / name).write_bytes(b"\x00junk")
    for name in ("bare", "data", "junkrun"):
        (tmp_path / name).mkdir()
    (tmp_path / "junkrun" / "config.json").write_text("{")
    return tmp_path


@pytest.mark.parametrize("words", FAULTS)
def test_a_fault_of_an_input_is_one_line(words: str, place: Path, invoke: Invoke) -> None:
    before = sorted(path.name for path in place.iterdir())
    result = invoke(*shlex.split(words), "--quiet") if _takes_quiet(words) else invoke(*shlex.split(words))
    assert (result.exit_code, result.stdout) == (3, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("gan-eval: error: ")
    assert FAULTS[words] in line
    assert sorted(path.name for path in place.iterdir()) == before, "nothing is left behind"


def _takes_quiet(words: str) -> bool:
    command = next(command for name, command in _commands() if words.startswith(f"{name} "))
    return any("--quiet" in parameter.opts for parameter in command.params)


def _commands() -> Iterator[tuple[str, click.Command]]:
    from gan_eval_cli.app import gan_eval_group

    yield from _below(gan_eval_group, ())


def _below(group: click.Group, names: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _below(command, (*names, name))
        else:
            yield " ".join((*names, name)), command


def _asked(command: click.Command) -> list[str] | None:
    """Arguments that name what is not there, and the options that must be given; None where nothing is read."""
    words = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            words += ["a=none" if parameter.name == "models" else "none"] * max(1, parameter.nargs)
        elif parameter.required:
            value = parameter.type.choices[0] if isinstance(parameter.type, click.Choice) else "none"
            words += [max(parameter.opts, key=len), value]
    return words if any(isinstance(parameter, click.Argument) for parameter in command.params) else None


def test_no_command_has_a_traceback_for_what_is_not_there(place: Path, invoke: Invoke) -> None:
    before = sorted(path.name for path in place.iterdir())
    tried = 0
    for name, command in _commands():
        if name in NO_INPUTS or (words := _asked(command)) is None:
            continue
        result = invoke(*name.split(), *words)
        assert result.exit_code in (2, 3), (name, words, result.output)
        assert result.stderr.strip(), name
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), (name, result.exception)
        tried += 1
    assert tried > 20
    assert sorted(path.name for path in place.iterdir()) == before, "nothing is left behind"
