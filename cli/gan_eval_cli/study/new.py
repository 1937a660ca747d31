"""`gan-eval study new`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval_cli import options
from gan_eval_cli.outputs import check_outputs
from gan_eval_cli.render import notice, print_json, print_table, progress
from gan_eval_cli.study.options import named_folders, with_amounts, with_hosting, with_screen

if TYPE_CHECKING:
    from gan_eval.study.making.request import Amounts, Hosting, Screen
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
@click.option("--site", is_flag=True, help="A folder to host instead of one file.")
@with_amounts
@with_screen
@click.option("--resize", metavar="SIZE", help="Bring all pictures to SIZE (256 or 256x192) by Lanczos.")
@click.option("--crop", is_flag=True, help="With --resize: keep the aspect and cut the middle instead of stretching.")
@click.option("--jpeg", type=click.IntRange(1, 100), help="JPEG of this quality for all pictures.  [default: lossless]")
@click.option("--allow-missing", is_flag=True, help="Leave out items that are missing somewhere or unreadable.")
@click.option("--settings", type=click.Path(path_type=Path), help="TOML file with the tables text, rules and analysis.")
@with_hosting
@click.option("--id", "study_id", help="Public name of the study.  [default: made from the secret]")
@click.option(
    "--secret-file", type=click.Path(path_type=Path), help="32 bytes to make ids from.  [default: fresh ones]"
)
@options.seed
@options.json_output
@options.quiet
def new_command(
    kind: Kind,
    methods: dict[str, Path],
    inputs: Path | None,
    real: Path | None,
    out: Path,
    site: bool,
    amounts: Amounts,
    screen: Screen,
    hosting: Hosting,
    resize: str | None,
    crop: bool,
    jpeg: int | None,
    allow_missing: bool,
    settings: Path | None,
    study_id: str | None,
    secret_file: Path | None,
    seed: int,
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
    from gan_eval.picture_size import parse_size
    from gan_eval.study.making.export import export
    from gan_eval.study.making.pictures import Fitting
    from gan_eval.study.making.request import StudyRequest
    from gan_eval.study.making.settings import read_settings
    from gan_eval.study.making.sources import Folders
    from gan_eval.study.schema.ids import read_secret

    check_outputs(folder=out)
    own = read_settings(settings)
    plan = StudyRequest(
        kind=kind,
        folders=Folders(methods, inputs, real),
        seed=str(seed),
        secret=read_secret(secret_file),
        amounts=amounts,
        screen=screen,
        hosting=hosting,
        study_id=study_id,
        text=own.text,
        fit=None if resize is None else Fitting(parse_size(resize), crop),
        jpeg_quality=jpeg,
        allow_missing=allow_missing,
        rules=own.rules,
        analysis=own.analysis,
    )
    with progress(quiet) as report:
        written = export(plan, out, site=site, progress=report)
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
