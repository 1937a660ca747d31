"""What a training run shows on stderr: one live line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nicegan.training import Status
    from nicegan.validation import Validation

#: Seconds between lines where there is no terminal.
_INTERVAL = 30


@contextlib.contextmanager
def training(quiet: bool) -> Iterator[Callable[[Status | Validation], None]]:
    """Yield the function that `train` reports to."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _live_line() as report:
            yield report
    else:
        yield _plain_lines()


@contextlib.contextmanager
def _live_line() -> Iterator[Callable[[Status | Validation], None]]:
    """A bar with losses, speed and time left; validations scroll by above it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from nicegan.training import Status

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("")

        def report(what: Status | Validation) -> None:
            if isinstance(what, Status):
                bars.update(task, completed=what.step, total=what.last_step, description=_described(what))
            else:
                bars.console.print(_scores(what), markup=False, highlight=False)

        yield report


def _plain_lines() -> Callable[[Status | Validation], None]:
    from nicegan.training import Status

    shown = time.monotonic()

    def report(what: Status | Validation) -> None:
        nonlocal shown
        if not isinstance(what, Status):
            click.echo(_scores(what), err=True)
        elif time.monotonic() - shown > _INTERVAL or what.step == what.last_step:
            shown = time.monotonic()
            click.echo(f"step {what.step:,}/{what.last_step:,}  {_described(what)}", err=True)

    return report


def _described(status: Status) -> str:
    losses = "  ".join(
        f"{letter} {status.losses[name]:.3f}"
        for letter, name in (("D", "discriminator"), ("G", "generator"))
        if name in status.losses
    )
    pace = status.seconds_per_step
    speed = f"{pace:.2f} s/step" if pace >= 1 else f"{1 / max(pace, 1e-9):.1f} steps/s"
    return f"{losses}  {speed}  {_duration(status.seconds_left)} left"


def _scores(validation: Validation) -> str:
    score = next(iter(validation.scores.values()))
    values = "  ".join(f"{direction} {found.value:.4f}" for direction, found in validation.scores.items())
    what = f"step {validation.step:,}" if validation.step else "untranslated"
    return f"{what}: {score.metric} ({score.features}) {values}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
