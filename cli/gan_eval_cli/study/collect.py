"""`gan-eval study collect`."""

from __future__ import annotations

from pathlib import Path

import click

from gan_eval_cli import options
from gan_eval_cli.render import notice, print_json, print_table


@click.command("collect")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the answers; made or added to.")
@click.option("--study", type=click.Path(path_type=Path), help="The study's folder, to check every answer against it.")
@click.option(
    "--keep-platform-ids", is_flag=True, help="Keep participants' platform ids, in a private file of their own."
)
@options.json_output
def collect_command(
    sources: tuple[Path, ...], out: Path, study: Path | None, keep_platform_ids: bool, as_json: bool
) -> None:
    """Merge answers: files that participants sent, folders of them, and the server's answers.db.

    Merged by event id, so that nothing counts twice and collecting again adds only what is new. What does not belong
    to the study is left out, with the reason on stderr.

    Example: gan-eval study collect study/answers.db mail/ --study study/ --out answers/
    """
    from gan_eval.study.api import collect

    found = collect(sources, out, study=study, keep_platform_ids=keep_platform_ids)
    for reason in found.rejected:
        notice(f"warning: left out: {reason}")
    if as_json:
        print_json(found.to_dict())
        return
    rows = [[name, f"{getattr(found, name):,}"] for name in ("sessions", "finished", "events", "new", "forgotten")]
    print_table(["answers", str(out)], [*rows, ["left out", f"{len(found.rejected):,}"]])
