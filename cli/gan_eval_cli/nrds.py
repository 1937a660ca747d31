"""`gan-eval nrds`: models compared by how long a discriminator needs to tell their images from real ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gan_eval.settings import NetworkOptions
from gan_eval_cli import options
from gan_eval_cli.exports import Exports, command_line, with_exports
from gan_eval_cli.settings import with_options

if TYPE_CHECKING:
    from gan_eval.discriminative.outcome import NrdsResult
    from gan_eval.discriminative.plan import ContestPlan
    from gan_eval.settings import Settings


@click.command("nrds")
@click.argument("models", nargs=-1, metavar="[NAME=]MODEL...")
@click.option("--real", help="Real images.  [default: the set that `nicegan translate` recorded beside its images]")
@click.option(
    "--input", "inputs", help="The inputs that the models translated; they are ranked too and should come last."
)
@click.option(
    "--protocol",
    type=click.Choice(["robust", "published"]),
    default="robust",
    show_default=True,
    help="published repeats the authors' single run; robust has seeds, held-out images, error bars and tests.",
)
@click.option(
    "--discriminator",
    type=click.Choice(["features", "paper", "small"]),
    help="Frozen features with a trained head, the paper's CNN, or a small CNN with augmentation.  "
    "[default: features; the published protocol has paper]",
)
@click.option(
    "--against",
    type=click.Choice(["pool", "real"]),
    default="pool",
    show_default=True,
    help="pool: one discriminator sees all models; real: each model has its own, which sees no rival.",
)
@click.option("--seeds", type=click.IntRange(min=1), help="Runs of the robust protocol.  [default: 5]")
@click.option(
    "--epochs", type=click.IntRange(min=1), help="Most epochs of training.  [default: the discriminator's own]"
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    help="Fakes of a model in each step.  [default: the discriminator's own]",
)
@click.option(
    "--size",
    type=click.IntRange(min=1),
    help="Side of the images for a CNN, in pixels.  [default: the discriminator's own]",
)
@click.option(
    "--curves", type=click.Path(path_type=Path, dir_okay=False), help="Score the curves of this JSON instead."
)
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Also draw the curves: .png, .svg, .pdf.")
@with_exports
@options.seed
@options.json_output
@options.quiet
@with_options(NetworkOptions)
def nrds(
    models: tuple[str, ...],
    real: str | None,
    inputs: str | None,
    protocol: Any,
    discriminator: Any,
    against: Any,
    seeds: int | None,
    epochs: int | None,
    batch_size: int | None,
    size: int | None,
    curves: Path | None,
    exports: Exports,
    plot: Path | None,
    seed: int,
    as_json: bool,
    quiet: bool,
    settings: Settings,
) -> None:
    """Rank two or more MODELs by NRDS, the normalized relative discriminative score (higher is more realistic).

    A discriminator learns to tell real images from the models' fakes; the longer it takes for a model, the more
    realistic that model's images are. The scores of the models sum to 1. A model is NAME=SOURCE, or a SOURCE that is
    called by the name of its folder.

    Finished seeds are kept: a run that was interrupted goes on with the next one.

    Example: gan-eval nrds ours/ theirs/ --real real/ --html report.html
    """
    from gan_eval.discriminative.plan import plan
    from gan_eval_cli import render
    from gan_eval_cli.outputs import check_outputs

    if bool(models) == (curves is not None):
        raise click.UsageError("give two or more models, or --curves FILE")
    chosen = plan(
        protocol,
        discriminator=discriminator,
        against=against,
        seeds=seeds,
        epochs=epochs,
        batch_size=batch_size,
        size=size,
        seed=seed,
    )
    check_outputs(plot)
    made = _saved(curves) if curves else _run(models, real, inputs, chosen, quiet, settings)
    if as_json:
        render.print_json(made.to_dict())
    else:
        show(made)
    render.notes(made.warnings, quiet=quiet)
    _export(made, exports)
    if plot is not None:
        from gan_eval.report.nrds_plot import write_plot

        write_plot(made, plot)


def _run(
    models: tuple[str, ...], real: str | None, inputs: str | None, chosen: ContestPlan, quiet: bool, settings: Settings
) -> NrdsResult:
    from gan_eval.discriminative.protocol import contest
    from gan_eval_cli import render
    from gan_eval_cli.compare import parse_models

    with render.progress(quiet) as progress:
        return contest(parse_models(models), real, chosen, inputs=inputs, settings=settings, progress=progress)


def _saved(path: Path) -> NrdsResult:
    from gan_eval.discriminative.saved import from_curves, read_curves

    return from_curves(read_curves(path))


def _export(result: NrdsResult, exports: Exports) -> None:
    """Write the files that were asked for."""
    from gan_eval.report import nrds as page
    from gan_eval.report.writers import latex, markdown, scores_csv

    table = page.score_table(result)
    rows = [(str(score.details["model"]), score.details["rank"], score) for score in result.scores]
    exports.write(
        csv=lambda: scores_csv(rows),
        latex=lambda: latex(table),
        markdown=lambda: "\n".join([markdown(table), *page.verdict(result), ""]),
        html=lambda: page.html(result, command=command_line()),
    )


def show(result: NrdsResult) -> None:
    """The scores and the pairs as tables on stdout."""
    from gan_eval.report.nrds import pair_table, score_table, verdict
    from gan_eval_cli import render

    render.show_table(score_table(result))
    if result.pairs:
        render.show_table(pair_table(result))
    render.print_text(verdict(result)[0])
