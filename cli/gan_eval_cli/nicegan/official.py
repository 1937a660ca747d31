"""`nicegan import` and `nicegan export`: the authors' checkpoints."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
@click.option("--averaged", is_flag=True, help="Export the averaged generators (--ema) instead of the trained ones.")
@click.option("--onnx", is_flag=True, help="Write one direction's generator as ONNX instead.")
@click.option("--torch", "as_program", is_flag=True, help="Write it as a program of torch.export (.pt2) instead.")
@click.option(
    "--direction",
    type=click.Choice(["AtoB", "BtoA"]),
    default="AtoB",
    show_default=True,
    help="Direction of the generator, with --onnx and --torch.",
)
@options.json_output
def export(
    checkpoint: Path, out: Path, averaged: bool, onnx: bool, as_program: bool, direction: Any, as_json: bool
) -> None:
    """Turn a CHECKPOINT (a folder, or a run, whose best is taken) into a file that the authors' code loads.

    What was imported comes out bit for bit as it was. Ablations that the authors' code does not have are refused.

    With --onnx or --torch the file takes an image (1, 3, H, W) in [-1, 1] and gives its translation, with averaged
    weights where there are any. ONNX needs the packages onnx and onnxscript, and is compared with our own output where
    onnxruntime is installed.

    Example: nicegan export runs/cat2dog --out cat2dog_params_latest.pt
    """
    if (onnx and as_program) or (averaged and (onnx or as_program)):
        raise click.UsageError("one of --onnx, --torch and --averaged")
    if onnx or as_program:
        _portable(checkpoint, out, direction, onnx=onnx, as_json=as_json)
        return
    from nicegan import official as use

    check_outputs(out)
    _tell(use.export_checkpoint(checkpoint, out, averaged=averaged), "export", out, as_json)


def _portable(checkpoint: Path, out: Path, direction: Any, *, onnx: bool, as_json: bool) -> None:
    from gan_eval_cli import render
    from nicegan import checkpoint as checkpoints
    from nicegan import portable

    source = checkpoints.choose(checkpoint)
    difference = None
    if onnx:
        difference = portable.export_onnx(source, out, direction=direction)
    else:
        portable.export_torch(source, out, direction=direction)
    if as_json:
        document = {"schema": "nicegan-export/1", "command": "export", "out": str(out), "step": source.step}
        render.print_json(document | {"config": source.config.to_dict()})
        return
    click.echo(f"{source.config.model}, {direction}, step {source.step:,} → {out}")
    if onnx:
        checked = "not compared: onnxruntime is not installed" if difference is None else f"{difference:.1e}"
        render.notice(f"largest difference of onnxruntime's output from ours: {checked}")


def _tell(done: Official, command: str, out: Path, as_json: bool) -> None:
    from gan_eval_cli import render

    network = done.config.network
    shape = ", ".join(f"{name} {value}" for name, value in asdict(network).items() if name not in ("height", "width"))
    if as_json:
        document = {"schema": f"nicegan-{command}/1", "command": command, "out": str(out), "step": done.step}
        render.print_json(document | {"config": done.config.to_dict()})
        return
    click.echo(f"{done.config.model}, step {done.step:,}, {shape}, {network.height}×{network.width} pixels → {out}")
