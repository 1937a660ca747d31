"""Every command stands in the README, has a help text, and that text ends with an example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from gan_eval_cli.app import gan_eval_group
from gan_eval_cli.nicegan import nicegan_group

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below `group` with the words that call it."""
    ctx = click.Context(group, info_name=name)
    for child_name in group.list_commands(ctx):
        child = group.get_command(ctx, child_name)
        assert child is not None
        yield f"{name} {child_name}", child
        if isinstance(child, click.Group) and child is not nicegan_group:
            yield from commands(child, f"{name} {child_name}")


ALL = [*commands(gan_eval_group, "gan-eval"), *commands(nicegan_group, "nicegan")]


@pytest.mark.parametrize(("words", "command"), ALL, ids=[words for words, _ in ALL])
def test_command_stands_in_the_readme(words: str, command: click.Command) -> None:
    assert words in README


@pytest.mark.parametrize(("words", "command"), ALL, ids=[words for words, _ in ALL])
def test_help_ends_with_an_example(words: str, command: click.Command) -> None:
    assert command.help, words
    assert "Example: " in command.help.strip().splitlines()[-1] or "Example" in command.help.strip().split("\n\n")[-1]


@pytest.mark.parametrize(("words", "command"), ALL, ids=[words for words, _ in ALL])
def test_every_option_is_explained(words: str, command: click.Command) -> None:
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help or parameter.show_default, f"{words} {parameter.name} has no help"
