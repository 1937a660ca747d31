"""`gan-eval stats SOURCE -o FILE` and `gan-eval stats merge`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gan_eval_cli import options
from gan_eval_cli.flags import RecordingGroup
from gan_eval_cli.outputs import check_outputs
from gan_eval_cli.settings import with_settings

if TYPE_CHECKING:
    from gan_eval.settings import Settings

output = click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The .npz to write."
)


class _SourceOrCommand(RecordingGroup):
    """`stats merge …` is a command; `stats ANYTHING` makes the statistics of that source."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return super().resolve_command(ctx, ["make", *args])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # An option before the source (`stats -o m.npz real/`) is the default command's, not the group's.
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group("stats", cls=_SourceOrCommand)
def stats() -> None:
    """Moments of a SOURCE as a .npz that pytorch-fid and clean-fid read too; and moments of several put together.

    `gan-eval stats SOURCE -o FILE` is short for `gan-eval stats make SOURCE -o FILE`.

    Example: gan-eval stats real/ -o real.npz
    """


@stats.command("make")
@click.argument("source")
@output
@click.option("--keep-features", is_flag=True, help="Also keep every feature vector, as KID and PRDC need.")
@click.option(
    "--shard",
    metavar="I/N",
    help="Only the i-th of n parts of the source, for a job of a batch system: 1/16 to 16/16. Put them together with "
    "gan-eval stats merge.",
)
@options.json_output
@options.quiet
@with_settings
def make(
    source: str, output: Path, keep_features: bool, shard: str | None, as_json: bool, quiet: bool, settings: Settings
) -> None:
    """Write the moments of a SOURCE.

    Example: gan-eval stats make real/ -o real.npz --keep-features
    """
    from dataclasses import replace

    from gan_eval import statistics_file
    from gan_eval.features import Needs
    from gan_eval.features import reader as feature_reader
    from gan_eval.images import PartSource, open_source, parse_part
    from gan_eval_cli import render

    part = None if shard is None else parse_part(shard)
    wanted = source if part is None else PartSource(open_source(source), part)
    check_outputs(output)
    with render.progress(quiet) as progress, feature_reader(settings, progress) as reader:
        made = replace(reader.read(wanted, Needs(vectors=keep_features)), part=part, whole=source)
        statistics_file.save(output, made, keep_features=keep_features)
    _tell(output, made, reader.network.name, as_json)
    render.notes(reader.network.notices, quiet=quiet)


@stats.command("merge")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@output
@click.option("--partial", is_flag=True, help="Merge the parts of a source that are there, although some are missing.")
@options.json_output
def merge(files: tuple[Path, ...], output: Path, partial: bool, as_json: bool) -> None:
    """Put the moments of several FILES together, as if one pass had seen all their images.

    Features are kept where all FILES hold them. A part that `--shard` made may be given once, and none may be missing.

    Example: gan-eval stats merge part-0.npz part-1.npz -o all.npz
    """
    from gan_eval import statistics_file

    check_outputs(output)
    made = statistics_file.merge([statistics_file.read(path) for path in files], partial=partial)
    statistics_file.save(output, made, keep_features=made.vectors is not None)
    _tell(output, made, (made.network or {}).get("network", "unknown"), as_json)


def _tell(output: Path, made: Any, network: str, as_json: bool) -> None:
    from gan_eval_cli import render

    document = {
        "schema": "gan-eval/1",
        "command": "stats",
        "output": str(output),
        "count": made.n,
        "sha256": made.sha256,
        "features": dict(made.network) if made.network else None,
    }
    if as_json:
        render.print_json(document)
    else:
        click.echo(f"{output}: moments of {made.n} images, {made.statistics.dim} features each ({network})")
