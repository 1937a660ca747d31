"""`gan-eval study analyse`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gan_eval_cli import options
from gan_eval_cli.exports import command_line
from gan_eval_cli.outputs import check_outputs
from gan_eval_cli.render import notes, notice, print_json, print_paragraph, show_table

if TYPE_CHECKING:
    from gan_eval.study.analysing.analysis import Analysis


@click.command("analyse")
@click.argument("responses", type=click.Path(path_type=Path))
@click.option(
    "--key", "key_file", required=True, type=click.Path(path_type=Path), help="study.key.json, or the study's folder."
)
@click.option(
    "--manifest",
    "manifest_file",
    type=click.Path(path_type=Path),
    help="study.json.  [default: the one beside the key]",
)
@click.option("--html", type=click.Path(path_type=Path), help="Write the report, one self-contained file.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write the answers, unblinded, one per row.")
@options.json_output
def analyse_command(
    responses: Path,
    key_file: Path,
    manifest_file: Path | None,
    html: Path | None,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    """Analyse the answers of a study with the person as the unit: estimates, intervals, tests, exclusions.

    RESPONSES is a .jsonl file or a folder of them, as `gan-eval study collect` or `simulate` writes. What is analysed
    and who is excluded was fixed in the key when the study was exported.

    Example: gan-eval study analyse answers/ --key study/study.key.json --html report.html --csv answers.csv
    """
    from gan_eval.files import write_text
    from gan_eval.report.study.page import render
    from gan_eval.study.analysing.analysis import analyse
    from gan_eval.study.analysing.document import to_dict
    from gan_eval.study.analysing.spreadsheet import answers_csv
    from gan_eval.study.schema.events import read_events
    from gan_eval.study.schema.manifest import MANIFEST_FILE, read_key, read_manifest

    check_outputs(html, csv_file)
    key = read_key(key_file)
    folder = key_file if key_file.is_dir() else key_file.parent
    manifest = read_manifest(manifest_file or folder / MANIFEST_FILE)
    analysis = analyse(read_events(responses), manifest, key)
    if as_json:
        print_json(to_dict(analysis))
    else:
        _show(analysis)
    if html is not None:
        write_text(html, render(analysis, command=command_line()))
        notice(f"report: {html}")
    if csv_file is not None:
        write_text(csv_file, answers_csv(analysis.record, manifest, key, analysis.screening))
        notice(f"answers: {csv_file}")


def _show(analysis: Analysis) -> None:
    """Print the tables and the paragraph on stdout, the notes on stderr."""
    from gan_eval.report.study.tables import all_tables
    from gan_eval.report.study.wording import paragraph

    for table in all_tables(analysis):
        show_table(table)
    print_paragraph(paragraph(analysis))
    notes(analysis.warnings)
