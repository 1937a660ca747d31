"""The `gan-eval study` group: human studies from the export of the page to the report."""

from __future__ import annotations

import click

from cli.lazy import lazy_group

COMMANDS: dict[str, str] = {
    "new": "cli.study.new:new_command",
    "check": "cli.study.check:check_command",
    "simulate": "cli.study.simulate:simulate_command",
    "serve": "cli.study.serve:serve_command",
    "collect": "cli.study.collect:collect_command",
    "analyse": "cli.study.analyse:analyse_command",
    "plan": "cli.study.plan:plan_command",
    "forget": "cli.study.forget:forget_command",
}


@click.group("study", cls=lazy_group(COMMANDS))
def study_group() -> None:
    """Make, serve, collect and analyse a human study.

    Example: gan-eval study new --kind pairwise --method A=a/ --method B=b/ --out study/
    """
