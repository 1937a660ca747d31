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
    "--key", "key_file", type=click.Path(path_type=Path), help="study.key.json, or the study's folder; not for a CSV."
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
    key_file: Path | None,
    manifest_file: Path | None,
    html: Path | None,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    """Analyse the answers of a study with the person as the unit: estimates, intervals, tests, exclusions.

    RESPONSES is a .jsonl file or a folder of them, as `gan-eval study collect` or `simulate` writes. What is analysed
    and who is excluded was fixed in the key when the study was exported. RESPONSES may also be a CSV of votes that were
    collected elsewhere: an arena's (model_a, model_b, winner, and voter and item if it has them), or a number or counts
    per person and model. These need no key, and what is wrong with them is named.

    Example: gan-eval study analyse answers/ --key study/study.key.json --html report.html --csv answers.csv
    """
    from gan_eval.files import write_text
    from gan_eval.report.study.page import render
    from gan_eval.study.analysing.document import to_dict
    from gan_eval.study.analysing.spreadsheet import answers_csv
    from gan_eval.study.api import analyse
    from gan_eval.study.votes.reading import is_ballots

    check_outputs(html, csv_file)
    if is_ballots(responses):
        _votes(responses, html, csv_file, as_json=as_json)
        return
    if key_file is None:
        raise click.UsageError("Missing option '--key' (answers of a study are unblinded by its key).")
    analysis = analyse(responses, key_file, manifest=manifest_file)
    if as_json:
        print_json(to_dict(analysis))
    else:
        _show(analysis)
    if html is not None:
        write_text(html, render(analysis, command=command_line()))
        notice(f"report: {html}")
    if csv_file is not None:
        write_text(csv_file, answers_csv(analysis.record, analysis.manifest, analysis.key, analysis.screening))
        notice(f"answers: {csv_file}")


def _votes(responses: Path, html: Path | None, csv_file: Path | None, *, as_json: bool) -> None:
    """Analyse votes from elsewhere."""
    from gan_eval.files import write_text
    from gan_eval.report.votes import pair_table, standing_table, verdict, votes_page
    from gan_eval.study.votes.ballots import Votes
    from gan_eval.study.votes.defects import defects
    from gan_eval.study.votes.document import to_dict
    from gan_eval.study.votes.reading import read_ballots
    from gan_eval.study.votes.standing import standing

    if csv_file is not None:
        raise click.UsageError("--csv goes with answers of a study; these votes are a CSV already.")
    ballots = read_ballots(responses)
    people = standing(ballots)
    found = defects(ballots, people) if isinstance(ballots, Votes) else []
    if as_json:
        print_json(to_dict(people, found))
    else:
        show_table(standing_table(people))
        if len(people.methods) <= 12:
            show_table(pair_table(people))
        print_paragraph(" ".join(verdict(people)))
    notes((*(defect.text for defect in found), *people.notes))
    if html is not None:
        write_text(html, votes_page(people, found, title=responses.name, command=command_line()))
        notice(f"report: {html}")


def _show(analysis: Analysis) -> None:
    """Print the tables and the paragraph on stdout, the notes on stderr."""
    from gan_eval.report.study.tables import all_tables
    from gan_eval.report.study.wording import paragraph

    for table in all_tables(analysis):
        show_table(table)
    print_paragraph(paragraph(analysis))
    notes(analysis.warnings)
