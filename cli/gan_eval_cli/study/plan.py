"""`gan-eval study plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.options import PlanningOptions
from gan_eval_cli import options
from gan_eval_cli.render import notice, print_json, print_table
from gan_eval_cli.study.options import with_table

if TYPE_CHECKING:
    from gan_eval.study.making.planning import StudyPlan
    from gan_eval.study.schema.trials import Kind


@click.command("plan")
@click.option("--kind", type=click.Choice(tuple(KINDS)), required=True, help="Kind of study.")
@click.option("--methods", type=click.IntRange(1, 9), required=True, help="Methods to compare.")
@with_table(PlanningOptions)
@options.json_output
def plan_command(
    kind: Kind,
    methods: int,
    chosen: dict[str, Any],
    as_json: bool,
) -> None:
    """Plan a study: how many people it needs, how long it takes them, and what it costs.

    Example: gan-eval study plan --kind pairwise --methods 2 --trials 30 --effect 0.6 --rho 0.05 --pay 12
    """
    from gan_eval.study.api import plan

    found = plan(kind, methods, **chosen)
    if as_json:
        print_json(found.to_dict())
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
