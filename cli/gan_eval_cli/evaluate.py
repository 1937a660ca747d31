"""`gan-eval fid`, `kid`, `is`, `prdc` and `score`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from gan_eval_cli import options
from gan_eval_cli.exports import Exports, command_line, with_exports
from gan_eval_cli.settings import with_settings

if TYPE_CHECKING:
    from gan_eval.evaluate import Evaluation
    from gan_eval.settings import Settings

exact = click.option("--exact", is_flag=True, help="KID over all pairs, whatever the number of images.")
subsets = click.option(
    "--subsets", type=click.IntRange(min=1), help="KID as the mean over so many random subsets, as the peers do."
)
subset_size = click.option(
    "--subset-size", type=click.IntRange(min=2), default=1000, show_default=True, help="Images in each subset."
)
splits = click.option(
    "--splits",
    type=click.IntRange(min=1),
    help="Parts of the Inception score.  [default: 10 from 5,000 images on, else 1]",
)
nearest = click.option(
    "--nearest",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="k of precision, recall, density, coverage.",
)
infinity = click.option("--infinity", is_flag=True, help="Also extrapolate FID to infinitely many images.")


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    for option in (options.quiet, options.json_output, options.seed, options.interval):
        command = option(command)
    return with_settings(command)


@click.command("fid")
@click.argument("real")
@click.argument("fake")
@infinity
@_shared
def fid(
    real: str, fake: str, infinity: bool, interval: bool, seed: int, as_json: bool, quiet: bool, settings: Settings
) -> None:
    """Fréchet inception distance between a REAL and a FAKE set (lower is better).

    Example: gan-eval fid real/ fake/
    """
    _run("fid", real, fake, ["fid"], settings, as_json, quiet, interval=interval, seed=seed, infinity=infinity)


@click.command("kid")
@click.argument("real")
@click.argument("fake")
@exact
@subsets
@subset_size
@_shared
def kid(
    real: str,
    fake: str,
    exact: bool,
    subsets: int | None,
    subset_size: int,
    interval: bool,
    seed: int,
    as_json: bool,
    quiet: bool,
    settings: Settings,
) -> None:
    """Kernel inception distance between a REAL and a FAKE set (lower is better): unbiased, over all pairs.

    Example: gan-eval kid real/ fake/ --json
    """
    chosen: dict[str, Any] = {"exact": exact, "subsets": subsets, "subset_size": subset_size}
    _run("kid", real, fake, ["kid"], settings, as_json, quiet, interval=interval, seed=seed, **chosen)


@click.command("is")
@click.argument("fake")
@click.option("--real", help="Real set, whose own score is shown beside.")
@splits
@_shared
def inception_score(
    fake: str,
    real: str | None,
    splits: int | None,
    interval: bool,
    seed: int,
    as_json: bool,
    quiet: bool,
    settings: Settings,
) -> None:
    """Inception score of a FAKE set (higher means sharper and more varied labels, not more alike to your data).

    Example: gan-eval is fake/ --real real/
    """
    _run("is", real, fake, ["is"], settings, as_json, quiet, interval=interval, seed=seed, splits=splits)


@click.command("prdc")
@click.argument("real")
@click.argument("fake")
@nearest
@_shared
def prdc(
    real: str, fake: str, nearest: int, interval: bool, seed: int, as_json: bool, quiet: bool, settings: Settings
) -> None:
    """Precision, recall, density and coverage of a FAKE set against a REAL one (higher is better).

    Example: gan-eval prdc real/ fake/ --nearest 5
    """
    _run("prdc", real, fake, ["prdc"], settings, as_json, quiet, interval=interval, seed=seed, nearest=nearest)


@click.command("score")
@click.argument("real")
@click.argument("fake")
@click.option("--metrics", default="fid,kid,prdc", show_default=True, help="Any of fid, kid, prdc, is, by commas.")
@exact
@subsets
@subset_size
@splits
@nearest
@infinity
@with_exports
@_shared
def score(
    real: str,
    fake: str,
    metrics: str,
    exact: bool,
    subsets: int | None,
    subset_size: int,
    splits: int | None,
    nearest: int,
    infinity: bool,
    interval: bool,
    seed: int,
    as_json: bool,
    quiet: bool,
    settings: Settings,
    exports: Exports,
) -> None:
    """Several metrics of a FAKE set against a REAL one from one pass over the images.

    Example: gan-eval score real/ fake/ --metrics fid,kid,prdc,is
    """
    chosen: dict[str, Any] = {
        "exact": exact,
        "subsets": subsets,
        "subset_size": subset_size,
        "splits": splits,
        "nearest": nearest,
    }
    names = parse_metrics(metrics)
    _run(
        "score",
        real,
        fake,
        names,
        settings,
        as_json,
        quiet,
        exports,
        interval=interval,
        seed=seed,
        infinity=infinity,
        **chosen,
    )


def parse_metrics(text: str) -> list[Any]:
    """`fid,kid` → ["fid", "kid"]; an unknown name is a usage error that lists the known ones."""
    from gan_eval.scoring import METRICS

    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in METRICS]
    if unknown or not names:
        raise click.BadParameter(
            f"{', '.join(unknown) or 'nothing'}; known are {', '.join(METRICS)}", param_hint="--metrics"
        )
    return list(dict.fromkeys(names))


def _run(
    command: str,
    real: str | None,
    fake: str,
    metrics: list[Any],
    settings: Settings,
    as_json: bool,
    quiet: bool,
    exports: Exports | None = None,
    **chosen: Any,
) -> None:
    from gan_eval.evaluate import evaluate
    from gan_eval.scoring import Options
    from gan_eval_cli import render

    chosen_options = Options(like=settings.like, **chosen)
    with render.progress(quiet) as progress:
        evaluation = evaluate(real, fake, metrics, settings=settings, options=chosen_options, progress=progress)
    if as_json:
        render.print_json(evaluation.to_dict(command))
    else:
        show(evaluation)
    render.notes(evaluation.warnings, quiet=quiet)
    if exports is not None:
        _export(evaluation, exports)


def _export(evaluation: Evaluation, exports: Exports) -> None:
    """Write the files that were asked for."""
    from gan_eval.report import evaluation as page
    from gan_eval.report.writers import latex, markdown, scores_csv

    table = page.score_table(evaluation)
    exports.write(
        csv=lambda: scores_csv(("", None, score) for score in evaluation.scores),
        latex=lambda: latex(table),
        markdown=lambda: "\n".join([markdown(table), *page.sentences(evaluation), ""]),
        html=lambda: page.html(evaluation, command=command_line()),
    )


def show(evaluation: Evaluation) -> None:
    """An evaluation as a table on stdout."""
    from gan_eval.report.evaluation import score_table
    from gan_eval_cli import render

    render.show_table(score_table(evaluation))
