"""`gan-eval score`, and a command for each metric of the table: `gan-eval fid`, `kid`, `is`, `prdc`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from gan_eval.metrics.table import TABLE, MetricName, MetricOptions, MetricRow
from gan_eval_cli import options
from gan_eval_cli.exports import Exports, command_line, picture_sections, pictures, with_exports
from gan_eval_cli.settings import with_settings

if TYPE_CHECKING:
    from gan_eval.evaluate import Evaluation
    from gan_eval.report.page import PageSection
    from gan_eval.settings import Settings

NAMES = ", ".join(TABLE)


def __getattr__(name: str) -> click.Command:
    """The command of a metric."""
    if name not in TABLE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return command_of(TABLE[name])


def command_of(row: MetricRow) -> click.Command:
    """The command of a metric: its sides as arguments, its own options and those of reading."""

    def run(fake: str, real: str | None = None, **given: Any) -> None:
        _run(row.name, real, fake, [row.name], **given)

    sources = "real/ fake/" if row.sides == "both" else "fake/"
    run.__doc__ = f"{row.help}\n\nExample: {' '.join(['gan-eval', row.name, sources, row.example]).strip()}"
    command = _with_options(row.options)(run)
    command = click.argument("fake")(command)
    beside = click.option("--real", help="Real set; its own score is shown too.")
    return click.command(row.name)((click.argument("real") if row.sides == "both" else beside)(command))


def _with_options(own: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add a metric's own options, those of every metric, and those of reading."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for option in (options.quiet, options.json_output, options.seed, options.group, options.interval):
            command = option(command)
        command = with_settings(command)
        for option in reversed(options.flags(own).values()):
            command = option(command)
        return command

    return decorate


@click.command("score")
@click.argument("real")
@click.argument("fake")
@click.option("--metrics", default="fid,kid,prdc", show_default=True, help=f"Any of {NAMES}, by commas.")
@pictures
@with_exports
@_with_options(MetricOptions)
def score(real: str, fake: str, metrics: str, **given: Any) -> None:
    """Several metrics of a FAKE set against a REAL one from one pass over the images.

    Example: gan-eval score real/ fake/ --metrics fid,kid,prdc,is
    """
    _run("score", real, fake, parse_metrics(metrics), **given)


def parse_metrics(text: str) -> list[MetricName]:
    """`fid,kid` → ["fid", "kid"]; an unknown name is a usage error that lists the known ones."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in TABLE]
    if unknown or not names:
        raise click.BadParameter(f"{', '.join(unknown) or 'nothing'}; known are {NAMES}", param_hint="--metrics")
    return [TABLE[name].name for name in dict.fromkeys(names)]


def _run(
    command: str,
    real: str | None,
    fake: str,
    metrics: Sequence[MetricName],
    *,
    settings: Settings,
    as_json: bool,
    quiet: bool,
    exports: Exports | None = None,
    pictures: bool = False,
    **chosen: Any,
) -> None:
    from gan_eval.evaluate import evaluate
    from gan_eval.scoring import Options
    from gan_eval_cli import render

    estimators = Options(like=settings.like, **chosen)
    with render.progress(quiet) as progress:
        evaluation = evaluate(real, fake, metrics, settings=settings, options=estimators, progress=progress)
    if as_json:
        render.print_json(evaluation.to_dict(command))
    else:
        show(evaluation)
    render.notes(evaluation.warnings, quiet=quiet)
    if exports is not None:
        wanted = pictures and exports.html is not None and real is not None
        seed = estimators.plan.seed
        shown = picture_sections(real, {"the fake set": fake}, settings, seed) if wanted and real is not None else ()
        _export(evaluation, exports, shown)


def _export(evaluation: Evaluation, exports: Exports, shown: tuple[PageSection, ...]) -> None:
    """Write the files that were asked for; shown: images of the set, for the page."""
    from gan_eval.report import evaluation as page
    from gan_eval.report.writers import latex, markdown, scores_csv

    table = page.score_table(evaluation)
    exports.write(
        csv=lambda: scores_csv(("", None, score) for score in evaluation.scores),
        latex=lambda: latex(table),
        markdown=lambda: "\n".join([markdown(table), *page.sentences(evaluation), ""]),
        html=lambda: page.html(evaluation, command=command_line(), further=shown),
    )


def show(evaluation: Evaluation) -> None:
    """An evaluation as a table on stdout."""
    from gan_eval.report.evaluation import score_table
    from gan_eval_cli import render

    render.show_table(score_table(evaluation))
