"""`nicegan train`."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gan_eval.extractors.known import LITE0, names_in_words
from gan_eval_cli import options
from gan_eval_cli.nicegan.overrides import overridden, with_overrides

if TYPE_CHECKING:
    from gan_eval.translation import TranslationDirection
    from nicegan.config import RunConfig
    from nicegan.data import UnpairedFolders
    from nicegan.training import TrainingOutcome
    from nicegan.validation import Scorer


@click.command("train")
@click.argument("data", required=False, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the run.  [default: runs/NAME OF DATA]")
@click.option("--resume", is_flag=True, help="Continue the run in --out; begin it if it has not begun.")
@click.option("--init", type=click.Path(path_type=Path), help="Start from the weights of this checkpoint or run.")
@click.option(
    "--features",
    default=LITE0.name,
    show_default=True,
    metavar="NETWORK",
    help=f"Network of the validation's kernel distance: {names_in_words()}.",
)
@click.option("--tensorboard/--no-tensorboard", default=True, show_default=True, help="Also write RUN/tensorboard.")
@with_overrides
@options.device
@options.on_bad_image
@options.json_output
@options.quiet
def train(
    data: Path | None,
    out: Path | None,
    resume: bool,
    init: Path | None,
    features: str,
    tensorboard: bool,
    device: str,
    on_bad_image: Any,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Train NICE-GAN on a DATA folder with trainA, trainB, testA and testB.

    Without DATA it trains the demo preset on a small set that it draws itself. A resumed run takes its options from
    where it stands. Under torchrun all processes share the work; --batch-size is that of each.

    RUN holds config.json, log.jsonl, metrics.jsonl, checkpoints/, samples/ and tensorboard/. Ctrl-C saves and ends the
    run; --resume continues it.

    Example: nicegan train data/cat2dog --out runs/cat2dog --preset paper
    """
    from gan_eval_cli import render
    from gan_eval_cli.nicegan import display
    from nicegan import checkpoint, training
    from nicegan.data import open_folders

    out = out or Path("runs") / (data.resolve().name if data else "demo")
    config = _configuration(data, out, resume, given)
    data = data or _recorded_data(out, resume) or _demo_data(out, config)
    with _processes(device) as (place, first):
        with render.progress(quiet or not first) as progress:
            folders = open_folders(data, on_bad_image=on_bad_image, progress=progress)
        for reason in folders.skipped if first else ():
            render.notice(f"left out: {reason}")
        scorers = _scorers(folders, features, device) if first and config.validate_every else {}
        with _ending_politely() as stop, display.training(quiet or not first) as report:
            outcome = training.train(
                config,
                folders,
                out,
                device=place,
                resume=resume,
                start=checkpoint.choose(init) if init else None,
                scorers=scorers,
                report=report,
                stop=stop,
                tensorboard=tensorboard,
            )
    if first:
        _show(out, outcome, as_json)
    if not outcome.finished:
        render.notice(f"stopped and saved at step {outcome.step} (continue with --resume --out {out})")
        click.get_current_context().exit(130)


def _configuration(data: Path | None, out: Path, resume: bool, given: Mapping[str, Any]) -> RunConfig:
    """The preset's values, or the run's that is resumed, with what the user gave."""
    from nicegan import run
    from nicegan.config import preset

    if given["preset"] is None and resume and (out / run.CONFIG).exists():
        return overridden(run.read_config(out), given)
    return overridden(preset(given["preset"] or (None if data else "demo"), model=given["model"] or "nice"), given)


def _recorded_data(out: Path, resume: bool) -> Path | None:
    """The DATA of the run that is resumed."""
    from nicegan import run

    return run.read_data(out) if resume and (out / run.CONFIG).exists() else None


def _demo_data(out: Path, config: RunConfig) -> Path:
    """The demo pair at the size of training, drawn into the run's folder if it is not there yet."""
    from gan_eval_cli import render
    from nicegan.demo import make_demo

    folder = out / "data"
    if not folder.exists():
        make_demo(folder, size=max(config.network.height, config.network.width))
    render.notice(f"no DATA given: training the demo preset on a pair drawn on the spot ({folder})")
    return folder


def _scorers(folders: UnpairedFolders, features: str, device: str) -> dict[TranslationDirection, Scorer]:
    """The kernel distance to the real test images of each target domain that has any."""
    import gan_eval
    from gan_eval_cli import render
    from nicegan.models.protocol import BOTH
    from nicegan.validation import SOURCE

    scorers: dict[TranslationDirection, Scorer] = {}
    for direction in BOTH:
        source, target = SOURCE[direction], SOURCE["BtoA" if direction == "AtoB" else "AtoB"]
        if len(folders.test[source]) < 2 or len(folders.test[target]) < 2:
            render.notice(f"no validation of {direction}: it needs two images in testA and in testB")
            continue
        real = [str(path) for path in folders.test[target]]
        scorers[direction] = gan_eval.Reference(real, features=features, device=device, interval=False).kid
    return scorers


@contextlib.contextmanager
def _processes(device: str) -> Iterator[tuple[str, bool]]:
    """The device of this process, and whether it is the first; joins the group where torchrun has started several."""
    from gan_eval.hardware import choose_device

    place = choose_device(device)
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield place, True
        return
    import torch
    from torch import distributed

    if place == "cuda":
        place = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        torch.cuda.set_device(place)
    distributed.init_process_group("nccl" if place.startswith("cuda") else "gloo")
    try:
        yield place, distributed.get_rank() == 0
    finally:
        distributed.destroy_process_group()


@contextlib.contextmanager
def _ending_politely() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether Ctrl-C or SIGTERM has come; a second one ends the program at once."""
    asked = False
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(*_: object) -> None:
        nonlocal asked
        asked = True
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, note)
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(out: Path, outcome: TrainingOutcome, as_json: bool) -> None:
    """The validations over steps, and where the checkpoint to use lies."""
    from gan_eval_cli import render
    from nicegan import checkpoint
    from nicegan.journal import METRICS, records

    chosen = checkpoint.choose(out)
    found = list(records(out / METRICS))
    if as_json:
        render.print_json(
            {
                "schema": "nicegan-train/1",
                "command": "train",
                "run": str(out),
                "step": outcome.step,
                "finished": outcome.finished,
                "checkpoint": {"folder": str(chosen.folder), "step": chosen.step},
                "validations": found,
            }
        )
        return
    if found:
        directions = [name for name in ("AtoB", "BtoA") if name in found[0]]
        rows = [[str(each["step"]), *(f"{each[name]:.4f}" for name in directions), each["images"]] for each in found]
        title = f"{found[0]['metric']} ({found[0]['features']}), {found[0]['direction']} is better"
        render.print_table(["step", *directions, "test images"], rows, title=title)
    best = " (the best by its mean)" if found else ""
    click.echo(f"checkpoint: {chosen.folder}{best}")
    render.notice(f"translate with: nicegan translate {out} IMAGES --out DIR")
