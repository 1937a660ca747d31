"""`gan-eval study archive`."""

from __future__ import annotations

from pathlib import Path

import click

from gan_eval_cli import options
from gan_eval_cli.outputs import check_outputs
from gan_eval_cli.render import notice, print_json

_README = """Answers of a human study, without what could tell who gave them, and all that the analysis needs.

answers/events.jsonl   the answers; sessions, people and events have new random ids
study/study.json       what participants saw, without the pictures
study/study.key.json   which picture is whose, the rules and the analysis, fixed before the first answer
report.html, report.json   the analysis

To analyse it again:  gan-eval study analyse answers/ --key study/
"""


@click.command("archive")
@click.argument("responses", type=click.Path(path_type=Path))
@click.option(
    "--key", "key_file", required=True, type=click.Path(path_type=Path), help="study.key.json, or the study's folder."
)
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The .zip to write.")
@options.json_output
def archive_command(responses: Path, key_file: Path, out: Path, as_json: bool) -> None:
    """Write a study's answers as one .zip that may be published, with its key, design and report.

    Left out are user agents, languages, time zones, screens, clock times, platform ids and comments; sessions and
    people get new random ids. The analysis gives the same numbers. The key has the names of your files and folders.

    Example: gan-eval study archive answers/ --key study/ --out archive.zip
    """
    import json
    import secrets

    from gan_eval.report.study.page import render
    from gan_eval.strict_json import encode
    from gan_eval.study.analysing.analysis import analyse
    from gan_eval.study.analysing.document import to_dict
    from gan_eval.study.collecting.archiving import anonymous, write_archive
    from gan_eval.study.schema.events import read_events
    from gan_eval.study.schema.manifest import MANIFEST_FILE, encode_manifest, read_key, read_manifest

    check_outputs(out)
    key = read_key(key_file)
    manifest = read_manifest((key_file if key_file.is_dir() else key_file.parent) / MANIFEST_FILE)
    events = read_events(responses)
    kept = anonymous(events, random=secrets.token_bytes)
    analysis = analyse(kept, manifest, key)
    texts = {
        "README.txt": _README,
        "study/study.json": json.dumps(encode_manifest(manifest), ensure_ascii=False, indent=1),
        "study/study.key.json": json.dumps(encode(key), ensure_ascii=False, indent=1),
        "report.html": render(analysis, command="gan-eval study analyse answers/ --key study/"),
        "report.json": json.dumps(to_dict(analysis), ensure_ascii=False, indent=1, allow_nan=False),
    }
    write_archive(out, kept, texts)
    comments = sum(event.type == "comment" for event in events)
    if comments:
        notice(f"{comments} comments are left out: they may tell who wrote them")
    if as_json:
        print_json(
            {"schema": "gan-eval-study-archive/1", "out": str(out), "events": len(kept), "people": analysis.people}
        )
    else:
        click.echo(str(out))
