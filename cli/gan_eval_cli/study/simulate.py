"""`gan-eval study simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gan_eval_cli import options
from gan_eval_cli.render import notice, print_json

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
@click.option("--people", type=click.IntRange(1, 100_000), default=30, show_default=True, help="People to simulate.")
@click.option(
    "--strength",
    "strengths",
    type=Strength(),
    multiple=True,
    help="A method's strength, repeatable: on the log scale in a preference study (0 where not given), the fooling "
    "rate from 0 to 1 in a realism study (0.3 where not given), what the kind asks for in others.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the answers.")
@click.option(
    "--rho",
    type=click.FloatRange(0, 0.9),
    default=0.05,
    show_default=True,
    help="Correlation of one person's answers.",
)
@click.option(
    "--ties",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    help="Share of ties, where they may be answered.",
)
@click.option(
    "--careless",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of people who click at random and follow no instruction.",
)
@click.option(
    "--real-error",
    type=click.FloatRange(0, 1),
    default=0.2,
    show_default=True,
    help="Share of real pictures called fake, in a realism study.",
)
@options.seed
@options.json_output
def simulate_command(
    study: Path,
    people: int,
    strengths: tuple[tuple[str, float], ...],
    out: Path,
    rho: float,
    ties: float,
    careless: float,
    real_error: float,
    seed: int,
    as_json: bool,
) -> None:
    """Simulate people with known strengths who answer the study in OUT, to try the analysis before launch.

    Example: gan-eval study simulate study/ --people 40 --strength A=0.5 --strength B=0 --out simulated/
    """
    import numpy as np

    from gan_eval.errors import InputError
    from gan_eval.study.collecting.simulate import People, simulate
    from gan_eval.study.schema.events import EVENTS_FILE, write_events
    from gan_eval.study.schema.manifest import read_key, read_manifest

    if (out / EVENTS_FILE).exists():
        raise InputError(
            f"{out / EVENTS_FILE}: exists (choose another --out; simulated and real answers must not be mixed)"
        )
    manifest, key = read_manifest(study), read_key(study)
    wanted = People(people, dict(strengths), rho, ties, careless, real_error)
    events = simulate(manifest, key, wanted, rng=np.random.default_rng(seed))
    write_events(out / EVENTS_FILE, events)
    if as_json:
        print_json(
            {
                "schema": "gan-eval-study-simulation/1",
                "study_id": key.study_id,
                "people": people,
                "events": len(events),
                "out": str(out / EVENTS_FILE),
                "seed": seed,
            }
        )
    else:
        click.echo(out / EVENTS_FILE)
        notice(f"{people} simulated people, {len(events)} events")
