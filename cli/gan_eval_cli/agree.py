"""`gan-eval agree`: metrics against people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gan_eval_cli import options
from gan_eval_cli.exports import command_line
from gan_eval_cli.outputs import check_outputs
from gan_eval_cli.render import notes, print_json, print_text, show_table

if TYPE_CHECKING:
    from gan_eval.agree import PeopleAndMetrics
    from gan_eval.study.analysing.analysis import Analysis
    from gan_eval.study.votes.metric_table import MetricTable
    from gan_eval.study.votes.standing import Standing


@click.command("agree")
@click.argument("votes", nargs=-1, required=True, metavar="[SET=]VOTES...")
@click.argument("metrics", type=click.Path(path_type=Path))
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    help="The study's folder or key, where VOTES are its answers.",
)
@click.option("--measure", help="Column of VOTES with a number per person and method.  [default: the first known one]")
@click.option("--lower", multiple=True, metavar="METRIC", help="A metric of which lower is better.")
@click.option("--higher", multiple=True, metavar="METRIC", help="A metric of which higher is better.")
@click.option("--resamples", type=click.IntRange(100, 100_000), default=2000, show_default=True, help="Of the people.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Also write a page with scatter plots.")
@options.seed
@options.json_output
def agree_command(
    votes: tuple[str, ...],
    metrics: Path,
    key_file: Path | None,
    measure: str | None,
    lower: tuple[str, ...],
    higher: tuple[str, ...],
    resamples: int,
    html: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Say which METRICS order methods as people do: Kendall's tau with an interval over people, and wrong pairs.

    VOTES is a CSV of an arena (model_a, model_b, winner, and voter and item if it has them), a CSV with a number or
    counts per person and model, or answers of a study (with --key). METRICS is a CSV with a column model and one per
    metric, or the JSON that `gan-eval compare` prints; where it has a column dataset, VOTES go with the set whose name
    is in theirs, or as SET=VOTES.

    Example: gan-eval agree votes.csv metrics.csv --html agreement.html
    """
    from gan_eval.agree import to_dict
    from gan_eval.files import write_text
    from gan_eval.report.agreement import agreement_page, agreement_table, verdict
    from gan_eval.study.votes.metric_table import read_metrics

    check_outputs(html)
    table = read_metrics(metrics, lower=lower, higher=higher)
    results = [_held(text, table, key_file, measure, resamples, seed) for text in votes]
    if as_json:
        print_json(to_dict(results))
    else:
        for result in results:
            show_table(agreement_table(result))
            print_text(verdict(result))
    lost = [f"which way is better is not known of {name}: left out (--lower or --higher)" for name in table.unknown]
    notes(tuple(dict.fromkeys([*lost, *(note for result in results for note in result.notes)])))
    if html is not None:
        write_text(html, agreement_page(results, command=command_line()))


def _held(
    text: str, table: MetricTable, key: Path | None, measure: str | None, resamples: int, seed: int
) -> PeopleAndMetrics:
    """One file of votes against the metrics of its set."""
    from gan_eval.agree import agree, matched_set

    name, equals, rest = text.partition("=")
    path = Path(rest) if equals and not Path(text).exists() else Path(text)
    set_name = name if path == Path(rest) and equals else matched_set(path.stem, table)
    people = standing_from(path, key, measure=measure, resamples=resamples, seed=seed)
    return agree(people, table, set_name=set_name)


def standing_from(
    path: Path, key: Path | None, *, measure: str | None = None, resamples: int = 2000, seed: int = 0
) -> Standing:
    """The people's standing, from a study's answers or from a CSV of votes."""
    from gan_eval.agree import standing_of
    from gan_eval.study.votes.reading import is_ballots, read_ballots
    from gan_eval.study.votes.standing import standing

    if is_ballots(path) or (key is None and not path.is_dir()):
        return standing(read_ballots(path, measure=measure), count=resamples, seed=seed)
    if key is None:
        raise click.UsageError("Missing option '--key' (answers of a study are unblinded by its key).")
    return standing_of(_read_analysis(path, key), count=resamples)


def _read_analysis(responses: Path, key_file: Path) -> Analysis:
    """The analysis of a study's answers."""
    from gan_eval.study.analysing.analysis import analyse
    from gan_eval.study.schema.events import read_events
    from gan_eval.study.schema.manifest import MANIFEST_FILE, read_key, read_manifest

    folder = key_file if key_file.is_dir() else key_file.parent
    return analyse(read_events(responses), read_manifest(folder / MANIFEST_FILE), read_key(key_file))
