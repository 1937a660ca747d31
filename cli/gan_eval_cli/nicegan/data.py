"""`nicegan data list`, `fetch` and `make-demo`."""

from __future__ import annotations

from pathlib import Path

import click

from gan_eval_cli import options
from gan_eval_cli.flags import RecordingGroup


@click.group("data", cls=RecordingGroup)
def data() -> None:
    """List and fetch the paper's data sets, or draw a small demo pair.

    Example: nicegan data fetch horse2zebra --out data/horse2zebra
    """


@data.command("list")
@options.json_output
def list_sets(as_json: bool) -> None:
    """List the paper's four sets: domains, images, address.

    Example: nicegan data list
    """
    from gan_eval.translation import FOLDERS
    from gan_eval_cli import render
    from nicegan.datasets import PAPER_SETS

    if as_json:
        sets = [
            {"name": each.name, "domains": each.domains, "url": each.url, "counts": each.counts, "sha256": each.sha256}
            for each in PAPER_SETS.values()
        ]
        render.print_json({"schema": "nicegan-data/1", "command": "data list", "sets": sets})
        return
    rows = [
        [each.name, *each.domains, *(str(each.counts[folder]) for folder in FOLDERS), each.url]
        for each in PAPER_SETS.values()
    ]
    render.print_table(["name", "A", "B", *FOLDERS, "from"], rows)


@data.command("fetch")
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write.  [default: data/NAME]")
@click.option("--from", "origin", metavar="FILE|URL", help="A local archive, or another URL.")
@options.json_output
@options.quiet
def fetch(name: str, out: Path | None, origin: str | None, as_json: bool, quiet: bool) -> None:
    """Download one of the paper's sets from its own host and verify it.

    The three sets of CycleGAN are verified by SHA-256 and by their counts, cat2dog by its counts. The folder appears
    whole or not at all.

    Example: nicegan data fetch summer2winter_yosemite
    """
    from gan_eval.errors import InputError
    from gan_eval_cli import render
    from nicegan.datasets import PAPER_SETS
    from nicegan.datasets import fetch as fetch_set

    if name not in PAPER_SETS:
        raise InputError(f"no data set is called {name!r} (there are {', '.join(PAPER_SETS)})")
    folder = out or Path("data") / name
    with render.progress(quiet) as progress:
        fetched = fetch_set(PAPER_SETS[name], folder, origin=origin, report=progress)
    if as_json:
        counts = dict(PAPER_SETS[name].counts)
        document = {"schema": "nicegan-data/1", "command": "data fetch", "name": name, "folder": str(folder)}
        render.print_json({**document, "fetched": fetched, "counts": counts})
        return
    click.echo(f"{name} → {folder}" if fetched else f"{name} is in {folder} already")


@data.command("make-demo")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--size", type=click.IntRange(min=8), default=128, show_default=True, help="Side in pixels.")
@click.option("--train", type=click.IntRange(min=1), default=200, show_default=True, help="Training images per domain.")
@click.option("--test", type=click.IntRange(min=0), default=50, show_default=True, help="Test images per domain.")
@click.option(
    "--paired", is_flag=True, help="Draw aligned pairs instead: the edges of striped animals (A), and they (B)."
)
@options.seed
def make_demo(folder: Path, size: int, train: int, test: int, paired: bool, seed: int) -> None:
    """Draw a small unpaired pair, offline: plain animals (A) and striped ones (B).

    Example: nicegan data make-demo demo/ && nicegan train demo/ --preset demo
    """
    from gan_eval.errors import InputError
    from nicegan import demo

    if folder.exists():
        raise InputError(f"{folder}: exists already (choose another folder)")
    counts = {"trainA": train, "trainB": train, "testA": test, "testB": test}
    demo.make_demo(folder, size=size, counts=counts, seed=seed, paired=paired)
    click.echo(f"{2 * (train + test)} images → {folder}")


@data.command("make-pairs")
@click.argument("photographs", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--size", type=click.IntRange(min=8), default=64, show_default=True, help="Side in pixels.")
@click.option("--test", type=click.IntRange(min=0), default=20, show_default=True, help="How many become the test set.")
@options.seed
def make_pairs(photographs: Path, out: Path, size: int, test: int, seed: int) -> None:
    """Make aligned pairs of the photographs in FOLDER (B) and their edges (A), to train a paired model on.

    Example: nicegan data make-pairs data/cat2dog/trainA --out data/cat-edges --test 4
    """
    from gan_eval.errors import InputError
    from gan_eval.images import list_images
    from nicegan import demo

    if out.exists():
        raise InputError(f"{out}: exists already (choose another folder)")
    counts = demo.make_pairs(list_images(photographs), out, size=size, test=test, seed=seed)
    click.echo(f"{counts['train']} pairs to train on, {counts['test']} to test → {out}")
