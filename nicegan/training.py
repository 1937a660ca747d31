"""The training loop: each step is a turn of each player; samples, validations and checkpoints come at intervals.

Everything that a run draws or decides is a function of its configuration, its images and the step. A run that was
killed at any moment and resumed therefore ends with the same bits as one that was not (on one machine, on the CPU).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch import distributed as dist

from gan_eval.errors import GanEvalError
from gan_eval.images import OnBadImage
from gan_eval.translation import TranslationDirection
from nicegan import checkpoint
from nicegan.checkpoint import Checkpoint
from nicegan.config import RunConfig
from nicegan.data import ImagePair, TrainingPairs, UnpairedFolders, batches, check_pairs
from nicegan.journal import LOG, METRICS, Journal
from nicegan.models.protocol import StepPass, implementation
from nicegan.pictures import Size, to_range
from nicegan.run import SaidElsewhere, best_step, open_run
from nicegan.samples import draw_sheet, stages
from nicegan.schedule import learning_rate
from nicegan.state import Start, State
from nicegan.validation import SOURCE, Scorer, Validation, readable, validate


class DivergedError(GanEvalError):
    """A loss or a weight is no longer a number."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a run stands after `step` of `last_step`.

    losses: those read last, empty before the first reading. seconds_left: at the speed of the last steps.
    """

    step: int
    last_step: int
    losses: Mapping[str, float]
    learning_rate: float
    seconds_per_step: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """The step at which a call of `train` ended. finished: False if `stop` ended it before the last step."""

    step: int
    finished: bool


def train(
    config: RunConfig,
    folders: UnpairedFolders,
    run: Path,
    *,
    device: torch.device | str = "cpu",
    resume: bool = False,
    start: Checkpoint | None = None,
    carry_on: bool = False,
    on_bad_image: OnBadImage = "fail",
    judge: Mapping[str, str] | None = None,
    scorers: Mapping[TranslationDirection, Scorer] | None = None,
    report: Callable[[Status | Validation], None] | None = None,
    stop: Callable[[], bool] | None = None,
    tensorboard: bool = True,
) -> TrainingOutcome:
    """Train a model in the folder `run`: from the beginning, from `start`'s weights, or from where `run` stands.

    resume: continue from the newest whole checkpoint in `run` (from the beginning if there is none yet).
    carry_on: with `start`, take its optimisers, averages and memory too, under a new schedule. on_bad_image: whether
    an image that cannot be decoded ends the run, or the next one takes its place.
    scorers: one for each direction that is to be validated; judge: all that their numbers depend on, so that a resumed
    run goes on with the same. report: called after each step and each validation.
    stop: asked after each step; on True the run saves itself and returns.

    Under an initialised process group each process takes its share of every batch and gradients are averaged; the
    first process alone writes, samples and validates.

    Raises InputError if `run` holds another run, MismatchError if it is resumed with what would change its numbers,
    DivergedError if losses or weights stop being numbers.
    """
    device, scorers, optim = torch.device(device), scorers or {}, config.optim
    model = implementation(config.model)
    if model.paired:
        check_pairs(folders, config.data.fit)
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    newest = open_run(config, folders, run, resume=resume, rank=rank, world=world, judge=judge)
    how: Start = "resume" if newest else "from" if carry_on else "init"
    state = State(config, device, start=newest or start, how=how)
    journal = Journal(run, step=state.step, tensorboard=tensorboard) if rank == 0 else None
    report = report or (lambda _: None)
    if journal and scorers and state.step == 0:
        _validate(state, folders, scorers, journal, report, on_bad_image)

    size = Size(config.network.height, config.network.width)
    stream = batches(
        TrainingPairs(
            folders.train,
            size,
            seed=config.seed,
            config=config.data,
            on_bad_image=on_bad_image,
            paired=model.paired,
        ),
        first=state.step * optim.accumulation,
        last=optim.last_step * optim.accumulation,
        batch=optim.batch_size,
        rank=rank,
        world=world,
        workers=config.workers,
        pinned=device.type == "cuda",
    )
    diverged = torch.zeros((), dtype=torch.int64, device=device)
    clock = _Clock()
    shown: Mapping[str, float] = {}

    for step in range(state.step + 1, optim.last_step + 1):
        rate = learning_rate(step, optim)
        state.set_learning_rate(rate)
        passes = [
            _pass(config, pair, device, number=(step - 1) * optim.accumulation + index, rank=rank)
            for index, pair in enumerate(islice(stream, optim.accumulation))
        ]
        losses = _update(state, passes, world)
        state.step = step
        state.update_average()
        state.losses.add(losses)
        # Looked at later, so that a GPU need not wait for the answer after every step.
        diverged = torch.where((diverged == 0) & ~_finite(losses), step, diverged)

        stopped = _any_process(stop is not None and stop(), world, device)
        last = stopped or step == optim.last_step
        pace = clock.tick()
        if last or _due(step, config.log_every):
            _check(int(diverged), run, rank)
            shown = state.losses.take_means()
            if journal:
                journal.write(LOG, step, {**shown, "learning_rate": rate, "seconds_per_step": pace})
        report(Status(step, optim.last_step, shown, rate, pace, pace * (optim.last_step - step)))

        if journal and (step == optim.last_step or _due(step, config.sample_every)):
            _sample(state, folders, journal)
        best = False
        if step == optim.last_step or _due(step, config.validate_every):
            if journal and scorers:
                _validate(state, folders, scorers, journal, report, on_bad_image)
                best = best_step(run) == step
            best = _any_process(best, world, device)
        if last or best or _due(step, config.checkpoint_every):
            _check(int(diverged) or (0 if state.is_finite() else step), run, rank)
            memories = _everybodys(state.model.memory(), world)
            if journal:
                state.save(checkpoint.folder_of(run, step), data=folders.root, memories=memories)
                checkpoint.mark_best(run, best_step(run))
                checkpoint.prune(run, keep_last=config.keep_last, keep_every=config.keep_every)
        if last:
            break

    if journal:
        journal.close()
    return TrainingOutcome(state.step, finished=state.step >= optim.last_step)


def _pass(config: RunConfig, pair: ImagePair, device: torch.device, *, number: int, rank: int) -> StepPass:
    """StepPass number `number` of the run, counted from 0, as the players see it."""
    return StepPass(
        to_range(pair.a, device),
        to_range(pair.b, device),
        random=np.random.default_rng([config.seed, 2, rank, number]),
        precision=config.precision,
        scale=1 / config.optim.accumulation,
    )


def _update(state: State, passes: Sequence[StepPass], world: int) -> dict[str, Tensor]:
    """One turn of each player, over all passes; the mean of each loss over passes and processes."""
    means: dict[str, Tensor] = {}
    for player, optimiser in state.optimisers.items():
        optimiser.zero_grad()
        losses = [state.model.add_gradients(player, each) for each in passes]
        found = {name: torch.stack([each[name] for each in losses]).mean() for name in losses[0]}
        means |= _averaged_over_processes(optimiser, found, world)
        optimiser.step()
        state.model.after_step(player)
    return means


def _due(step: int, every: int) -> bool:
    return every > 0 and step % every == 0


def _averaged_over_processes(
    optimiser: torch.optim.Optimizer, losses: dict[str, Tensor], world: int
) -> dict[str, Tensor]:
    """Replaces every gradient by its mean over the processes and returns the mean losses, in one exchange.

    Norms are per image, so nothing else needs to agree.
    """
    if world == 1:
        return losses
    gradients = [p.grad for group in optimiser.param_groups for p in group["params"] if p.grad is not None]
    flat = torch.cat([*(gradient.flatten() for gradient in gradients), *(loss[None] for loss in losses.values())])
    dist.all_reduce(flat)
    flat /= world
    *means, shared = torch.split(flat, [*(gradient.numel() for gradient in gradients), len(losses)])
    for gradient, mean in zip(gradients, means, strict=True):
        gradient.copy_(mean.view_as(gradient))
    return dict(zip(losses, shared, strict=True))


def _everybodys(memory: dict[str, Tensor], world: int) -> list[dict[str, Tensor]]:
    """Returns the model's memory of every process in the first process, and of this process alone in the others."""
    if world == 1:
        return [memory]
    found: list[dict[str, Tensor]] = [{} for _ in range(world)]
    dist.all_gather_object(found, memory)
    return found


def _any_process(wish: bool, world: int, device: torch.device) -> bool:
    """Returns whether any process wishes to stop, since all must leave the loop at the same step."""
    if world == 1:
        return wish
    wishes = torch.tensor(float(wish), device=device)
    dist.all_reduce(wishes)
    return bool(wishes > 0)


def _finite(losses: Mapping[str, Tensor]) -> Tensor:
    return torch.stack(list(losses.values())).isfinite().all()


def _check(step: int, run: Path, rank: int) -> None:
    """Raise DivergedError if `step`, the first with a loss that is no number, is not 0."""
    if step and rank:
        raise SaidElsewhere(f"step {step}: losses or weights are no longer numbers")
    if step:
        good = checkpoint.newest(run)
        last = f"the last good checkpoint is {good.folder}" if good else "there is no checkpoint yet"
        raise DivergedError(
            f"step {step}: losses or weights are no longer numbers; {last} (start anew with a lower learning rate, "
            f"with precision=fp32 or with another seed{', from its weights with init=CHECKPOINT' if good else ''})"
        )


def _sample(state: State, folders: UnpairedFolders, journal: Journal) -> None:
    """A sheet for each direction: the first four training and the first four test images of the source domain."""
    config = state.config
    size = Size(config.network.height, config.network.width)
    for direction in state.model.directions:
        domain = SOURCE[direction]
        groups = {"train": folders.train[domain][:4], "test": folders.test[domain][:4]}
        paths = [path for group in groups.values() for path in group]
        pictures = [picture for path in paths if (picture := readable(path, size, config.data, "skip")) is not None]
        if not pictures:
            continue
        if len(pictures) < len(paths):
            groups = {"": tuple(paths[: len(pictures)])}
        real = to_range(torch.stack(pictures), state.device)
        with state.averaged() as model:
            rows = stages(model, real, direction, precision=config.precision)
        title = f"{direction[0]} to {direction[-1]}, step {state.step:,}"
        counts = {name: len(group) for name, group in groups.items() if group}
        journal.picture(direction, state.step, draw_sheet(rows, groups=counts, title=title))


def _validate(
    state: State,
    folders: UnpairedFolders,
    scorers: Mapping[TranslationDirection, Scorer],
    journal: Journal,
    report: Callable[[Status | Validation], None],
    on_bad_image: OnBadImage,
) -> None:
    """Score the test images, translated, or before the first step as they are, and record it."""
    with state.averaged() as model:
        validation = validate(
            model if state.step else None,
            folders,
            scorers,
            step=state.step,
            config=state.config,
            device=state.device,
            on_bad_image=on_bad_image,
        )
    journal.write(METRICS, state.step, validation.to_dict())
    report(validation)


class _Clock:
    """Seconds per step over the last steps."""

    def __init__(self) -> None:
        self._times = deque([time.perf_counter()], maxlen=32)

    def tick(self) -> float:
        """Notes the end of a step and returns the pace."""
        self._times.append(time.perf_counter())
        return (self._times[-1] - self._times[0]) / (len(self._times) - 1)
