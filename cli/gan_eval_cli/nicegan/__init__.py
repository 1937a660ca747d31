"""The `nicegan` group: train, translate, inspect."""

from __future__ import annotations

import click

from gan_eval.version import __version__
from gan_eval_cli.lazy import lazy_group

COMMANDS: dict[str, str] = {
    "train": "gan_eval_cli.nicegan.train:train",
    "translate": "gan_eval_cli.nicegan.translate:translate",
    "info": "gan_eval_cli.nicegan.info:info",
    "import": "gan_eval_cli.nicegan.official:import_",
    "export": "gan_eval_cli.nicegan.official:export",
    "data": "gan_eval_cli.nicegan.data:data",
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
