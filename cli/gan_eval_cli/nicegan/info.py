"""`nicegan info`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gan_eval_cli import options
from nicegan.models.table import MODELS

if TYPE_CHECKING:
    from nicegan.config import RunConfig
    from nicegan.profile import Profile


@click.command("info")
@click.argument("checkpoint", required=False, type=click.Path(path_type=Path))
@click.option("--model", type=click.Choice(list(MODELS)), default="nice", show_default=True, help="Whose preset.")
@click.option("--preset", help="A preset of the model, by default its first, instead of a CHECKPOINT.")
@click.option("--size", type=click.IntRange(min=1), help="Height and width of the images.  [default: as configured]")
@click.option(
    "--batch-size", type=click.IntRange(min=1), help="Images of each domain per step.  [default: as configured]"
)
@options.json_output
def info(
    checkpoint: Path | None, model: str, preset: str | None, size: int | None, batch_size: int | None, as_json: bool
) -> None:
    """Parameters and operations of the networks of a CHECKPOINT (a folder, or a run) or of a preset.

    They are counted twice: as in the paper's table, where "FLOPs" are the multiply-adds of both networks of a kind, and
    as what one translation and one training step of this code take, two operations for each multiply-add.

    Example: nicegan info --preset light4
    """
    if checkpoint is not None and preset is not None:
        raise click.UsageError("a CHECKPOINT or --preset, not both")
    from gan_eval_cli import render
    from nicegan.profile import profile

    name, step, config = _find(checkpoint, model, preset)
    config = _changed(config, size, batch_size)
    found = profile(config)
    if as_json:
        document = {"schema": "nicegan-info/1", "command": "info", "name": name, "step": step}
        render.print_json(document | found.to_dict() | {"config": config.to_dict()})
        return
    _print(found, config, name if step is None else f"{name}, step {step:,}")


def _find(checkpoint: Path | None, model: str, preset: str | None) -> tuple[str, int | None, RunConfig]:
    """What is profiled: its name, its step (None for a preset) and its configuration."""
    from nicegan import checkpoint as checkpoints
    from nicegan import config

    if checkpoint is None:
        return preset or model, None, config.preset(preset, model=model)
    found = checkpoints.choose(checkpoint)
    return str(found.folder), found.step, found.config


def _changed(config: RunConfig, size: int | None, batch_size: int | None) -> RunConfig:
    from dataclasses import replace

    network, optim = config.network, config.optim
    if size is not None:
        network = replace(network, height=size, width=size)
    if batch_size is not None:
        optim = replace(optim, batch_size=batch_size)
    return replace(config, network=network, optim=optim)


def _print(found: Profile, config: RunConfig, name: str) -> None:
    from gan_eval_cli import render

    rows = [
        (part, f"{figures.parameters:,}", f"{figures.multiply_adds / 1e9:.2f} G")
        for part, figures in found.networks.items()
    ]
    render.print_table(("network", "parameters", "multiply-adds"), rows, title=name)
    columns = ("both of a kind, as in the paper's table", "parameters", "FLOPs", "printed")
    rows_of_paper = [
        (kind, f"{figures.parameters / 1e6:.2f} M", f"{figures.flops / 1e9:.2f} G", str(figures))
        for kind, figures in found.paper.items()
    ]
    if rows_of_paper:
        render.print_table(columns, rows_of_paper)
    network, batch = config.network, config.optim.batch_size
    step = f"of a training step, batch {batch}"
    costs = {
        "one translation": found.translation,
        **{f"{player}'s turn {step}": cost for player, cost in found.turns.items()},
    }
    render.print_table(
        (f"measured, {network.height}×{network.width} pixels", "operations", "kept for backward"),
        [(what, f"{cost.flops / 1e9:,.1f} G", _mebibytes(cost.saved_bytes)) for what, cost in costs.items()],
    )
    render.print_text(
        f"A translation needs {found.translation_parameters / 1e6:.2f} M parameters; training keeps "
        f"{_mebibytes(found.training_bytes)} of weights, gradients and Adam's moments (fp32)."
    )


def _mebibytes(count: int) -> str:
    return f"{count / 2**20:,.0f} MiB" if count else "–"
