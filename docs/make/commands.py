"""The command line as Markdown, from the same click objects that print `--help`."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import click
from gan_eval_cli.app import gan_eval_group
from gan_eval_cli.nicegan import nicegan_group
from gan_eval_cli.options import RowType

#: An option that so many commands have alike is described once, at the top.
SHARED_FROM = 4

#: Examples that tests/test_documents.py cannot run: command → reason, one of those that it allows.
NOT_RUN = {
    "gan-eval weights fetch": "downloads",
    "gan-eval weights verify": "downloads",
    "gan-eval study serve": "runs until it is interrupted",
    "gan-eval study forget": "needs a participant's session",
    "gan-eval nicegan": "takes hours",
    "gan-eval demo": "takes half a minute",
    "nicegan train": "takes hours",
    "nicegan import": "needs a checkpoint of the authors",
    "nicegan data": "downloads",
    "nicegan data fetch": "downloads",
    "nicegan data make-demo": "takes minutes",
}


class Entry(NamedTuple):
    """A command and the words that call it."""

    words: str
    command: click.Command


def commands() -> list[Entry]:
    """Every command below `gan-eval`, then every command below `nicegan`, in the order that `--help` prints."""
    return [*_below(gan_eval_group, "gan-eval"), *_below(nicegan_group, "nicegan")]


def _below(group: click.Group, name: str) -> Iterator[Entry]:
    ctx = click.Context(group, info_name=name)
    for child_name in group.list_commands(ctx):
        child = group.get_command(ctx, child_name)
        assert child is not None
        yield Entry(f"{name} {child_name}", child)
        if isinstance(child, click.Group) and child is not nicegan_group:
            yield from _below(child, f"{name} {child_name}")


def overview() -> str:
    """A table of every command, with the first sentence of its help."""
    lines = ["| command | what it does |", "| --- | --- |"]
    for words, command in commands():
        lines.append(f"| [`{words}`]({_CLI}#{_anchor(words)}) | {first_sentence(command)} |")
    return "\n".join(lines)


_CLI = "docs/reference/cli.md"


def having(option: str) -> str:
    """The commands that have `option`, in one sentence's worth of Markdown."""
    names = [words for words, command in commands() if _has(command, option)]
    total = sum(not isinstance(command, click.Group) for _, command in commands())
    listed = ", ".join(f"`{name.removeprefix('gan-eval ')}`" for name in names)
    return f"{len(names)} of {total} commands take `{option}`: {listed}."


def _has(command: click.Command, option: str) -> bool:
    return any(option in parameter.opts for parameter in command.params)


def first_sentence(command: click.Command) -> str:
    """The first sentence of a command's help, without the parenthesis or the list that may follow it."""
    first = _paragraphs(command)[0]
    return re.split(r"(?<=[a-z\])0-9])\. ", first)[0].rstrip(".") + "."


def reference() -> str:
    """The whole command line as one Markdown page."""
    shared = _shared()
    parts = [_HEAD, "## Options that several commands share\n", *(_option(item) for item in shared.values()), ""]
    for words, command in commands():
        parts += _command(words, command, shared)
    return "\n".join(parts).rstrip() + "\n"


_HEAD = """# Command line

`python -m docs.make_reference` makes this page from the program's own `--help`; a test holds it to that.

A SOURCE is a folder (read recursively), a `.zip`, tar shards (`set-{000..031}.tar`), a text file of paths
(`@list.txt`), or a `.npz` of features or of moments. Results go to stdout; progress, notes and warnings go to stderr.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 2 | the command line is wrong |
| 3 | an input, weights or data fault, told in one line |
| 4 | a check that was asked for did not hold |
| 130 | interrupted |
"""


def _shared() -> dict[str, click.Option]:
    """Options that at least SHARED_FROM commands have alike: their text → the option, the most frequent first."""
    texts = [(_option(item), item) for _, command in commands() for item in _options(command)]
    counts = Counter(text for text, _ in texts)
    frequent = [text for text, count in counts.most_common() if count >= SHARED_FROM]
    by_text = dict(texts)
    return {text: by_text[text] for text in frequent}


def _command(words: str, command: click.Command, shared: dict[str, click.Option]) -> list[str]:
    own = [text for item in _options(command) if (text := _option(item)) not in shared]
    common = [_names(item) for item in _options(command) if _option(item) in shared]
    *paragraphs, example = _paragraphs(command)
    parts = [f"## {words}\n", f"```text\n{_usage(words, command)}\n```\n", *(f"{line}\n" for line in paragraphs)]
    parts += [_example(words, example), *own, *([""] if own else [])]
    if common:
        parts.append(f"Shared options: {', '.join(common)}.\n")
    return parts


def _example(words: str, paragraph: str) -> str:
    code = paragraph.removeprefix("Example:").strip()
    reason = f"<!-- not run: {NOT_RUN[words]} -->\n" if words in NOT_RUN else ""
    return f"{reason}```bash\n{code}\n```\n"


def _usage(words: str, command: click.Command) -> str:
    arguments = [_argument(item) for item in command.params if isinstance(item, click.Argument)]
    group = ["COMMAND [ARGS]..."] if isinstance(command, click.Group) else []
    return " ".join([words, "[OPTIONS]", *arguments, *group])


def _argument(item: click.Argument) -> str:
    name = item.metavar or (item.name or "").upper()
    shown = f"{name}..." if item.nargs == -1 and not name.endswith("...") else name
    return shown if item.required or shown.startswith("[") else f"[{shown}]"


def _paragraphs(command: click.Command) -> list[str]:
    text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    return [_unfolded(part) for part in text.strip().split("\n\n")]


def _unfolded(paragraph: str) -> str:
    if paragraph.startswith("Example:"):
        return "\n".join(line.strip() for line in paragraph.splitlines())
    return " ".join(paragraph.split())


def _options(command: click.Command) -> list[click.Option]:
    return [item for item in command.params if isinstance(item, click.Option) and not item.hidden]


def _option(item: click.Option) -> str:
    text, default = _split_default(item)
    value = "" if item.is_flag or item.count else f" {_value(item)}"
    limits = _limits(item.type)
    parts = [text, f"{limits[0].upper()}{limits[1:]}." if limits else "", f"Default: {default}." if default else ""]
    multiple = ["May be given several times."] if item.multiple else []
    return f"- {_names(item, value)}: {' '.join(filter(None, [*parts, *multiple]))}".rstrip(": ")


def _names(item: click.Option, value: str = "") -> str:
    names = [*item.opts, *item.secondary_opts]
    return " / ".join(f"`{name}{value}`" for name in names)


def _value(item: click.Option) -> str:
    if item.metavar:
        return item.metavar
    choices = item.type.choices if isinstance(item.type, click.Choice) else ()
    if isinstance(item.type, RowType):
        choices = item.type.row.choices
    if choices:
        return "|".join(map(str, choices))
    return {"integer": "N", "float": "X", "path": "PATH", "directory": "FOLDER", "file": "FILE", "text": "TEXT"}.get(
        item.type.name.removesuffix(" range"), item.type.name.upper()
    )


def _limits(kind: click.ParamType) -> str:
    if not isinstance(kind, click.IntRange | click.FloatRange):
        return ""
    low = "" if kind.min is None else f"{'more than' if kind.min_open else 'at least'} {kind.min}"
    high = "" if kind.max is None else f"{'less than' if kind.max_open else 'at most'} {kind.max}"
    return ", ".join(filter(None, [low, high]))


def _split_default(item: click.Option) -> tuple[str, str]:
    """The text of an option without the default that it may end with, and that default."""
    text, _, default = (item.help or "").partition("[default:")
    text = " ".join(text.split()).replace("|", "\\|")
    if default:
        return text, default.strip().removesuffix("]")
    if item.show_default and item.default is not None and not callable(item.default):
        return text, _plain_default(item)
    return text, ""


def _plain_default(item: click.Option) -> str:
    if item.is_bool_flag:
        return f"`{item.opts[0] if item.default else (item.secondary_opts or ['off'])[0]}`"
    return f"`{item.default}`"


def _anchor(words: str) -> str:
    return words.replace(" ", "-")
