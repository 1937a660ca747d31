"""Options that several commands share, and how a flag is made of a row of a table of options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gan_eval.errors import InputError
from gan_eval.options import OptionRow, option_rows
from gan_eval.settings import EstimatorOptions, ReadingOptions

C = TypeVar("C", bound=Callable[..., Any])

if TYPE_CHECKING:  # generic from click 8.2 on alone
    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType

json_output = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout instead of a table."
)
quiet = click.option("--quiet", is_flag=True, help="No progress and no notes on stderr; notes stay in the JSON.")


class RowType(_ParamType):
    """The values of a row of a table of options, checked as the library checks them."""

    def __init__(self, row: OptionRow) -> None:
        self.row = row
        self.name = row.option.metavar or {"int": "integer", "path": "file"}.get(row.kind, row.kind)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.ParamType`."""
        try:
            return self.row.check(_number(self.row, value))
        except InputError:
            self.fail(f"{value!r}: {self.row.wanted().removesuffix(' or None')}{self.row.hint(value)}", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str | None:
        """The choices, or the name of what is wanted."""
        return f"[{'|'.join(self.row.choices)}]" if self.row.choices else self.name.upper()

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """The choices that begin so."""
        from click.shell_completion import CompletionItem

        if self.row.kind == "path":
            return [CompletionItem(incomplete, type="file")]
        offered = self.row.choices or self.row.option.offered
        return [CompletionItem(text) for text in offered if text.startswith(incomplete)]


def flag(row: OptionRow, name: str | None = None) -> Callable[[C], C]:
    """The click option of a row. name: of the flag, where it is not called like the option."""
    name, option = name or "--" + row.name.replace("_", "-"), row.option
    default = f"  [default: {option.shown_default}]" if option.shown_default else ""
    shown = not option.shown_default and option.default is not None and option.default is not False
    if row.kind == "bool":
        names = f"{name}/--no-{name[2:]}" if option.default else name
        return click.option(names, row.name, is_flag=True, default=option.default, show_default=shown, help=option.help)
    return click.option(
        name,
        row.name,
        type=RowType(row),
        default=option.default,
        show_default=shown,
        help=row.help_text() + default,
    )


def flags(*tables: type, named: Mapping[str, str] = MappingProxyType({})) -> dict[str, Callable[[C], C]]:
    """The click options of tables of options, by name. named: options whose flag is not called like them."""
    rows: Mapping[str, OptionRow] = {name: row for table in tables for name, row in option_rows(table).items()}
    return {name: flag(row, named.get(name)) for name, row in rows.items()}


_reading = option_rows(ReadingOptions)
features = flag(_reading["features"])
workers = flag(_reading["workers"])
device = flag(_reading["device"])
precision = flag(_reading["precision"])
on_bad_image = flag(_reading["on_bad_image"])
interval = flag(option_rows(EstimatorOptions)["interval"])
seed = flag(option_rows(EstimatorOptions)["seed"])
group = flag(option_rows(EstimatorOptions)["group"])


def _number(row: OptionRow, value: Any) -> Any:
    """The number that a text of the command line stands for; anything else as it is."""
    if isinstance(value, str) and row.kind in ("int", "float"):
        try:
            return int(value) if row.kind == "int" else float(value)
        except ValueError:
            return value
    return value
