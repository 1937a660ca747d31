"""`gan-eval compare`: many models against one real set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import options
from cli.settings import constants_of, with_settings

if TYPE_CHECKING:
    from gan_eval.compare import Comparison
    from gan_eval.evaluate import Settings


@click.command("compare")
@click.argument("real")
@click.argument("models", nargs=-1, required=True, metavar="[NAME=]FAKE...")
@click.option(
    "--metrics",
    default="kid,fid,prdc",
    show_default=True,
    help="Any of fid, kid, prdc, is, by commas; the first one ranks.",
)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Also write a self-contained report.")
@options.interval
@options.seed
@options.json_output
@options.quiet
@with_settings
def compare(
    real: str,
    models: tuple[str, ...],
    metrics: str,
    html: Path | None,
    interval: bool,
    seed: int,
    as_json: bool,
    quiet: bool,
    settings: Settings,
) -> None:
    """Rank several models' images against a REAL set, with error bars and a test for every pair.

    A model is NAME=SOURCE, or a SOURCE that is called by the name of its folder.

    Example: gan-eval compare real/ ours=out/ours/ theirs=out/theirs/ --html report.html
    """
    from cli import render
    from cli.evaluate import parse_metrics
    from gan_eval.compare import compare as run
    from gan_eval.scoring import Options

    chosen = Options(like=constants_of(), interval=interval, seed=seed)
    with render.progress(quiet) as progress:
        made = run(
            real, parse_models(models), parse_metrics(metrics), settings=settings, options=chosen, progress=progress
        )
    for warning in made.warnings:
        render.notice(f"note: {warning}")
    if html is not None:
        from gan_eval.report.comparison import write_html

        write_html(made, html)
    if as_json:
        render.print_json(made.to_dict())
    else:
        show(made)


def parse_models(given: tuple[str, ...]) -> dict[str, str]:
    """`NAME=SOURCE` or `SOURCE` → name → source; two of one name are a usage error."""
    models: dict[str, str] = {}
    for text in given:
        name, equals, source = text.partition("=")
        if not equals or Path(text).exists():
            name, source = Path(text).stem or text, text
        if name in models:
            raise click.BadParameter(f"two models are called {name!r}; tell them apart as NAME=SOURCE")
        models[name] = source
    return models


def show(made: Comparison) -> None:
    """Models by rank and pairs by difference, as tables on stdout."""
    from cli import render
    from cli.evaluate import TITLES, numbers_of

    features = made.provenance.features
    first = made.models[0].scores
    columns = ["", "model", *(TITLES.get(score.metric, score.metric) for score in first)]
    rows = []
    for model in made.models:
        cells = []
        for position, score in enumerate(model.scores):
            value, bar = numbers_of(score, 1)
            cells.append(f"{value} [{bar}]" if position == 0 and score.interval else value)
        rows.append([str(model.rank), model.name, *cells])
    title = f"{features['name']} ({features['precision']}), {features['like']} preprocessing"
    render.print_table(columns, rows, title=title)
    if made.pairs:
        render.print_table(["pair", "difference", "95 % interval", "p (Holm)", ""], pair_rows(made))


def pair_rows(made: Comparison) -> list[list[str]]:
    """One row a pair; what cannot be told apart is said, not ranked."""
    rows = []
    for pair in made.pairs:
        verdict = "not distinguishable"
        if pair.adjusted_p < 0.05:
            verdict = f"{pair.a if pair.difference < 0 else pair.b} is nearer"
        rows.append(
            [
                f"{pair.a} - {pair.b}",
                f"{pair.difference:+.5f}",
                f"{pair.interval.low:+.5f} to {pair.interval.high:+.5f}",
                f"{pair.adjusted_p:.3g}" if pair.adjusted_p >= 1e-4 else "< 0.0001",
                verdict,
            ]
        )
    return rows
