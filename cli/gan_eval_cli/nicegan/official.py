"""`nicegan import` and `nicegan export`: the authors' checkpoints."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gan_eval_cli import options
from gan_eval_cli.outputs import check_outputs
from nicegan.models.table import MODELS

if TYPE_CHECKING:
    from nicegan.models.authors import Official


@click.command("import")
@click.argument("official", type=click.Path(path_type=Path), metavar="OFFICIAL.pt")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the checkpoint.")
@click.option(
    "--size",
    type=click.IntRange(min=1),
    help="Side in pixels of the images it was trained on, which a light checkpoint does not record.  [default: 256]",
)
@click.option("--model", type=click.Choice(list(MODELS)), default="nice", show_default=True, help="Of which model.")
@options.json_output
def import_(official: Path, out: Path, size: int | None, model: str, as_json: bool) -> None:
    """Turn a checkpoint of the authors' code into one of ours, to translate with or to train further.

    Light or full, the residual blocks and the width are read from its shapes; every shape is checked. What the
    profiler thop left in it is dropped. No code in the file is run.

    Example: nicegan import cat2dog_params_0100000.pt --out checkpoints/cat2dog
    """
    from gan_eval_cli import render
    from nicegan import official as use

    check_outputs(folder=out)
    imported = use.import_checkpoint(official, out, size=size, model=model)
    if imported.missing:
        render.notice(f"for translating alone: the file does not hold all of {', '.join(imported.missing)}")
    elif imported.official.optimisers is None:
        render.notice("the file holds no optimisers: a run that starts from it begins with fresh ones")
    _tell(imported.official, "import", out, as_json)


@click.command("export")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File for the authors' code.")
@click.option("--averaged", is_flag=True, help="Export the averaged generators (--ema) instead of the trained ones.")
@options.json_output
def export(checkpoint: Path, out: Path, averaged: bool, as_json: bool) -> None:
    """Turn a CHECKPOINT (a folder, or a run, whose best is taken) into a file that the authors' code loads.

    What was imported comes out bit for bit as it was. Ablations that the authors' code does not have are refused.

    Example: nicegan export runs/cat2dog --out cat2dog_params_latest.pt
    """
    from nicegan import official as use

    check_outputs(out)
    _tell(use.export_checkpoint(checkpoint, out, averaged=averaged), "export", out, as_json)


def _tell(done: Official, command: str, out: Path, as_json: bool) -> None:
    from gan_eval_cli import render

    network = done.config.network
    shape = ", ".join(f"{name} {value}" for name, value in asdict(network).items() if name not in ("height", "width"))
    if as_json:
        document = {"schema": f"nicegan-{command}/1", "command": command, "out": str(out), "step": done.step}
        render.print_json(document | {"config": done.config.to_dict()})
        return
    click.echo(f"{done.config.model}, step {done.step:,}, {shape}, {network.height}×{network.width} pixels → {out}")
