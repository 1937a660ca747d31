"""`gan-eval plan`: how many images tell two models apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gan_eval_cli import options
from gan_eval_cli.settings import with_settings

if TYPE_CHECKING:
    from gan_eval.image_plan import ImagePlan
    from gan_eval.settings import Settings


@click.command("plan")
@click.argument("real")
@click.argument("fake")
@click.argument("other", required=False)
@click.option("--metric", default="kid", show_default=True, help="A number that compare tests pairs by.")
@click.option("--difference", type=click.FloatRange(min=0, min_open=True), help="The difference to be found.")
@click.option("--images", type=click.IntRange(min=1), help="Tell the smallest difference that so many images find.")
@click.option(
    "--power", type=click.FloatRange(0.1, 0.999), default=0.8, show_default=True, help="Chance to find the difference."
)
@options.group
@options.seed
@options.json_output
@options.quiet
@with_settings
def plan_images(
    real: str,
    fake: str,
    other: str | None,
    metric: str,
    difference: float | None,
    images: int | None,
    power: float,
    group: str | None,
    seed: int,
    as_json: bool,
    quiet: bool,
    settings: Settings,
) -> None:
    """Tell how many images find a difference of two models, from a pilot: REAL images and FAKE ones.

    The test is that of compare. With OTHER, a second model's images, the two pilots are compared, in pairs where they
    show the same inputs; else two random halves of FAKE stand for two models.

    Example: gan-eval plan real/ fake/ --metric kid --difference 0.001
    """
    from dataclasses import fields

    from gan_eval.image_plan import plan
    from gan_eval_cli import render

    reading: dict[str, Any] = {one.name: getattr(settings, one.name) for one in fields(settings)}
    with render.progress(quiet) as progress:
        found = plan(
            real,
            fake,
            other,
            metric=metric,
            difference=difference,
            images=images,
            power=power,
            progress=progress,
            group=group,
            seed=seed,
            **reading,
        )
    if as_json:
        render.print_json({"schema": "gan-eval/1", "command": "plan", **found.to_dict()})
        return
    for sentence in sentences(found):
        render.print_text(sentence)


def sentences(found: ImagePlan) -> list[str]:
    """What the plan says, for people."""
    how = "in pairs of one input" if found.paired else "taken as independent"
    chance = f"{found.power:.0%}".replace("%", " %")
    now = (
        f"{found.at} images of each model, {how}, find a difference of {found.detectable:.3g} in {found.metric} in "
        f"{chance} of comparisons (test at 5 %; from a pilot of {found.pilot} images of each model)."
    )
    lines = [now]
    if found.images is not None:
        lines.append(f"A difference of {found.difference:g} takes {found.images} images of each model.")
    return lines
