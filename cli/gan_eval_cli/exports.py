"""--csv, --latex, --markdown and --html: a result as files, beside what is printed."""

from __future__ import annotations

import functools
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from gan_eval_cli.outputs import check_outputs

if TYPE_CHECKING:
    from gan_eval.report.page import PageSection
    from gan_eval.settings import Settings

_FILE = click.Path(path_type=Path, dir_okay=False)


class Exports(NamedTuple):
    """Where to write what; None for what was not asked for."""

    csv: Path | None
    latex: Path | None
    markdown: Path | None
    html: Path | None

    def write(self, **writers: Callable[[], str]) -> None:
        """Write each file that was asked for, whole or not at all; a writer is called only for these."""
        from gan_eval.files import write_text

        for name, destination in self._asdict().items():
            if destination is not None:
                write_text(destination, writers[name]())


def with_exports(command: Callable[..., None]) -> Callable[..., None]:
    """Add the four options; the command receives them as `exports: Exports`."""

    @functools.wraps(command)
    def gather(*arguments: Any, **given: Any) -> None:
        exports = Exports(given.pop("csv"), given.pop("latex"), given.pop("markdown"), given.pop("html"))
        check_outputs(*exports)
        command(*arguments, exports=exports, **given)

    result: Callable[..., None] = gather
    for option in (
        click.option("--html", type=_FILE, help="Also write a report, one self-contained page."),
        click.option("--markdown", type=_FILE, help="Also write the table in Markdown, with sentences for a paper."),
        click.option("--latex", type=_FILE, help="Also write the table in LaTeX (booktabs)."),
        click.option("--csv", type=_FILE, help="Also write the scores as CSV, with full numbers."),
    ):
        result = option(result)
    return result


def pictures(command: Callable[..., None]) -> Callable[..., None]:
    """Add --pictures, which the command receives as `pictures: bool`."""
    told = "Show random, best and worst images of each model in the report."
    return click.option("--pictures/--no-pictures", default=True, show_default=True, help=told)(command)


def picture_sections(real: str, models: Mapping[str, str], settings: Settings, seed: int) -> tuple[PageSection, ...]:
    """Images of the models as a section of a report; none where no model has images to show."""
    from gan_eval.report.page import PageSection
    from gan_eval.report.pictures import TITLE, sheets_of
    from gan_eval.sheets import model_sheets

    sheets = sheets_of(model_sheets(real, models, settings=settings, seed=seed))
    return (PageSection(TITLE, sheets),) if sheets else ()


def command_line() -> str:
    """The command as it was called, to be shown in a report."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
