"""`gan-eval demo`: a complete run, offline, on images made on the spot."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gan_eval_cli import options
from gan_eval_cli.exports import command_line
from gan_eval_cli.settings import with_settings

if TYPE_CHECKING:
    from gan_eval.settings import Settings


#: Name of the report in the folder of --out.
REPORT = "report.html"


@click.command("demo")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the images and an HTML report here.  [default: removed at the end]",
)
@click.option("--count", type=click.IntRange(min=10), default=150, show_default=True, help="Images in each set.")
@options.seed
@options.json_output
@options.quiet
@with_settings
def demo(out: Path | None, count: int, seed: int, as_json: bool, quiet: bool, settings: Settings) -> None:
    """Make a real set and graded fake sets from two photographs, score them all, and print the ranked table.

    Works offline: unless --features says otherwise, the embedded EfficientNet-Lite0 is used.

    Example: gan-eval demo --out demo/
    """
    from dataclasses import replace

    from gan_eval.comparison import compare
    from gan_eval.demo import make_sets
    from gan_eval.extractors.known import LITE0
    from gan_eval.report.comparison import write_html
    from gan_eval.scoring import Options
    from gan_eval_cli import render
    from gan_eval_cli.compare import show

    if settings.features == "auto" and settings.weights is None:
        settings = replace(settings, features=LITE0.name)
    with contextlib.ExitStack() as stack:
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gan-eval-demo-")))
        progress = stack.enter_context(render.progress(quiet))
        sets = make_sets(folder, count=count, seed=seed)
        models = {name: path for name, path in sets.items() if name != "real"}
        comparison = compare(sets["real"], models, settings=settings, options=Options(seed=seed), progress=progress)
    if out is not None:
        write_html(comparison, out / REPORT, command=command_line())
    if as_json:
        render.print_json(comparison.to_dict())
        return
    show(comparison)
    render.notes(comparison.warnings, quiet=quiet)
    for line in () if quiet else _next_steps(out):
        render.notice(line)


def _next_steps(out: Path | None) -> tuple[str, ...]:
    """Where the files are, and what to try with them."""
    if out is None:
        return ("The images were removed; keep them, with an HTML report, by: gan-eval demo --out demo/",)
    return (
        f"report: {out / REPORT}",
        f"images: {out}; next, try: gan-eval score {out}/real {out}/blur --metrics fid,kid,is",
    )
