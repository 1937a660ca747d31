"""`gan-eval compare`: many models against one real set."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gan_eval.metrics.table import TABLE
from gan_eval_cli import options
from gan_eval_cli.exports import Exports, command_line, picture_sections, pictures, with_exports
from gan_eval_cli.settings import with_settings

if TYPE_CHECKING:
    from gan_eval.agree import PeopleAndMetrics
    from gan_eval.comparison import Comparison
    from gan_eval.report.page import PageSection
    from gan_eval.settings import Settings
    from gan_eval.training_runs import TrainingRuns


@click.command("compare")
@click.argument("real")
@click.argument("models", nargs=-1, required=True, metavar="[NAME=]FAKE...")
@click.option(
    "--metrics",
    default="kid,fid,prdc",
    show_default=True,
    help=f"Any of {', '.join(TABLE)}, by commas; the first one ranks.",
)
@click.option(
    "--study",
    type=click.Path(path_type=Path),
    help="Answers of people on these models: say which metric agrees with them.",
)
@click.option("--key", "key_file", type=click.Path(path_type=Path), help="The study's folder or key, with --study.")
@click.option(
    "--margin",
    type=click.FloatRange(min=0, min_open=True),
    metavar="NUMBER",
    help="A difference of the first metric that does not matter: pairs are also tested for being closer than that.",
)
@pictures
@with_exports
@options.interval
@options.group
@options.seed
@options.json_output
@options.quiet
@with_settings
def compare(
    real: str,
    models: tuple[str, ...],
    metrics: str,
    study: Path | None,
    key_file: Path | None,
    margin: float | None,
    interval: bool,
    seed: int,
    group: str | None,
    as_json: bool,
    quiet: bool,
    settings: Settings,
    pictures: bool,
    exports: Exports,
) -> None:
    """Rank several models' images against a REAL set, with error bars and a test for every pair.

    A model is NAME=SOURCE, or a SOURCE that is called by the name of its folder. A name that is given again, or a
    SOURCE with * that matches several folders, adds a training run; models of several runs are compared as recipes.
    --study takes what `gan-eval study analyse` takes, with the models called by the same names: answers of a study,
    with --key, or a CSV of votes.

    Example: gan-eval compare real/ ours=out/ours/ theirs=out/theirs/ --html report.html
    """
    from gan_eval.agree import set_document
    from gan_eval.comparison import compare as run
    from gan_eval.report.agreement import agreement_table
    from gan_eval.report.agreement import verdict as agreement_verdict
    from gan_eval.scoring import Options
    from gan_eval_cli import render
    from gan_eval_cli.evaluate import parse_metrics

    named = parse_runs(models)
    chosen = Options(like=settings.like, interval=interval, seed=seed, group=group)
    with render.progress(quiet) as progress:
        comparison = run(
            real,
            named,
            parse_metrics(metrics),
            settings=settings,
            options=chosen,
            margin=margin,
            progress=progress,
        )
    people = None if study is None else _people(comparison, study, key_file)
    if as_json:
        render.print_json(comparison.to_dict() | ({} if people is None else {"people": set_document(people)}))
    else:
        show(comparison)
        if people is not None:
            render.show_table(agreement_table(people))
            render.print_text(agreement_verdict(people))
    render.notes((*comparison.warnings, *(() if people is None else people.notes)), quiet=quiet)
    ranked = {model.name: _first_run(named[model.name]) for model in comparison.models}
    shown = picture_sections(real, ranked, settings, seed) if pictures and exports.html is not None else ()
    _export(comparison, exports, people, shown)


def _first_run(source: str | TrainingRuns) -> str:
    """A model's images, of its first run where there are several."""
    return source if isinstance(source, str) else str(source.sources[0])


def _people(comparison: Comparison, study: Path, key_file: Path | None) -> PeopleAndMetrics:
    """The comparison's metrics against what people answered."""
    from gan_eval.agree import agree
    from gan_eval.study.votes.metric_table import columns_of
    from gan_eval_cli.agree import standing_from

    people = standing_from(study, key_file)
    return agree(people, columns_of((model.name, model.scores) for model in comparison.models))


def _export(
    comparison: Comparison, exports: Exports, people: PeopleAndMetrics | None, shown: tuple[PageSection, ...]
) -> None:
    """Write the files that were asked for; shown: images of the models, for the page."""
    from gan_eval.report import comparison as page
    from gan_eval.report.agreement import section_of
    from gan_eval.report.writers import latex, markdown, scores_csv

    table = page.score_table(comparison)
    rows = [(model.name, model.rank, score) for model in comparison.models for score in model.scores]
    exports.write(
        csv=lambda: scores_csv(rows),
        latex=lambda: latex(table),
        markdown=lambda: "\n".join([markdown(table), *page.sentences(comparison), ""]),
        html=lambda: page.html(
            comparison, command=command_line(), further=(*(() if people is None else (section_of(people),)), *shown)
        ),
    )


def parse_models(given: tuple[str, ...]) -> dict[str, str]:
    """`NAME=SOURCE` or `SOURCE` → name → source; two of one name are a usage error."""
    models: dict[str, str] = {}
    for name, source, _ in map(_named, given):
        if name in models:
            raise click.BadParameter(f"two models are called {name!r}; tell them apart as NAME=SOURCE")
        models[name] = source
    return models


def parse_runs(given: tuple[str, ...]) -> dict[str, str | TrainingRuns]:
    """As `parse_models`, but a NAME= that comes again, and a pattern that matches several paths, are training runs."""
    from gan_eval.training_runs import TrainingRuns

    runs: dict[str, list[str]] = {}
    unnamed: set[str] = set()
    for name, source, own in map(_named, given):
        if name in runs and (not own or name in unnamed):
            raise click.BadParameter(f"two models are called {name!r}; tell them apart as NAME=SOURCE")
        if not own:
            unnamed.add(name)
        found = [source] if Path(source).exists() else sorted(glob.glob(source)) or [source]
        if twice := [each for each in found if each in runs.get(name, [])]:
            raise click.BadParameter(f"{twice[0]!r} is given twice as a training run of {name!r}")
        runs.setdefault(name, []).extend(found)
    return {name: sources[0] if len(sources) == 1 else TrainingRuns(*sources) for name, sources in runs.items()}


def _named(text: str) -> tuple[str, str, bool]:
    """A model's name, its source, and whether the name was given."""
    name, equals, source = text.partition("=")
    if not equals or Path(text).exists():
        return Path(text).stem or text, text, False
    return name, source, True


def show(comparison: Comparison) -> None:
    """Models by rank and pairs by difference, as tables on stdout."""
    from gan_eval.report.comparison import (
        equivalence_sentences,
        pair_tables,
        pairing_sentences,
        run_table,
        score_table,
        verdict,
    )
    from gan_eval_cli import render

    render.show_table(score_table(comparison))
    for table in (*run_table(comparison), *pair_tables(comparison)):
        render.show_table(table)
    for sentence in (*pairing_sentences(comparison), *equivalence_sentences(comparison)):
        render.print_text(sentence)
    for sentence in verdict(comparison):
        render.print_text(sentence)
