"""`gan-eval study forget`."""

from __future__ import annotations

from pathlib import Path

import click

from gan_eval_cli import options
from gan_eval_cli.render import print_json


@click.command("forget")
@click.argument("responses", type=click.Path(path_type=Path))
@click.argument("session")
@options.json_output
def forget_command(responses: Path, session: str, as_json: bool) -> None:
    """Delete one person's SESSION from RESPONSES, a folder of answers or a server's answers.db.

    SESSION is the session id or its first 8 characters, as in the name of the participant's file. Run it on every
    place that holds the answers; in a folder a hash of the id is kept, so that collecting does not bring it back.

    Example: gan-eval study forget answers/ 6f0c2f6e
    """
    from gan_eval.study.collecting.collect import forget

    count = forget(responses, session)
    if as_json:
        print_json({"schema": "gan-eval-study-forget/1", "session": session, "events": count})
    else:
        click.echo(f"{responses}: {count} events of session {session} deleted")
