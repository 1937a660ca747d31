"""`gan-eval study simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gan_eval.study.options import SimulateOptions
from gan_eval_cli import options
from gan_eval_cli.render import notice, print_json
from gan_eval_cli.study.options import with_table

if TYPE_CHECKING:
    _StrengthType = click.ParamType[tuple[str, float]]
else:
    _StrengthType = click.ParamType  # has no subscript before click 8.4


class Strength(_StrengthType):
    """NAME=VALUE; the name may hold an equals sign, the value is after the last."""

    name = "NAME=VALUE"

    def convert(
        self, value: str | tuple[str, float], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        if isinstance(value, tuple):
            return value
        method, equals, number = value.rpartition("=")
        try:
            strength = float(number)
        except ValueError:
            strength = float("nan")
        if not equals or not method or not abs(strength) < 50:
            self.fail(f"{value!r} is not NAME=VALUE with a number from -50 to 50", param, ctx)
        return method, strength


@click.command("simulate")
@click.argument("study", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--strength",
    "strengths",
    type=Strength(),
    multiple=True,
    help="A method's strength, repeatable: on the log scale in a preference study (0 where not given), the fooling "
    "rate from 0 to 1 in a realism study (0.3 where not given), what the kind asks for in others.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the answers.")
@with_table(SimulateOptions)
@options.json_output
def simulate_command(
    study: Path,
    strengths: tuple[tuple[str, float], ...],
    out: Path,
    chosen: dict[str, Any],
    as_json: bool,
) -> None:
    """Simulate people with known strengths who answer the study in OUT, to try the analysis before launch.

    Example: gan-eval study simulate study/ --people 40 --strength A=0.5 --strength B=0 --out simulated/
    """
    from gan_eval.study.api import simulate

    made = simulate(study, out, strengths=dict(strengths), **chosen)
    if as_json:
        print_json(made.to_dict())
    else:
        click.echo(made.path)
        notice(f"{made.people} simulated people, {made.events} events")
