"""`gan-eval study new`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.options import NewOptions
from gan_eval_cli import options
from gan_eval_cli.outputs import check_outputs
from gan_eval_cli.render import notice, print_json, print_table, progress
from gan_eval_cli.study.options import named_folders, with_table

if TYPE_CHECKING:
    from gan_eval.study.schema.trials import Kind


@click.command("new")
@click.option(
    "--kind",
    required=True,
    type=click.Choice(tuple(KINDS)),
    help="What participants say: " + ", ".join(f"{what} ({name})" for name, what in KINDS.items()) + ".",
)
@click.option(
    "--method",
    "methods",
    required=True,
    multiple=True,
    callback=named_folders,
    metavar="NAME=DIR",
    help="A method and the folder of its outputs; once per method.",
)
@click.option("--input", "inputs", type=click.Path(path_type=Path), help="Inputs to show beside the outputs.")
@click.option("--real", type=click.Path(path_type=Path), help="Real pictures, for the kinds that show them.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="New folder for the study and its key.")
@with_table(NewOptions, named={"study_id": "--id"})
@options.json_output
@options.quiet
def new_command(
    kind: Kind,
    methods: dict[str, Path],
    inputs: Path | None,
    real: Path | None,
    out: Path,
    chosen: dict[str, Any],
    as_json: bool,
    quiet: bool,
) -> None:
    """Make a study from folders of outputs: the page for participants, and the key that unblinds it.

    Pictures of one item have one file name in every folder. Items are drawn by the seed before any is opened; all
    pictures go through one encoder, without metadata and in one length. OUT holds study.html (or site/) to give away,
    study.json for checking, and study.key.json, which nobody but you should see.

    \b
    Example: gan-eval study new --kind best-of-k --input testA/ --out study/ \\
        --method NICE=nice/ --method UNIT=unit/ --method MUNIT=munit/
    """
    from gan_eval.study.api import new

    check_outputs(folder=out)
    with progress(quiet) as report:
        written = new(kind, methods, out, inputs=inputs, real=real, progress=report, **chosen)
    for warning in written.warnings:
        notice(f"warning: {warning}")
    document = written.to_dict()
    if as_json:
        print_json(document)
        return
    shown = ("page", "key", "items", "images", "forms", "practice", "trials_per_person", "bytes")
    rows = [[name.replace("_", " "), _cell(document[name])] for name in shown]
    print_table(["study", written.manifest.study_id], rows)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return str(len(value))
    return f"{value:,}" if isinstance(value, int) else str(value)
