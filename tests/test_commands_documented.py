"""Every command stands in the README and in the reference, has a help text, and that text ends with an example."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from docs.make.commands import commands

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
ALL = commands()


@pytest.mark.parametrize(("words", "command"), ALL, ids=[words for words, _ in ALL])
def test_command_stands_in_the_readme_and_in_the_reference(words: str, command: click.Command) -> None:
    advice = "run `python -m docs.make_reference`"
    assert f"[`{words}`]" in README, advice
    assert f"\n## {words}\n" in REFERENCE, advice


@pytest.mark.parametrize(("words", "command"), ALL, ids=[words for words, _ in ALL])
def test_help_ends_with_an_example(words: str, command: click.Command) -> None:
    assert command.help, words
    assert "Example: " in command.help.strip().splitlines()[-1] or "Example" in command.help.strip().split("\n\n")[-1]


@pytest.mark.parametrize(("words", "command"), ALL, ids=[words for words, _ in ALL])
def test_every_option_is_explained(words: str, command: click.Command) -> None:
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help or parameter.show_default, f"{words} {parameter.name} has no help"
