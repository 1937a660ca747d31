"""`gan-eval study plan`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval_cli import options
from gan_eval_cli.render import notice, print_json, print_table

if TYPE_CHECKING:
    from gan_eval.study.making.planning import StudyPlan


@click.command("plan")
@click.option("--kind", type=click.Choice(tuple(KINDS)), required=True, help="Kind of study.")
@click.option("--methods", type=click.IntRange(1, 9), required=True, help="Methods to compare.")
@click.option("--trials", type=click.IntRange(1, 500), default=30, show_default=True, help="Main trials per person.")
@click.option(
    "--effect",
    type=float,
    help="Effect worth finding: how often the better method is chosen, or a fooling rate.  [default: by the kind]",
)
@click.option(
    "--rho",
    type=click.FloatRange(0, 0.9),
    default=0.05,
    show_default=True,
    help="Correlation of one person's answers; 0.05 to 0.10 is usual.",
)
@click.option(
    "--power", type=click.FloatRange(0.1, 0.999), default=0.8, show_default=True, help="Chance to find the effect."
)
@click.option(
    "--alpha", type=click.FloatRange(0.0001, 0.2), default=0.05, show_default=True, help="Level of the tests."
)
@click.option(
    "--seconds", type=click.FloatRange(0.5, 300), default=6.0, show_default=True, help="Seconds that one trial takes."
)
@click.option("--pay", type=click.FloatRange(0), help="Pay per hour, for the cost.")
@options.seed
@options.json_output
def plan_command(
    kind: str,
    methods: int,
    trials: int,
    effect: float | None,
    rho: float,
    power: float,
    alpha: float,
    seconds: float,
    pay: float | None,
    seed: int,
    as_json: bool,
) -> None:
    """Plan a study: how many people it needs, how long it takes them, and what it costs.

    Example: gan-eval study plan --kind pairwise --methods 2 --trials 30 --effect 0.6 --rho 0.05 --pay 12
    """
    import numpy as np

    from gan_eval.study.analysing.kinds.table import kind_spec
    from gan_eval.study.making.planning import Wanted, plan

    wanted = Wanted(
        kind=kind,
        methods=methods,
        trials=trials,
        effect=kind_spec(kind).plan.usual(methods) if effect is None else effect,
        rho=rho,
        power=power,
        alpha=alpha,
        seconds=seconds,
        hourly=pay,
    )
    found = plan(wanted, rng=np.random.default_rng(seed))
    if as_json:
        document = {"schema": "gan-eval-study-plan/1", "advised_people": found.advised} | asdict(found)
        print_json(document)
        return
    _print(found)


def _print(found: StudyPlan) -> None:
    from gan_eval.study.analysing.kinds.table import kind_spec

    wanted, plan = found.wanted, kind_spec(found.wanted.kind).plan
    shown = "{:.0%} against {:.0%}" if plan.most <= 1 else "{:g} against {:g}"
    rows = [
        [plan.effect, shown.format(wanted.effect, found.null)],
        [f"people for the main test ({found.main_test})", str(found.people)],
        [f"people for {found.pair_test or 'further tests'} (Holm)", str(found.pair_people or "-")],
        ["people to ask", str(found.advised)],
        ["minutes per person", f"{found.minutes:.0f}"],
        ["answers per person and method or pair", str(found.cell_trials)],
        ["design effect", f"{found.design_effect:.2f}"],
        ["answers needed if they were independent", "-" if found.answers is None else str(found.answers)],
        ["power with that many people, simulated", "-" if found.simulated is None else f"{found.simulated:.2f}"],
    ]
    methods = "1 method" if wanted.methods == 1 else f"{wanted.methods} methods"
    print_table(["", f"{wanted.kind}, {methods}, {wanted.trials} trials each"], rows)
    columns = ["people", "power, main test", "power, further tests", "cost"]
    print_table(
        columns,
        [
            [
                str(choice.people),
                f"{choice.power:.2f}",
                "-" if choice.pair_power is None else f"{choice.pair_power:.2f}",
                "-" if choice.cost is None else f"{choice.cost:.0f}",
            ]
            for choice in found.choices
        ],
    )
    for note in found.notes:
        notice(note)
