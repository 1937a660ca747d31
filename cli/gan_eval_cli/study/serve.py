"""`gan-eval study serve`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gan_eval_cli.render import notice


@click.command("serve")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0: the network too.")
@click.option("--port", type=click.IntRange(0, 65535), default=8800, show_default=True, help="0: a free one.")
@click.option("--store", type=click.Path(path_type=Path), help="SQLite file of the answers.  [default: OUT/answers.db]")
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Take answers of pages from there too: null for pages opened from disk, or https://host.",
)
@click.option("--behind-proxy", is_flag=True, help="Trust the X-Forwarded headers of a proxy on this machine.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0),
    default=50,
    show_default=True,
    help="Requests per second from one address; 0: no limit.",
)
@click.option(
    "--sessions-per-hour", type=click.IntRange(min=1), default=2000, show_default=True, help="Opened at most."
)
@click.option("--keep-platform-ids", is_flag=True, help="Keep participants' platform ids, in a table of their own.")
def serve_command(
    out: Path,
    host: str,
    port: int,
    store: Path | None,
    origins: tuple[str, ...],
    behind_proxy: bool,
    rate: float,
    sessions_per_hour: int,
    keep_platform_ids: bool,
) -> None:
    """Serve the study in the folder OUT and keep its answers, until interrupted.

    Prints the address for participants and one for you, which counts sessions and answers but never who is ahead.
    An answer that the page calls saved is on this machine's disk. For the open internet put a proxy with TLS before it.

    Example: gan-eval study serve study/ --port 8800
    """
    from gan_eval.study.collecting.limits import Limits
    from gan_eval.study.collecting.server import Serving, create_app, run_server
    from gan_eval.study.collecting.service import Service, most_events
    from gan_eval.study.collecting.store import Store
    from gan_eval.study.making.folder import read_study

    study = read_study(out)
    answers = Store(store or out / "answers.db", study.manifest, most_per_session=most_events(study.manifest))
    service = Service(study, answers, keep_platform_ids=keep_platform_ids)
    limits = Limits(rate=rate, burst=max(1, round(6 * rate)), sessions_per_hour=sessions_per_hour)
    app = create_app(service, Serving(limits, origins, tell=notice))
    if host not in ("127.0.0.1", "localhost", "::1"):
        notice(f"warning: listening on {host}: anybody who reaches this machine can see the study (use TLS in public)")

    def ready(bound: int) -> None:
        base = f"http://{host}:{bound}"
        click.echo(f"participants  {base}/s/{service.token}/")
        click.echo(f"researcher    {base}/r/{service.researcher_token}/")
        sys.stdout.flush()

    try:
        run_server(app, host=host, port=port, behind_proxy=behind_proxy, ready=ready)
    finally:
        answers.close()
