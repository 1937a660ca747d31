"""`nicegan translate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from gan_eval_cli import options
from gan_eval_cli.nicegan.memory import told_of_memory
from gan_eval_cli.outputs import check_outputs

if TYPE_CHECKING:
    from gan_eval.picture_size import PictureSize
    from nicegan.pictures import Size


def _read_size(ctx: click.Context, param: click.Parameter, value: str | None) -> PictureSize | Literal["keep"] | None:
    """The size that was asked for, or "keep"; click reports any other text as a usage error."""
    from gan_eval.errors import InputError
    from gan_eval.picture_size import parse_size

    if value is None:
        return None
    if value == "keep":
        return "keep"
    try:
        return parse_size(value)
    except InputError as error:
        raise click.BadParameter(f"{error}, or keep for each photograph's own") from error


@click.command("translate")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="INPUT...")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder for the translations, or for one photograph a file.",
)
@click.option(
    "--direction",
    type=click.Choice(["AtoB", "BtoA"]),
    default="AtoB",
    show_default=True,
    help="Direction of the translation.",
)
@click.option(
    "--size",
    callback=_read_size,
    metavar="SIZE",
    help="Size of the outputs: N, WIDTHxHEIGHT, or keep for each photograph's own.  [default: as in training]",
)
@click.option(
    "--format",
    "image_format",
    type=click.Choice(["png", "jpg", "webp"]),
    default="png",
    show_default=True,
    help="Format of the files; jpg is lossy, which changes scores.",
)
@click.option(
    "--tile",
    type=click.IntRange(min=256),
    default=1536,
    show_default=True,
    help="With --size keep: larger photographs are translated in parts of this side.",
)
@click.option("--batch-size", type=click.IntRange(min=1), default=8, show_default=True, help="Images per pass.")
@options.workers
@options.device
@options.precision
@options.on_bad_image
@options.json_output
@options.quiet
def translate(
    checkpoint: Path,
    inputs: tuple[Path, ...],
    out: Path,
    direction: Any,
    size: PictureSize | Literal["keep"] | None,
    image_format: Any,
    tile: int,
    batch_size: int,
    workers: int | None,
    device: str,
    precision: Any,
    on_bad_image: Any,
    as_json: bool,
    quiet: bool,
) -> None:
    """Translate INPUTs with a CHECKPOINT (a folder, or a run, whose best is taken).

    INPUT is a folder of images (sub-folders are kept), image files, or a DATA folder, whose testA (testB with BtoA) is
    taken. Each output keeps its stem. DIR/translation.json records what was done; run again, a translation that was
    killed makes what is missing.

    Example: nicegan translate runs/cat2dog data/cat2dog --direction AtoB --out out/dogs
    """
    from gan_eval.hardware import choose_device
    from gan_eval_cli import render
    from nicegan import checkpoint as checkpoints
    from nicegan import translate as use

    one_file = use.format_of(out) is not None and not out.is_dir()
    check_outputs(out if one_file else None, folder=None if one_file else out)
    source = checkpoints.choose(checkpoint)
    if one_file:
        if len(inputs) > 1 or not inputs[0].is_file():
            raise click.UsageError(f"--out {out} names one file: give one photograph, or a folder's name")
        place = choose_device(device)
        named: Any = {"direction": direction, "size": _size(size), "tile": tile, "precision": precision}
        with told_of_memory("--tile or --size"):
            use.translate_one(source, inputs[0], out, device=place, **named)
        if as_json:
            document = {"schema": "nicegan-translate/1", "command": "translate", "out": str(out), "written": 1}
            render.print_json(document)
        else:
            click.echo(f"1 image by step {source.step} of {source.folder.parent} → {out}")
        return
    with render.progress(quiet) as progress, told_of_memory("--tile, --batch-size or --size"):
        done = use.translate(
            source,
            use.find_inputs(inputs, direction),
            out,
            direction=direction,
            device=choose_device(device),
            size=_size(size),
            tile=tile,
            batch_size=batch_size,
            precision=precision,
            image_format=image_format,
            on_bad_image=on_bad_image,
            workers=workers,
            progress=progress,
        )
    for reason in done.skipped:
        render.notice(f"left out: {reason}")
    if as_json:
        render.print_json(
            {
                "schema": "nicegan-translate/1",
                "command": "translate",
                "out": str(done.out),
                "written": done.written,
                "kept": done.kept,
                "skipped": list(done.skipped),
                "checkpoint": {"folder": str(source.folder), "step": source.step},
                "direction": direction,
                "reference": None if done.reference is None else str(done.reference),
            }
        )
        return
    before = f" ({done.kept} were there)" if done.kept else ""
    click.echo(f"{done.written} images by step {source.step} of {source.folder.parent} → {done.out}{before}")


def _size(size: PictureSize | Literal["keep"] | None) -> Size | Literal["keep"] | None:
    from nicegan.pictures import Size

    if size is None or size == "keep":
        return size
    return Size(height=size.height, width=size.width)
