"""The `gan-eval study` group: human studies from the export of the page to the report."""

from __future__ import annotations

import click

from gan_eval_cli.lazy import lazy_group

COMMANDS: dict[str, str] = {
    "new": "gan_eval_cli.study.new:new_command",
    "check": "gan_eval_cli.study.check:check_command",
    "simulate": "gan_eval_cli.study.simulate:simulate_command",
    "serve": "gan_eval_cli.study.serve:serve_command",
    "collect": "gan_eval_cli.study.collect:collect_command",
    "analyse": "gan_eval_cli.study.analyse:analyse_command",
    "archive": "gan_eval_cli.study.archive:archive_command",
    "plan": "gan_eval_cli.study.plan:plan_command",
    "forget": "gan_eval_cli.study.forget:forget_command",
}


@click.group("study", cls=lazy_group(COMMANDS))
def study_group() -> None:
    """Make, serve, collect and analyse a human study.

    Example: gan-eval study new --kind pairwise --method A=a/ --method B=b/ --out study/
    """
