"""`gan-eval study check`."""

from __future__ import annotations

from pathlib import Path

import click

from gan_eval_cli import options
from gan_eval_cli.render import notice, print_json, print_table


@click.command("check")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the page offline in Chromium.")
@options.json_output
def check_command(out: Path, browser: bool, as_json: bool) -> None:
    """Check the study in the folder OUT for leaks and imbalance, and that it opens with the network off.

    Exit code 4 where something is wrong, with each leak named.

    Example: gan-eval study check study/
    """
    from gan_eval.errors import CheckFailed
    from gan_eval.study.api import check

    found = check(out, browser=browser)
    problems = found.problems
    if as_json:
        print_json(found.to_dict())
    else:
        rows = [[it.name, "ok" if not it.problems else f"{len(it.problems)} found"] for it in found.results]
        print_table(["check", "result"], rows)
        for result in found.results:
            for note in result.notes:
                notice(f"{result.name}: {note}")
        notice(found.limit)
    if problems:
        for problem in problems[1:20]:
            notice(f"leak: {problem}")
        more = f" (and {len(problems) - 1} more, above)" if len(problems) > 1 else ""
        raise CheckFailed(f"{out}: {problems[0]}{more}")
