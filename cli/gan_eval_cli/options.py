"""Options that several commands share, each defined once."""

from __future__ import annotations

from pathlib import Path

import click

json_output = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout instead of a table."
)
quiet = click.option("--quiet", is_flag=True, help="No progress on stderr.")
seed = click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of everything random."
)
features = click.option(
    "--features",
    default="auto",
    show_default=True,
    metavar="NETWORK",
    help="auto, inception, efficientnet-lite0 or timm:MODEL. auto is the 2015 Inception when its weights are at "
    "hand or can be fetched, else the embedded EfficientNet-Lite0.",
)
weights = click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="File of the feature network's weights (also: GAN_EVAL_WEIGHTS).",
)
like = click.option(
    "--like",
    type=click.Choice(["clean-fid", "pytorch-fid", "torch-fidelity", "nice-gan"]),
    default="clean-fid",
    show_default=True,
    help="Preprocessing and constants of that tool.",
)
batch_size = click.option("--batch-size", type=click.IntRange(min=1), default=32, show_default=True)
workers = click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=None,
    help="Threads that decode and resize.  [default: one per core]",
)
device = click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda (cuda:N).")
precision = click.option(
    "--precision",
    type=click.Choice(["fp32", "bf16"]),
    default="fp32",
    show_default=True,
    help="bf16 is for tracking a training run: faster where the processor has it, and labelled in every output.",
)
cache = click.option("--cache/--no-cache", default=True, show_default=True, help="Keep and use results on disk.")
on_bad_image = click.option(
    "--on-bad-image",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    show_default=True,
    help="What an unreadable image does: end the run before the work, or be left out and listed.",
)
interval = click.option("--interval/--no-interval", default=True, show_default=True, help="Error bars.")
