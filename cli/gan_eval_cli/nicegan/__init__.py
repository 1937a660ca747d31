"""The `nicegan` group: train, translate, inspect."""

from __future__ import annotations

import click

from cli.lazy import lazy_group
from gan_eval.version import __version__

COMMANDS: dict[str, str] = {
    "train": "cli.nicegan.train:train",
    "translate": "cli.nicegan.translate:translate",
    "info": "cli.nicegan.info:info",
    "import": "cli.nicegan.official:import_",
    "export": "cli.nicegan.official:export",
    "data": "cli.nicegan.data:data",
}


@click.group(
    "nicegan",
    cls=lazy_group(COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="nicegan")
def nicegan_group() -> None:
    """Train NICE-GAN and translate images with it.

    Example: nicegan train data/cat2dog --out runs/cat2dog
    """
