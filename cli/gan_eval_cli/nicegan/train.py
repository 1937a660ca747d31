"""`nicegan train`."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from gan_eval.errors import GanEvalError
from gan_eval_cli import options
from gan_eval_cli.nicegan.memory import ran_out
from gan_eval_cli.nicegan.overrides import overridden, with_overrides
from gan_eval_cli.outputs import check_outputs

if TYPE_CHECKING:
    from gan_eval.inference.selection import HonestScore
    from gan_eval.translation import TranslationDirection
    from nicegan.checkpoint import Checkpoint
    from nicegan.config import RunConfig
    from nicegan.data import UnpairedFolders
    from nicegan.training import TrainingOutcome
    from nicegan.validation import Scorer


@click.command("train")
@click.argument("data", required=False, type=click.Path(path_type=Path))
@click.option("--domain-a", type=click.Path(path_type=Path), help="A plain folder of photographs, instead of DATA.")
@click.option("--domain-b", type=click.Path(path_type=Path), help="The other domain's folder.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the run.  [default: runs/NAME OF DATA]")
@click.option("--resume", is_flag=True, help="Continue the run in --out, or start it if there is none.")
@click.option(
    "--from",
    "parent",
    type=click.Path(path_type=Path),
    help="Begin a new schedule with this run's or checkpoint's weights, averages and optimisers, and its options.",
)
@click.option(
    "--init",
    type=click.Path(path_type=Path),
    help="Start from the weights that this checkpoint or run translates with (its best, averaged if it averages).",
)
@click.option("--tensorboard/--no-tensorboard", default=True, show_default=True, help="Also write RUN/tensorboard.")
@with_overrides
@options.device
@options.on_bad_image
@options.json_output
@options.quiet
def train(
    data: Path | None,
    domain_a: Path | None,
    domain_b: Path | None,
    out: Path | None,
    resume: bool,
    parent: Path | None,
    init: Path | None,
    tensorboard: bool,
    device: str,
    on_bad_image: Any,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Train a model on a DATA folder with trainA, trainB, testA and testB, or on two plain folders.

    Without DATA it trains the demo preset on a small set that it draws itself. A resumed run takes its options from
    where it stands. Under torchrun all processes share the work; --batch-size is that of each.

    RUN holds config.json, log.jsonl, metrics.jsonl, checkpoints/, samples/ and tensorboard/. Ctrl-C and SIGTERM save
    and end the run; --resume continues it. When its schedule is over, --from RUN begins another one.

    Example: nicegan train data/cat2dog --out runs/cat2dog --preset paper
    """
    from gan_eval_cli import render
    from gan_eval_cli.nicegan import display
    from nicegan import checkpoint, run, training

    _check_words(data, domain_a, domain_b, resume, parent, init)
    out = out or Path("runs") / (data.resolve().name if data else "demo" if domain_a is None else domain_a.name)
    check_outputs(folder=out)
    start = checkpoint.newest_of(parent) if parent else checkpoint.choose(init) if init else None
    given_data = data is not None or domain_a is not None or parent is not None
    config = _configuration(given_data, out, resume, start if parent else None, given)
    with _processes(device, config) as (place, rank, world):
        first = rank == 0
        try:
            with render.progress(quiet or not first) as progress:
                where = _Where(data, domain_a, domain_b, out, resume, parent)
                folders = run.once(lambda: _split(where, config, on_bad_image, progress), rank=rank, world=world)
            config = _with_white(config, folders)
            for reason in folders.skipped if first else ():
                render.notice(f"left out: {reason}")
            validates = first and config.validate_every > 0
            scorers, judge = _scorers(folders, config, device) if validates else ({}, None)
            with _ending_politely() as stop, display.training(quiet or not first) as report:
                outcome = training.train(
                    config,
                    folders,
                    out,
                    device=place,
                    resume=resume,
                    start=start,
                    carry_on=parent is not None,
                    on_bad_image=on_bad_image,
                    judge=judge,
                    scorers=scorers,
                    report=report,
                    stop=stop,
                    tensorboard=tensorboard,
                )
        except run.SaidElsewhere as error:
            click.get_current_context().exit(error.exit_code)
        except (MemoryError, RuntimeError) as error:
            if (told := _memory_error(error, out)) is None:
                raise
            raise told from error
    if first:
        _show(out, outcome, as_json)
    if not outcome.finished:
        if first:
            render.notice(f"stopped and saved at step {outcome.step} (continue with --resume --out {out})")
        click.get_current_context().exit(130)


class _Where(NamedTuple):
    """Where the images are, as far as the user said."""

    data: Path | None
    domain_a: Path | None
    domain_b: Path | None
    out: Path
    resume: bool
    parent: Path | None


def _check_words(
    data: Path | None,
    domain_a: Path | None,
    domain_b: Path | None,
    resume: bool,
    parent: Path | None,
    init: Path | None,
) -> None:
    if (domain_a is None) != (domain_b is None) or (data is not None and domain_a is not None):
        raise click.UsageError("DATA, or --domain-a and --domain-b together")
    if sum([resume, parent is not None, init is not None]) > 1:
        raise click.UsageError("one of --resume, --from and --init")


def _configuration(
    given_data: bool, out: Path, resume: bool, parent: Checkpoint | None, given: Mapping[str, Any]
) -> RunConfig:
    """The preset's values, or those of the run that goes on, with what the user gave."""
    from gan_eval_cli import render
    from nicegan import run
    from nicegan.config import preset

    if given["preset"] is None and resume and (out / run.CONFIG).exists():
        return overridden(run.read_config(out), given)
    if parent is not None and given["preset"] is None and given["model"] in (None, parent.config.model):
        base = replace(parent.config, optim=replace(parent.config.optim, stop_at=None))
        return overridden(base, given)
    base = preset(given["preset"] or (None if given_data else "demo"), model=given["model"] or "nice")
    config = overridden(base, given)
    if base.optim.stop_at is not None and config.optim.stop_at is None and given["optim_iterations"] is not None:
        render.notice(
            f"runs the whole schedule of {config.optim.iterations:,} steps (the preset stops at "
            f"{base.optim.stop_at:,}; --stop-at N stops earlier)"
        )
    return config


def _folders(where: _Where, config: RunConfig, on_bad_image: Any, progress: Any) -> UnpairedFolders:
    """The images: as named, as recorded in the run that goes on, or drawn on the spot."""
    from nicegan import run
    from nicegan.data import open_domains, open_folders

    data, domains = where.data, (where.domain_a, where.domain_b)
    recorded = where.out if where.resume else where.parent
    if data is None and domains[0] is None and recorded is not None and (recorded / run.CONFIG).exists():
        data = run.read_data(recorded)
        domains = run.read_domains(recorded) if data is None else (None, None)
    if domains[0] is not None and domains[1] is not None:
        return open_domains(domains[0], domains[1], on_bad_image=on_bad_image, progress=progress)
    data = data or _demo_data(where.out, config)
    return open_folders(data, on_bad_image=on_bad_image, progress=progress)


def _split(where: _Where, config: RunConfig, on_bad_image: Any, progress: Any) -> UnpairedFolders:
    """The images, with those that are held out for validation set apart."""
    from gan_eval_cli import render
    from nicegan.data import FEWEST_HELD_OUT, hold_out

    folders = _folders(where, config, on_bad_image, progress)
    if config.validate_on == "test" or not config.validate_every:
        return folders
    split = hold_out(folders, seed=config.seed)
    if split.held_out is None:
        render.notice(
            f"validates on the test images: a tenth of a domain's training images is fewer than {FEWEST_HELD_OUT}"
        )
    return split


def _with_white(config: RunConfig, folders: UnpairedFolders) -> RunConfig:
    """The configuration with the value that means white in the set's deep images, where the user gave none."""
    if folders.white is None or config.data.white is not None:
        return config
    return replace(config, data=replace(config.data, white=folders.white))


def _memory_error(error: MemoryError | RuntimeError, out: Path) -> GanEvalError | None:
    """The error as one of ours where memory ran out, else None."""
    from nicegan import checkpoint

    if not ran_out(error):
        return None
    good = checkpoint.newest(out)
    kept = f"step {good.step} is saved" if good else "nothing is saved yet"
    return GanEvalError(
        f"{out}: memory ran out; {kept} (try a lower --batch-size with --accumulation, a lower --size or --channels, "
        "--precision bf16, or --device cpu)"
    )


def _demo_data(out: Path, config: RunConfig) -> Path:
    """The demo pair at the size of training, drawn into the run's folder if it is not there yet."""
    from gan_eval_cli import render
    from nicegan.demo import make_demo
    from nicegan.models.protocol import implementation

    folder = out / "data"
    if not folder.exists():
        paired = implementation(config.model).paired
        make_demo(folder, size=max(config.network.height, config.network.width), paired=paired)
    render.notice(f"no DATA given: training the demo preset on a pair drawn on the spot ({folder})")
    return folder


def _scorers(
    folders: UnpairedFolders, config: RunConfig, device: str
) -> tuple[dict[TranslationDirection, Scorer], dict[str, str] | None]:
    """The kernel distance to real images of each target domain of the model, and what it depends on.

    On the test images also that of random halves, for an honest score of the best.
    """
    import gan_eval
    from gan_eval.extractors import resolve
    from gan_eval.inference.selection import LEAST_SPLITS
    from gan_eval_cli import render
    from nicegan.models.protocol import implementation
    from nicegan.validation import SOURCE

    features = config.features
    scorers: dict[TranslationDirection, Scorer] = {}
    for direction in implementation(config.model).directions:
        source, target = SOURCE[direction], SOURCE["BtoA" if direction == "AtoB" else "AtoB"]
        images = folders.judged
        if len(images[source]) < 2 or len(images[target]) < 2:
            render.notice(f"no validation of {direction}: it needs two images in testA and in testB")
            continue
        real = [str(path) for path in images[target]]
        splits = LEAST_SPLITS if folders.held_out is None and min(map(len, images.values())) >= 4 else 0
        reference = gan_eval.Reference(real, features=features, device=device, interval=False)
        scorers[direction] = partial(reference.kid, splits=splits)
    on = {} if folders.held_out is None else {"images": "held-out training images"}
    judge = {"metric": "kernel distance", **resolve(features, device=device).key(), **on} if scorers else None
    return scorers, judge


@contextlib.contextmanager
def _processes(device: str, config: RunConfig) -> Iterator[tuple[str, int, int]]:
    """Device, rank and number of processes; joins the group where torchrun has started several."""
    from datetime import timedelta

    import torch
    from torch import distributed

    from gan_eval.hardware import choose_device, cores

    place, world = choose_device(device), int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    torch.set_num_threads(config.threads or max(1, cores() // local))
    if world == 1:
        yield place, 0, 1
        return
    if place == "cuda":
        place = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        torch.cuda.set_device(place)
    # The first process validates while the others wait for its next gradients.
    patience = timedelta(days=7)
    distributed.init_process_group("nccl" if place.startswith("cuda") else "gloo", timeout=patience)
    try:
        yield place, distributed.get_rank(), world
    finally:
        distributed.destroy_process_group()


#: Seconds in which signals count as one request: a terminal or a scheduler tells every process, and torchrun tells its
#: processes once more.
_ONE_REQUEST = 5.0


@contextlib.contextmanager
def _ending_politely() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether Ctrl-C or SIGTERM has come; a later Ctrl-C ends the program at once."""
    asked: list[float] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, _: object) -> None:
        if not asked:
            asked.append(time.monotonic())
        elif number == signal.SIGINT and time.monotonic() - asked[0] > _ONE_REQUEST:
            raise KeyboardInterrupt

    for number in before:
        signal.signal(number, note)
    try:
        yield lambda: bool(asked)
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
    honest = _honest(found)
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
                "honest": None if honest is None else {**honest._asdict(), "optimism": honest.optimism},
            }
        )
        return
    if found:
        directions = [name for name in ("AtoB", "BtoA") if name in found[0]]
        rows = [[str(each["step"]), *(f"{each[name]:.4f}" for name in directions), each["images"]] for each in found]
        title = f"{found[0]['metric']} ({found[0]['features']}), {found[0]['direction']} is better"
        images = "held-out training images" if found[0].get("on") == "train" else "test images"
        render.print_table(["step", *directions, images], rows, title=title)
    validated = any(each["step"] == chosen.step and each["images"] == "translated" for each in found)
    on_test = any(each["step"] == chosen.step and each.get("on") != "train" for each in found)
    where = "test" if on_test else "held-out training"
    best = f" (the best by its mean on the {where} images)" if validated else ""
    click.echo(f"checkpoint: {chosen.folder}{best}")
    if validated and on_test:
        render.print_text("It was chosen on the test images, so its own score on them looks better than it is.")
    if honest is not None:
        render.print_text(
            f"Cross-fitted over {honest.splits} random splits the best checkpoint's mean is {honest.honest:.4f} "
            f"(of its own {honest.apparent:.4f}, {honest.optimism:.4f} is luck in choosing)."
        )
    render.notice(f"translate with: nicegan translate {out} IMAGES --out DIR")


def _honest(found: Sequence[Mapping[str, Any]]) -> HonestScore | None:
    """The cross-fitted score of the best of several checkpoints that were chosen on test images; None for others."""
    from gan_eval.inference.selection import cross_fit

    tried = [each for each in found if each["images"] == "translated"]
    if len(tried) < 2 or any("halves" not in each or each["direction"] != "lower" for each in tried):
        return None
    return cross_fit([each["mean"] for each in tried], [each["halves"] for each in tried])
