"""Shares the reading of images among processes that torchrun started. The first leads, the others follow.

    torchrun --no-python --nproc-per-node 4 gan-eval fid real/ fake/

Everything but the passes over images happens in the leader alone: what is found, what is kept, the metrics and the
output. For each pass it tells the followers what to read; every process works on its share of the batches, and the
leader gets the results in the order in which one process would have made them, so that the numbers do not depend on how
many there are. Followers open the same paths as the leader, on other machines too. Where one process is killed or
stopped, all others end soon and say so (`gan_eval.pulse`).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Iterator
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, TypeVar

from gan_eval.errors import GanEvalError
from gan_eval.pulse import LostError, Pulse

T = TypeVar("T")

#: For one message, once all processes are there for it.
_PATIENCE = timedelta(seconds=20)
#: For all processes to be there.
_ARRIVAL = timedelta(minutes=3)

_leading: ContextVar[Team | None] = ContextVar("leading", default=None)


class Team:
    """The processes of this run. rank: of this process, 0 leads. size: how many there are, at least 2."""

    def __init__(self, rank: int, size: int, pulse: Pulse) -> None:
        self.rank = rank
        self.size = size
        self._pulse = pulse
        self._in_turn = False

    def lead(self, job: Any, mine: Iterator[T]) -> Generator[T]:
        """Called by the leader: sends `job`, any object that can be pickled, to all followers and yields all results.

        mine: the leader's own share of the results. Results come in turns, one of each process. To be closed where it
        is left before its end, so that the followers stop too. Raises the GanEvalError that any process met.
        """
        self._broadcast(job)
        more = True
        try:
            while more:
                self._broadcast(True)
                turn = self._turn(mine)
                for result in turn:
                    if isinstance(result, GanEvalError):
                        raise result
                    if not isinstance(result, _Done):
                        yield result
                more = not all(isinstance(result, _Done) for result in turn)
        finally:
            self._tell_the_waiting(False)

    def follow(self, work: Callable[[Any], Iterator[Any]]) -> None:
        """Called by a follower: works on every job until the leader ends. work: turns a job into own results.

        Raises LostError where another process is missing.
        """
        while (job := self._broadcast(None)) is not None:
            mine = work(job)
            while self._broadcast(None):
                self._turn(mine)

    def dismiss(self) -> None:
        """Called by the leader: tells the followers that there are no more jobs."""
        with contextlib.suppress(LostError):
            self._tell_the_waiting(None)

    def _tell_the_waiting(self, value: bool | None) -> None:
        """End the followers' waiting, unless the leader was interrupted (Ctrl-C) within a turn."""
        if not self._in_turn:
            self._broadcast(value)

    def _broadcast(self, value: Any) -> Any:
        """Send the leader's value to every process."""
        from torch import distributed

        sent = [value]
        self._pulse.meet()
        with _connected():
            distributed.broadcast_object_list(sent)
        return sent[0]

    def _turn(self, mine: Iterator[Any]) -> list[Any]:
        """Gather one result from each process: in the leader, all of them; in a follower, []."""
        from torch import distributed

        everyone: list[Any] | None = [None] * self.size if self.rank == 0 else None
        self._in_turn = True
        result = _next(mine)
        self._pulse.meet()
        with _connected():
            distributed.gather_object(result, everyone)
        self._in_turn = False
        return everyone or []


class _Done:
    """Message of a process that has finished its share."""


def _next(mine: Iterator[T]) -> T | _Done | GanEvalError:
    try:
        return next(mine, _Done())
    except GanEvalError as error:
        return error


@contextlib.contextmanager
def _connected() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise LostError("another process of this run has ended before its work was done (see its message)") from error


@contextlib.contextmanager
def team() -> Iterator[Team | None]:
    """Join the processes that torchrun's environment variables describe; None for a single process.

    At the end of the block the leader dismisses the followers. Raises GanEvalError where they do not come together, as
    when one process of a job calls the command by itself.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield None
        return
    from torch import distributed

    store, rank, pulse = _meet(size)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=size, timeout=_PATIENCE)
    pulse.start()
    members = Team(rank, size, pulse)
    token = _leading.set(members if rank == 0 else None)
    early = True
    try:
        yield members
        early = False
    except GanEvalError as error:
        early = isinstance(error, LostError)  # of any other error the followers are told in good order
        raise
    finally:
        _leading.reset(token)
        if rank == 0 and not early:
            members.dismiss()
        pulse.end(early=early)
        distributed.destroy_process_group()


def leading() -> Team | None:
    """The team that this process leads, inside the block of `team`; None in a process alone and in a follower."""
    return _leading.get()


def _meet(size: int) -> tuple[Any, int, Pulse]:
    """Connects the processes and returns, when all are there, the rank of this one and its signs of life."""
    from torch.distributed.rendezvous import rendezvous

    try:
        store, rank, _ = next(rendezvous("env://", timeout=_ARRIVAL))
        pulse = Pulse(store, rank, size)
        store.set(f"gan-eval/{rank}", "here")
        store.wait([f"gan-eval/{other}" for other in range(size)], _ARRIVAL)
    except (ValueError, RuntimeError) as error:
        raise GanEvalError(
            f"WORLD_SIZE announces {size} processes, but they did not find one another (start this under torchrun, or "
            "unset WORLD_SIZE for a process alone)"
        ) from error
    return store, rank, pulse


def own_device(device: str) -> str:
    """`cuda` becomes the GPU that torchrun means for this process; any other device stays."""
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if device == "cuda" else device


def own_workers(workers: int | None) -> int | None:
    """Decoding threads of this process: those asked for, or its part of the machine's cores."""
    if workers is not None:
        return workers
    return max(1, (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
